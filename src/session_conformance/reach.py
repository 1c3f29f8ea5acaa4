"""Reaching a backend: is its driver there, does its server answer, may the suite work there."""

from __future__ import annotations

import re
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import text as sql_text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from .backend import installed
from .bridge import bridged
from .engines import engine_under_test
from .redact import Secrets
from .results import BackendRecord
from .storage import (
    Hold,
    Place,
    RefusedError,
    check_empty,
    make_folder,
    may_create,
    sweep,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.engine import URL, Connection, Engine

    from .backend import Backend

Value = TypeVar("Value")

DEADLINE = 20.0
# Databases that URLs of another one lead to as well: its name to theirs.
IN_DISGUISE = {"mysql": "mariadb"}
# What came too late to be used may hold the lock of its run, which lasts as long as it is kept.
_LATE: list[list[Any]] = []

# What a driver's words mean, and what to do about it. Only words that all drivers of a kind use.
_HINTS = (
    (r"refused|errno 111|no such file or directory", "Nothing listens there: start the server "
     "(make up), or correct host and port."),
    (r"password|authentication|access denied|28000|28p01|1045", "Check user and password."),
    (r"timed? ?out|timeout", "No answer came: check host, port and firewall, and that nothing "
        "else listens there."),
    (r"name or service|getaddrinfo|resolve|nodename|unknown host|name resolution",
     "The host's name is unknown: check its spelling."),
    (r"too many|remaining connection slots|sorry", "The server has no free connection: end some, "
     "or raise its max_connections."),
    (r"unknown database|does not exist|3d000|1049", "Name a database that exists, or leave its "
     "name off the URL."),
    (r"unable to open database|readonly|read-only|permission denied", "The folder must exist and "
     "be writable."),
    (r"protocol|handshake|packet|ssl negotiation|unexpected|lost connection|server closed",
     "Something else may listen there: check the port."),
)  # fmt: skip


class UnreachableError(Exception):
    """A backend that cannot be used now; one sentence that says what to do."""


class WrongUrlError(Exception):
    """A URL that no backend can be made from; one sentence that says what to write."""


def read_url(text: str) -> URL:
    """Read a URL that a person gave.

    Raises:
        WrongUrlError: it is none.

    """
    try:
        return make_url(text)
    except ArgumentError:
        raise WrongUrlError(
            "The URL is none: it is no URL of SQLAlchemy, such as "
            "DIALECT+DRIVER://USER:PASSWORD@HOST:PORT/DATABASE."
        ) from None


def no_dialect(name: str) -> WrongUrlError:
    """Return what is said of a URL whose first word SQLAlchemy does not know."""
    return WrongUrlError(
        f"SQLAlchemy knows no dialect “{name}”: check the URL's first word, or install the package "
        "that brings the dialect."
    )


def parse(backend: Backend, text: str) -> URL:
    """Return the URL a person gave for `backend`, through the backend's own driver.

    Raises:
        WrongUrlError: it is no URL, or one of another database.

    """
    try:
        url = make_url(text)
        names = {url.get_dialect().name, url.get_backend_name()}
    except NoSuchModuleError:
        raise no_dialect(text.partition(":")[0]) from None
    except ArgumentError:
        raise WrongUrlError(
            f"The URL for {backend.id} is none: write "
            f"{backend.drivername}://USER:PASSWORD@HOST:PORT/DATABASE."
        ) from None
    except ImportError as error:
        raise WrongUrlError(f"The URL's driver is not installed: {error}.") from None
    own = {backend.family.id, backend.drivername.partition("+")[0]}
    own |= {name for name, family in IN_DISGUISE.items() if family in own}
    if not names & own:
        raise WrongUrlError(f"A URL of {url.get_backend_name()} was given for {backend.id}.")
    if "+" not in url.drivername or url.drivername != backend.drivername:
        url = url.set(drivername=backend.drivername)
    if not url.database and backend.family.maintenance:
        url = url.set(database=backend.family.maintenance)
    return url


def explain(error: BaseException, secrets: Secrets) -> str:
    """Return a driver's error as one line, with what to do where its words are known."""
    cause = getattr(error, "orig", None) or error
    words = " ".join(str(cause).split())
    if isinstance(error, DBAPIError) and not words:
        words = type(cause).__name__
    words = secrets.cut(re.sub(r"Multiple connection attempts failed.*", "", words))[:300].rstrip()
    words = words.rstrip("?")
    if not words.endswith((".", "!")):
        words += "."
    for pattern, hint in _HINTS:
        if re.search(pattern, words, re.IGNORECASE):
            return f"{words} {hint}"
    return words


class Reached:
    """A backend whose database the suite may use: its place, its record, its hold."""

    def __init__(self, place: Place, record: BackendRecord, hold: Hold) -> None:
        self.place = place
        self.record = record
        self.hold = hold


def reach(
    backend: Backend,
    url: URL | None,
    run: str,
    *,
    way: str | None = None,
    detail: str | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Reached:
    """Connect, look at the server, and make sure that the suite may work there.

    Raises:
        UnreachableError: the driver is missing or the server does not answer.
        RefusedError: the database is not the suite's to write to.

    """
    missing = installed(backend)
    if missing:
        raise UnreachableError(missing)
    if url is None:
        url = make_url(f"{backend.drivername}://")
    secrets = Secrets([str(url.password)] if url.password else [])
    place = Place(backend=backend, url=url, run=run)

    try:
        return within(DEADLINE, lambda: _look(place, way, detail, say))
    except RefusedError:
        raise
    except TimeoutError:
        raise UnreachableError(
            f"{url.host}:{url.port} did not answer as a {backend.family.title} server within "
            f"{DEADLINE:g} s. Something else may listen there: check the port."
        ) from None
    except OSError as error:
        if backend.storage != "file":
            raise UnreachableError(explain(error, secrets)) from error
        raise UnreachableError(
            f"Database files cannot be made in {place.folder.parent}: {error.strerror}. "
            f"Name a folder that exists and is writable, with TMPDIR or --url {backend.id}=URL."
        ) from error
    except (SQLAlchemyError, ImportError, ValueError, RuntimeError, TypeError) as error:
        raise UnreachableError(explain(error, secrets)) from error


def _look(place: Place, way: str | None, detail: str | None, say: Callable[[str], None]) -> Reached:
    backend, url = place.backend, place.url
    if backend.storage == "file":
        # Not even a folder is made beside somebody's file.
        check_empty(place)
        parent = place.folder.parent
        with suppress(FileExistsError):
            make_folder(place.folder)
        look_at = url.set(database=str(place.folder / f"look-{backend.id}.db"))
        detail_here = detail or f"files in {parent}"
    elif backend.storage == "memory":
        look_at, detail_here = url, detail or "in memory"
    else:
        look_at, detail_here = url, detail or ""
    try:
        facts = bridged(backend.is_async, lambda: _facts(backend, look_at))
        check_empty(place)
    except BaseException:
        if backend.storage == "file":
            _leave(str(look_at.database))
            with suppress(OSError):
                place.folder.rmdir()
        raise
    if backend.storage == "file":
        _leave(str(look_at.database))
    hold = Hold(place)
    hold.take()
    try:
        sweep(place, say)
        # What a killed run made could not be found again on somebody's server that tells no names.
        untold = "databases" not in backend.family.sql and backend.storage == "server"
        borrowed = (way == "url" and untold) or not may_create(place)
    except BaseException:
        hold.release()
        raise
    final = Place(backend=backend, url=url, run=place.run, borrowed=borrowed)
    backend = backend.at(facts["server_version"], way)
    record = BackendRecord(
        id=backend.id, title=backend.title, database=backend.family.id,
        database_title=backend.family.title, driver=backend.driver,
        reached=True, is_async=backend.is_async, way=way or "embedded", detail=detail_here,
        url=url.render_as_string(hide_password=True), driver_version=backend.driver_version,
        capabilities=dict(backend.capabilities), source=backend.source, **facts,
    )  # fmt: skip
    return Reached(final, record, hold)


def _leave(file: str) -> None:
    """Remove what a look left in the run's folder, beside the file itself too."""
    for path in Path(file).parent.glob(Path(file).name + "*"):
        with suppress(OSError):
            path.unlink()


def _facts(backend: Backend, url: URL) -> dict[str, Any]:
    engine = engine_under_test(backend, url)
    try:
        with engine.connect() as connection:
            dialect = connection.dialect
            version = getattr(dialect, "server_version_info", None)
            raw = connection.connection.dbapi_connection
            levels = dialect.get_isolation_level_values(raw)  # type: ignore[arg-type]
            return {
                "server_version": connection.scalar(sql_text(backend.family.sql["version"]))
                if "version" in backend.family.sql
                else ".".join(str(part) for part in version or ()) or None,
                "default_isolation_level": connection.default_isolation_level,
                "isolation_levels": [level for level in levels if _settable(engine, level)],
                "settings": _settings(backend, connection),
            }  # fmt: skip
    finally:
        engine.dispose()


def _settings(backend: Backend, connection: Connection) -> dict[str, str]:
    """Return the server's settings that decide answers, none where it does not show them."""
    statement = backend.family.sql.get("settings")
    if statement is None:
        return {}
    try:
        rows = connection.execute(sql_text(statement)).all()
    except DBAPIError:
        return {}
    return {str(name).strip(): str(value).strip() for name, value in rows}


def _settable(engine: Engine, level: str) -> bool:
    """Tell whether a connection takes an isolation level: some dialects list what they inherit."""
    try:
        with engine.connect() as connection:
            connection.execution_options(isolation_level=level)
    except Exception:
        return False
    return True


def within(seconds: float, function: Callable[[], Value]) -> Value:
    """Call `function`, but wait no longer than this: some drivers have no limit of their own.

    Raises:
        TimeoutError: it was still at it; it goes on in a thread of its own.

    """
    box: list[Any] = []

    def call() -> None:
        try:
            box.append((True, function()))
        except BaseException as error:
            box.append((False, error))

    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    thread.join(seconds)
    if not box:
        _LATE.append(box)
        raise TimeoutError
    good, value = box[0]
    if good:
        return value  # type: ignore[no-any-return]
    raise value
