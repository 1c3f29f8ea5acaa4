"""Servers in containers, through the Docker SDK, as docker-compose.yml describes them."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from .compose import compose_service
from .daemon import connect, image_for, short
from .handle import SECONDS_TO_END, Handle
from .owner import Owner
from .ports import HOST, free_port
from .readiness import wait_until_ready
from .server import Server, ServerError
from .shortcut import own_address

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from docker.models.containers import Container

    from docker import DockerClient

    from .compose import ComposeService
    from .recipe import Recipe
    from .server import Probe, Say, Way

SERVICE_LABEL = "session-conformance.service"
OWNER_LABEL = "session-conformance.owner"
KEPT_LABEL = "session-conformance.kept"  # until `servers stop`
_COMPOSE_LABEL = "com.docker.compose.project"


def sweep(client: DockerClient) -> list[str]:
    """Remove containers whose owner ended without removing them; return their names."""
    removed = []
    for container in client.containers.list(all=True, filters={"label": OWNER_LABEL}):
        owner = Owner.parse(container.labels[OWNER_LABEL])
        if owner is not None and owner.is_gone():
            remove(container)
            removed.append(str(container.name))
    return removed


def remove(container: Container) -> None:
    """Stop a container at once and remove it with its volumes; one that is gone is no error."""
    import docker.errors

    try:
        container.remove(force=True, v=True)
    except docker.errors.NotFound:
        pass
    except docker.errors.APIError as error:
        # Another process removes the same container at this moment.
        if error.status_code != 409:
            raise


def _environment(container: Container) -> dict[str, str]:
    entries: list[str] = container.attrs["Config"]["Env"] or []
    return dict(entry.partition("=")[::2] for entry in entries)


def _address(container: Container, port: int) -> tuple[str, int]:
    published = (container.attrs["NetworkSettings"]["Ports"] or {}).get(f"{port}/tcp") or []
    for binding in published:
        host = binding["HostIp"]
        return ("127.0.0.1" if host in {"", "0.0.0.0", "::"} else host), int(binding["HostPort"])  # noqa: S104
    raise ServerError(
        f"The container {container.name} publishes no port for {port}/tcp.",
        "Remove it and start it anew with: make down up",
    )


def _server(recipe: Recipe, service: ComposeService, container: Container, detail: str) -> Server:
    environment = _environment(container)
    host, port = _address(container, service.container_port)
    way: Way = "compose" if _COMPOSE_LABEL in container.labels else "docker"
    username = recipe.container.username
    return Server(
        service=recipe.service,
        way=way,
        host=host,
        port=port,
        username=environment.get(username, recipe.username) if username else recipe.username,
        password=environment.get(recipe.container.password, ""),
        database=recipe.database,
        version="",
        detail=detail,
    )


def _nearest(server: Server, recipe: Recipe, container: Container) -> Server:
    """Return a server by the container's own address, where that can be used."""
    port = compose_service(recipe.service).container_port
    address = own_address(container, port)
    return server if address is None else replace(server, host=address, port=port)


def _ended(container: Container) -> Callable[[], str | None]:
    """Return a function that tells how the container ended; it asks the daemon once a second."""
    import docker.errors

    asked = 0.0

    def ended() -> str | None:
        nonlocal asked
        if time.monotonic() - asked < 1:
            return None
        asked = time.monotonic()
        try:
            container.reload()
        except docker.errors.NotFound:
            return "was removed"
        if container.status in {"exited", "dead"}:
            return f"ended with exit code {container.attrs['State']['ExitCode']}"
        return None

    return ended


def _log(container: Container) -> Callable[[], str]:
    def log() -> str:
        try:
            return container.logs(tail=40).decode(errors="replace")
        except Exception as error:
            return f"(no log: {error})"

    return log


def running(client: DockerClient, service: str) -> Container | None:
    """Return the container of a service that nobody stops at the end of a run, if there is one."""
    label = f"{SERVICE_LABEL}={service}"
    for container in client.containers.list(filters={"label": label, "status": "running"}):
        if OWNER_LABEL not in container.labels:
            return container
    return None


def server_of(recipe: Recipe, container: Container) -> Server:
    """Return the server in a container that is already up, not yet asked for its version."""
    detail = f"container {container.name}, already up"
    return _server(recipe, compose_service(recipe.service), container, detail)


def stop_kept(client: DockerClient, service: str) -> list[str]:
    """Remove the containers that `servers start` left running; return their names."""
    labels = [f"{SERVICE_LABEL}={service}", KEPT_LABEL]
    found = client.containers.list(all=True, filters={"label": labels})
    for container in found:
        remove(container)
    return [str(container.name) for container in found]


def use_running(recipe: Recipe, probe: Probe, *, abandoned: threading.Event) -> Server | None:
    """Return the server of a container that is already up, or None where there is none.

    Raises:
        ServerError: no Docker, or the container does not answer.

    """
    client = connect()
    try:
        container = running(client, recipe.service)
        if container is None:
            return None
        server = wait_until_ready(
            server_of(recipe, container),
            probe,
            seconds=recipe.seconds,
            abandoned=abandoned,
            ended=_ended(container),
            log=_log(container),
        )
        return _nearest(server, recipe, container)
    finally:
        client.close()


def start(
    recipe: Recipe,
    probe: Probe,
    *,
    keep: bool = False,
    restartable: bool = False,
    say: Say,
    abandoned: threading.Event,
    at_exit: Callable[[Callable[[], None]], None],
) -> Handle:
    """Start a container of the service on a free port of 127.0.0.1 and wait until it answers.

    `at_exit` is given the function that removes it, before it is started. With `keep` the
    container stays until `session-conformance servers stop`. A `restartable` one has its data not
    in memory, where it would go with the server, and a port that is the same after a restart.

    Raises:
        ServerError: no Docker, no image, or the server in it does not answer.

    """
    client = connect()
    service = compose_service(recipe.service)
    image = image_for(client, recipe, service, say)
    labels: dict[str, str] = {SERVICE_LABEL: recipe.service}
    if keep:
        labels[KEPT_LABEL] = "yes"
    else:
        labels[OWNER_LABEL] = str(Owner.here())
    # No health check here: the probe decides, and a command every two seconds costs a core's time.
    container = client.containers.create(
        image,
        command=list(service.command),
        environment=dict(service.environment),
        labels=labels,
        ports={f"{service.container_port}/tcp": (HOST, free_port() if restartable else 0)},
        tmpfs={} if restartable else _tmpfs(service),
        healthcheck={"test": ["NONE"]},
        shm_size=service.shm_size,
    )
    name = str(container.id)

    def clean_up() -> None:
        # A client of its own: this runs in another thread than the one that started it.
        fresh = connect()
        try:
            for left in fresh.containers.list(all=True, filters={"id": name}):
                remove(left)
        finally:
            fresh.close()

    at_exit(clean_up)

    def begin(container: Container) -> Server:
        _start(container, image)
        return wait_until_ready(
            _server(recipe, service, container, f"container started from {image}"),
            probe,
            seconds=recipe.seconds,
            abandoned=abandoned,
            ended=_ended(container),
            log=_log(container),
        )

    def restart() -> None:
        fresh = connect()
        try:
            container = fresh.containers.get(name)
            _shut_down(container, recipe.run.shut_down)
            begin(container)
        finally:
            fresh.close()

    try:
        server = begin(container)
        if not (keep or restartable):
            # What stays is for others too, and another start may give another address.
            server = _nearest(server, recipe, container)
        return Handle(server=server, restart=restart)
    finally:
        client.close()


def _start(container: Container, image: str) -> None:
    try:
        container.start()
        container.reload()
    except Exception as error:
        raise ServerError(f"The container of {image} does not start: {short(error)}.") from None


def _shut_down(container: Container, signal: str) -> None:
    try:
        container.kill(signal=signal)
        container.wait(timeout=SECONDS_TO_END)
    except Exception as error:
        raise ServerError(f"The container {container.name} does not end: {short(error)}.") from None


def _tmpfs(service: ComposeService) -> dict[str, str]:
    mounts = (entry.partition(":") for entry in service.tmpfs)
    return {path: options for path, _, options in mounts}
