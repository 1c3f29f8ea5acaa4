"""Builds the images of docker/ where a Debian mirror but no container registry is reached."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import subprocess
import tarfile
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..content import ContentError, content
from .apt import acquire_settings, keyring, mirror
from .compose import compose_service
from .daemon import chosen_image, connect, is_present
from .recipe import recipe
from .server import ServerError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from docker import DockerClient

    from .server import Say

_SUITE = "unstable"
_PULLED = f"debian:{_SUITE}-slim"
_MADE = "session-conformance/debian:local"
_BASE = "session-conformance/base:local"
_LABEL = "session-conformance.recipe"
_SECONDS = 900  # for one step of a build to be silent
_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
_PROXIES = ("http_proxy", "https_proxy", "no_proxy")


def build_images(services: Iterable[str], *, again: bool, say: Say) -> dict[str, str]:
    """Build the image of each service whose recipe changed; return their names by service.

    Raises:
        ServerError: no Docker, no base image and no way to make one, or a build failed; with the
            end of what the build wrote.

    """
    client = connect(_SECONDS)
    try:
        wanted = list(services)
        for service in wanted:
            _recipe_folder(service)
        base = _digest("base")
        if again or _built_digest(client, _BASE) != base:
            _build_base(client, base, say)

        def build(service: str) -> str:
            return _build_service(service, f"{base}-{_digest(service)}", again=again, say=say)

        with ThreadPoolExecutor(2, thread_name_prefix="image") as pool:
            return dict(zip(wanted, pool.map(build, wanted), strict=True))
    finally:
        client.close()


def image_environment(services: Iterable[str]) -> dict[str, str]:
    """Return the variables that make docker-compose.yml take images built here, where needed."""
    client = connect()
    try:
        found = {}
        for service in services:
            its = recipe(service)
            described = compose_service(service)
            image = chosen_image(client, its, described)
            if image is not None and image != described.image:
                found[its.container.image] = image
        return found
    finally:
        client.close()


def _recipe_folder(name: str) -> Path:
    try:
        folder = content("docker") / name
    except ContentError:
        raise ServerError(
            "The recipes of the images are not installed.", "Run make images in a checkout."
        ) from None
    if not (folder / "Dockerfile").is_file():
        raise ServerError(f"There is no recipe for an image of {name}: {folder} has no Dockerfile.")
    return folder


def _digest(name: str) -> str:
    digest = hashlib.sha256()
    for path in sorted(_recipe_folder(name).rglob("*")):
        if path.is_file():
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def _built_digest(client: DockerClient, image: str) -> str | None:
    if not is_present(client, image):
        return None
    labels: Mapping[str, str] = client.images.get(image).labels
    return labels.get(_LABEL)


def _build_base(client: DockerClient, digest: str, say: Say) -> None:
    debian = _debian(client, say)
    archive = mirror()
    settings = acquire_settings() if archive else ""
    files: dict[str, str] = {}
    # Where this machine is no Debian, the base keeps the sources it came with.
    if archive:
        files["apt/sources.list"] = "# see sources.list.d\n"
        files["apt/sources.list.d/debian.sources"] = (
            f"Types: deb\nURIs: {archive}\nSuites: {_SUITE}\nComponents: main\n"
            "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n"
        )
    if archive and archive.startswith("https:") and _CERTIFICATES.exists():
        files["apt/machine.crt"] = _CERTIFICATES.read_text(encoding="utf-8")
        settings += 'Acquire::https::CaInfo "/etc/apt/machine.crt";\n'
    files["apt/apt.conf.d/90machine"] = settings
    say("base: building")
    _build(client, "base", _BASE, digest, {"DEBIAN": debian}, files)


def _debian(client: DockerClient, say: Say) -> str:
    """Return an image of Debian: pulled, else made by debootstrap from this machine's mirror."""
    say(f"base: pulling {_PULLED}")
    try:
        client.images.pull(_PULLED)
    except Exception as error:
        first = str(getattr(error, "explanation", None) or error).partition("\n")[0]
        say(f"base: cannot be pulled ({first[:150]}), making one with debootstrap")
    else:
        return _PULLED

    path = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"))
    if shutil.which("debootstrap", path=path) is None:
        raise ServerError("debootstrap is not installed.", "Try: apt install debootstrap")
    if os.geteuid() != 0:
        raise ServerError(
            f"{_PULLED} cannot be pulled, and debootstrap works for root only.",
            "Run make images as root, or where a container registry can be reached.",
        )
    archive = mirror()
    if archive is None:
        raise ServerError(
            f"{_PULLED} cannot be pulled, and apt knows no archive of Debian to make one from.",
            "Run make images on Debian, or where a container registry can be reached.",
        )
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        rootfs = Path(folder) / "debian.tar"
        with rootfs.open("wb") as written:
            made = subprocess.run(
                [_recipe_folder("base") / "rootfs", _SUITE, archive, keyring()],
                stdout=written,
                stderr=subprocess.PIPE,
                env=dict(os.environ, PATH=path),
                check=False,
            )
        if made.returncode != 0:
            said = made.stderr.decode(errors="replace").splitlines()[-12:]
            raise ServerError("debootstrap failed. It wrote:\n    " + "\n    ".join(said))
        name, _, tag = _MADE.partition(":")
        client.api.import_image_from_file(str(rootfs), repository=name, tag=tag)
    say(f"base: made in {time.monotonic() - began:.0f} s")
    return _MADE


def _build_service(service: str, digest: str, *, again: bool, say: Say) -> str:
    image = recipe(service).container.local_image
    client = connect(_SECONDS)
    try:
        if not again and _built_digest(client, image) == digest:
            say(f"{service}: {image} is current")
            return image
        began = time.monotonic()
        say(f"{service}: building {image}")
        _build(client, service, image, digest, {"BASE": _BASE}, {})
        say(f"{service}: built in {time.monotonic() - began:.0f} s")
        return image
    finally:
        client.close()


def _build(
    client: DockerClient,
    folder: str,
    image: str,
    digest: str,
    arguments: Mapping[str, str],
    files: Mapping[str, str],
) -> None:
    proxies = {name: os.environ[name] for name in _PROXIES if name in os.environ}
    said: list[str] = []
    # Steps use the machine's own network: the mirror may be reachable through it alone.
    stream: Iterable[dict[str, Any]] = client.api.build(
        fileobj=_context(_recipe_folder(folder), files),
        custom_context=True,
        network_mode="host",
        buildargs={**proxies, **arguments},
        labels={_LABEL: digest},
        tag=image,
        rm=True,
        forcerm=True,
        nocache=True,
        decode=True,
    )
    for message in stream:
        said += str(message.get("stream", "")).splitlines()
        if "error" in message:
            last = "\n    ".join(line for line in said[-15:] if line.strip())
            raise ServerError(f"{image} cannot be built: {message['error']}\n    {last}")


def _context(folder: Path, files: Mapping[str, str]) -> io.BytesIO:
    """Return the build context: a recipe's folder and what is made for this build only."""
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as archive:
        archive.add(folder, arcname=".")
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    written.seek(0)
    return written
