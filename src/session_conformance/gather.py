"""Reaching all chosen backends at once: by URL, in a container, by programs on this machine."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from sqlalchemy.engine import URL

from .backend import choose, importable
from .bridge import bridged
from .engines import engine_under_test
from .exits import UsageError
from .reach import Reached, UnreachableError, parse, reach
from .results import BackendRecord
from .servers import Server, ServerError, find
from .storage import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import ExitStack

    from .backend import Backend

AT_ONCE = 8


def resolve(given_urls: Sequence[str], backends: list[Backend]) -> dict[str, tuple[URL, str]]:
    """Resolve URLs from the command line and the environment: backend id to URL and its origin."""
    given: dict[str, str] = {}
    for item in given_urls:
        name, separator, value = item.partition("=")
        if not separator or "://" in name:
            raise UsageError("Write --url BACKEND=URL, with a backend's or a database's name.")
        if not any(name in (backend.id, backend.family.id) for backend in backends):
            choose([name])  # an unknown name has a message of its own
            raise UsageError(f"A URL was given for {name}, which is not among the chosen backends.")
        given[name] = value
    found = {}
    for backend in backends:
        for name in (backend.id, backend.family.id):
            variable = "SESSION_CONFORMANCE_URL_" + name.upper().replace("-", "_")
            origin = f"--url {name}" if name in given else f"environment variable {variable}"
            text = given.get(name) or os.environ.get(variable)
            if text:
                found[backend.id] = (parse(backend, text), origin)
                break
    return found


def gather(
    backends: list[Backend],
    urls: dict[str, tuple[URL, str]],
    run_id: str,
    *,
    servers_by: str,
    say: Callable[[str], None],
    stack: ExitStack,
) -> tuple[list[Reached], list[BackendRecord]]:
    """Reach every backend, side by side; find or start the servers that have no URL.

    What was started or taken is given back when `stack` is left.

    Returns:
        the backends that can be used, and a record of each one, in the order given.

    Raises:
        UsageError: a database is not the suite's to write to; nothing was written anywhere.

    """
    probes: dict[str, Any] = {}
    for backend in backends:
        import_driver(backend)
        service = backend.family.service
        if service and backend.id not in urls and service not in probes:
            probes[service] = probe(backend)
    servers: dict[str, Server | ServerError] = {}
    if probes and servers_by != "url":
        servers = stack.enter_context(find(probes, ways=servers_by, say=say))

    def one(backend: Backend) -> Reached | str | RefusedError:
        return _reach_one(backend, urls, servers, run_id, say)

    # Each backend's limit on time begins with its own turn, so that many do not slow each other.
    with ThreadPoolExecutor(min(AT_ONCE, max(1, len(backends)))) as pool:
        answers = list(pool.map(one, backends))
    reached: list[Reached] = []
    records: list[BackendRecord] = []
    refused: list[str] = []
    for backend, answer in zip(backends, answers, strict=True):
        if isinstance(answer, Reached):
            reached.append(answer)
            records.append(answer.record)
            version = (
                f" · {backend.distribution} {backend.driver_version}"
                if backend.distribution
                else ""
            )
            say(
                f"  {backend.id:<24} {backend.family.title} {answer.record.server_version}{version}"
                f" · {answer.record.way}: {answer.record.detail}"
            )
        elif isinstance(answer, RefusedError):
            refused.append(f"{backend.id}: {answer}")
        else:
            records.append(_missing(backend, answer))
            say(f"  {backend.id:<24} unreachable: {answer}")
    for item in reached:
        stack.callback(item.hold.release)
    if refused:
        raise UsageError("\n".join(refused))
    return reached, records


def _reach_one(
    backend: Backend,
    urls: dict[str, tuple[URL, str]],
    servers: dict[str, Server | ServerError],
    run_id: str,
    say: Callable[[str], None],
) -> Reached | str | RefusedError:
    url: URL | None = None
    way = detail = None
    if backend.id in urls:
        url, detail = urls[backend.id]
        way = "url"
    elif backend.family.service:
        server = servers.get(backend.family.service)
        if server is None:
            variable = "SESSION_CONFORMANCE_URL_" + backend.id.upper().replace("-", "_")
            return f"No URL was given. Set {variable}, or pass --url {backend.id}=URL."
        if isinstance(server, ServerError):
            return " ".join(str(server).split())
        url, way, detail = server_url(backend, server), server.way, server.detail
    try:
        return reach(backend, url, run_id, way=way, detail=detail, say=say)
    except UnreachableError as error:
        return str(error)
    except RefusedError as error:
        return error


def server_url(backend: Backend, server: Server) -> URL:
    """Return the URL of a server through a backend's driver."""
    return URL.create(
        backend.drivername,
        username=server.username,
        password=server.password,
        host=server.host,
        port=server.port,
        database=server.database or backend.family.maintenance,
    )


def import_driver(backend: Backend) -> None:
    """Import a backend's dialect and driver where both are installed.

    Threads that import dialects at the same time may stand in each other's way until Python gives
    up on one of them.
    """
    importable(backend.drivername)


def probe(backend: Backend) -> Any:
    """Return the readiness check of a backend's server: it connects and gives the version."""
    import_driver(backend)

    def ask(server: Server) -> str:
        engine = engine_under_test(backend, server_url(backend, server))
        try:
            with engine.connect() as connection:
                version = connection.dialect.server_version_info or ()
                return ".".join(str(part) for part in version)
        finally:
            engine.dispose()

    def bridged_ask(server: Server) -> str:
        return bridged(backend.is_async, lambda: ask(server))

    return bridged_ask


def _missing(backend: Backend, reason: str) -> BackendRecord:
    return BackendRecord(
        id=backend.id, title=backend.title, database=backend.family.id,
        database_title=backend.family.title, driver=backend.driver,
        reached=False, is_async=backend.is_async, reason=reason,
        driver_version=backend.driver_version, capabilities=dict(backend.capabilities),
        source=backend.source,
    )  # fmt: skip
