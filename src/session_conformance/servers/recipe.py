"""What the machinery has to know about a server product, as data: `backends/servers/NAME.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from ..content import content
from .server import ServerError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """Environment variables of docker-compose.yml that this server's container goes by.

    `image` chooses the image; `local_image` is what `make images` builds; `username` and
    `password` hold the account; a username that no variable holds is `Recipe.username`.
    """

    image: str
    local_image: str
    password: str
    username: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramNames:
    """Where to look for programs and how to recognise them.

    `folders` and `share` are glob patterns. `version` is a regular expression over the output of
    `version_argument` whose first group is the version; output that does not match is another
    product's.
    """

    server: tuple[str, ...]
    version: str
    version_argument: str = "--version"
    needs: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    share: tuple[str, ...] = ()
    share_holds: str | None = None
    install: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One command; `input` goes to its standard input, an entry that begins with @ being a file."""

    command: tuple[str, ...]
    input: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """How the server is run from a data directory; the settings come from docker-compose.yml.

    `stop` is the signal that ends it for good, `shut_down` the one that has it end in good order,
    its clients' connections with it, so that what is committed is there at its next start.
    """

    arguments: tuple[str, ...]
    stop: str
    shut_down: str = "SIGTERM"
    files: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wheel:
    """A Python distribution that carries the programs in a folder of its package."""

    distribution: str
    package: str
    folder: str
    extra: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Packages:
    """Packages of a Debian archive that hold the programs, most wanted first."""

    names: tuple[str, ...]
    suites: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeQuery:
    """How to ask a server for its version: SQLAlchemy driver names by preference, and a query."""

    drivernames: tuple[str, ...]
    query: str
    connect_args: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Everything about one server product. `seconds` is the deadline from start to ready."""

    service: str
    title: str
    username: str
    database: str | None
    seconds: float
    container: Container
    programs: ProgramNames
    initialise: tuple[Step, ...]
    run: Run
    wheel: Wheel | None
    packages: Packages | None
    probe: ProbeQuery


def _tuples(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(v) if isinstance(v, list) else v for key, v in raw.items()}


def read_recipe(path: Path) -> Recipe:
    """Read and check one file.

    Raises:
        ServerError: a key is missing, unknown, or of the wrong shape; the message names the file.

    """
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    try:
        wheel, packages = raw.pop("wheel", None), raw.pop("packages", None)
        return Recipe(
            service=path.stem,
            database=raw.pop("database", None),
            container=Container(**_tuples(raw.pop("container"))),
            programs=ProgramNames(**_tuples(raw.pop("programs"))),
            initialise=tuple(Step(**_tuples(step)) for step in raw.pop("initialise")),
            run=Run(**_tuples(raw.pop("run"))),
            wheel=None if wheel is None else Wheel(**_tuples(wheel)),
            packages=None if packages is None else Packages(**_tuples(packages)),
            probe=ProbeQuery(**_tuples(raw.pop("probe"))),
            **raw,
        )
    except (KeyError, TypeError) as error:
        raise ServerError(f"{path} is not a description of a server: {error}.") from error


@cache
def recipes() -> Mapping[str, Recipe]:
    """Return the recipe of each service that has a file, by name."""
    return {
        path.stem: read_recipe(path) for path in sorted(content("backends").glob("servers/*.toml"))
    }


def recipe(service: str) -> Recipe:
    """Return the recipe of a service.

    Raises:
        ServerError: there is no file for it.

    """
    known = recipes()
    if service not in known:
        raise ServerError(
            f"No server is described under the name “{service}”.",
            f"Known are: {', '.join(known)} (backends/servers/NAME.toml).",
        )
    return known[service]
