"""The Docker daemon: reaching it, and the images it has or can get."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING

from .server import ServerError

if TYPE_CHECKING:
    from docker import DockerClient

    from .compose import ComposeService
    from .recipe import Recipe
    from .server import Say

_SECONDS = 30  # one call of the daemon's interface


def address() -> str:
    """Return where the daemon listens: $DOCKER_HOST, else the first usual socket that exists."""
    if named := os.environ.get("DOCKER_HOST"):
        return named
    usual = [Path("/var/run/docker.sock"), Path.home() / ".docker/run/docker.sock"]
    if runtime := os.environ.get("XDG_RUNTIME_DIR"):
        usual.append(Path(runtime) / "docker.sock")
    found = next((path for path in usual if path.exists()), usual[0])
    return f"unix://{found}"


def _check_socket(where: str) -> None:
    """Connect once ourselves: the SDK leaves its socket open when it cannot."""
    if where.startswith("unix://"):
        with socket.socket(socket.AF_UNIX) as trial:
            trial.settimeout(_SECONDS)
            trial.connect(where.removeprefix("unix://"))


def connect(seconds: int = _SECONDS) -> DockerClient:
    """Return a client of the daemon; not to be shared between threads.

    `seconds` is how long the daemon may be silent in the middle of an answer.

    Raises:
        ServerError: the SDK is not installed or no daemon answers.

    """
    try:
        import docker
    except ImportError:
        raise ServerError(
            "The Python package docker is not installed.",
            "Install it with: pip install 'session-conformance[docker]'",
        ) from None
    where = address()
    try:
        _check_socket(where)
        return docker.from_env(timeout=seconds, environment={**os.environ, "DOCKER_HOST": where})
    except Exception as error:
        why = "you may not use it" if isinstance(error, PermissionError) else "none answers"
        raise ServerError(
            f"Docker cannot be used: no daemon at {where} ({why}).",
            "Start Docker, or choose another way with SERVERS=local.",
        ) from None


def is_present(client: DockerClient, image: str) -> bool:
    """Tell whether the daemon has an image."""
    import docker.errors

    try:
        client.images.get(image)
    except docker.errors.ImageNotFound:
        return False
    return True


def chosen_image(client: DockerClient, recipe: Recipe, service: ComposeService) -> str | None:
    """Return the image that is there: the compose file's, else the one built here, else None."""
    if is_present(client, service.image):
        return service.image
    named = bool(os.environ.get(recipe.container.image))
    if not named and is_present(client, recipe.container.local_image):
        return recipe.container.local_image
    return None


def image_for(client: DockerClient, recipe: Recipe, service: ComposeService, say: Say) -> str:
    """Return the image to start: the compose file's, or the one built here where that is missing.

    Raises:
        ServerError: neither is present and the first cannot be pulled.

    """
    if image := chosen_image(client, recipe, service):
        if image != service.image:
            say(f"{recipe.service}: {service.image} is not here, taking {image}")
        return image
    say(f"{recipe.service}: pulling {service.image}")
    try:
        client.images.pull(service.image)
    except Exception as error:
        raise ServerError(
            f"The image {service.image} is not here and cannot be pulled ({short(error)}).",
            f"Build one with: make images. Or name one: {recipe.container.image}=IMAGE",
        ) from None
    return service.image


def short(error: Exception) -> str:
    """Return the first line of what the daemon said."""
    text = str(getattr(error, "explanation", None) or error)
    return text.strip().partition("\n")[0][:200]
