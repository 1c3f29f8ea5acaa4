"""What a URL tells of a backend: its database, its driver, and whether the suite knows it."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from packaging.utils import canonicalize_name
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from .backend import families, known
from .bridge import bridged
from .reach import DEADLINE, IN_DISGUISE, UnreachableError, explain, no_dialect, within
from .redact import Secrets

if TYPE_CHECKING:
    from sqlalchemy.engine import URL, Dialect

    from .backend import Backend


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """What was found of a URL.

    `drivername` is the URL's first word with its driver, such as `postgresql+psycopg`. `family` is
    the database among those of `backends/databases/`, None for one that the suite does not know.
    `distribution` is the installed package that the driver came in, None where it came with Python
    or cannot be told. `known_backend` is the suite's own backend for this driver, `like` the id of
    that from whose dialect this one's is derived.
    """

    drivername: str
    family: str | None
    distribution: str | None
    is_async: bool
    known_backend: Backend | None
    like: str | None = None


def recognise(url: URL, connect: bool = True) -> Recognised:
    """Find out what a URL leads to, from its dialect and, where that does not say it, its server.

    Args:
        url: of a database; one without a host or a database is good as long as nothing connects.
        connect: whether to ask the server. Only a server behind a MySQL URL is asked, since it may
            be MariaDB; a file is never opened, because that would make it.

    Raises:
        WrongUrlError: SQLAlchemy knows no such dialect.
        UnreachableError: the server was to be asked, and did not answer.

    """
    dialect = dialect_of(url)
    url = url.set(drivername=_in_full(url, dialect))
    name = _family(url, dialect)
    if connect and name in IN_DISGUISE and _is_mariadb(url, dialect):
        name = IN_DISGUISE[name]
        url = _in_own_name(url, name)
    backend = _known(url)
    found = distribution(dialect)
    return Recognised(
        drivername=url.drivername,
        family=name,
        distribution=found or (backend.distribution if backend else None),
        is_async=bool(dialect.is_async),
        known_backend=backend,
        like=_base(dialect, name),
    )


def dialect_of(url: URL) -> Dialect:
    """Return SQLAlchemy's dialect of a URL, not connected.

    Raises:
        WrongUrlError: SQLAlchemy knows no such dialect.
        UnreachableError: the dialect's module needs a driver that is not installed.

    """
    try:
        return url.get_dialect()()
    except NoSuchModuleError:
        raise no_dialect(url.drivername) from None
    except ImportError as error:
        raise UnreachableError(
            f"The driver of {url.drivername} is not installed: {error}."
        ) from None


def driver_module(dialect: Dialect) -> str | None:
    """Return the name of the module that a dialect's driver is, None where it is not installed."""
    try:
        dbapi: Any = type(dialect).import_dbapi()
    except ImportError:
        return None
    if isinstance(dbapi, ModuleType):
        return dbapi.__name__
    # The dialects of asyncio's drivers wrap the module, one of duckdb-engine's kind is a class.
    for value in vars(dbapi).values():
        if isinstance(value, ModuleType) and not _is_standard(value.__name__):
            return value.__name__
    return str(dbapi.__module__)


def distribution(dialect: Dialect) -> str | None:
    """Return the name of the installed package that a dialect's driver came in, None if in none."""
    module = driver_module(dialect)
    if module is None or _is_standard(module):
        return None
    top = module.partition(".")[0]
    file = getattr(sys.modules.get(module), "__file__", None)
    found = list(dict.fromkeys(metadata.packages_distributions().get(top, ())))
    if len(found) == 1 or not file:
        return found[0] if found else None
    # Several packages share a name such as “firebird”; one installed for its author lists no files.
    names = found or [name for one in metadata.distributions() if (name := one.metadata["Name"])]
    for name in names:
        if _holds(metadata.distribution(name), Path(file)):
            return name
    return next((name for name in names if canonicalize_name(name) == canonicalize_name(top)), None)


def _holds(package: metadata.Distribution, file: Path) -> bool:
    """Tell whether a file came with a package, or lies in the folder that it is developed in."""
    if any(Path(str(one.locate())) == file for one in package.files or ()):
        return True
    origin = json.loads(package.read_text("direct_url.json") or "{}")
    if not origin.get("dir_info", {}).get("editable"):
        return False
    return file.is_relative_to(unquote(urlsplit(origin["url"]).path))


def _is_standard(module: str) -> bool:
    return module.partition(".")[0] in sys.stdlib_module_names


def _in_full(url: URL, dialect: Dialect) -> str:
    """Return a URL's first word with the driver that SQLAlchemy takes where it names none."""
    if "+" in url.drivername or any(url.drivername == one.drivername for one in known().values()):
        return url.drivername
    full = f"{url.drivername}+{dialect.driver}"
    return full if _leads_to(full, type(dialect)) else url.drivername


def _leads_to(drivername: str, dialect: type[Dialect]) -> bool:
    try:
        return make_url(f"{drivername}://").get_dialect() is dialect
    except (SQLAlchemyError, ImportError):
        return False


def _family(url: URL, dialect: Dialect) -> str | None:
    """Return the database by the name in the URL, else by the nearest class that bears its name."""
    names = [url.get_backend_name(), dialect.name]
    names += [kind.__dict__.get("name", "") for kind in type(dialect).__mro__]
    return next((name for name in names if name in families()), None)


def _is_mariadb(url: URL, dialect: Dialect) -> bool:
    """Ask a server that speaks MySQL's protocol which of the two it is."""

    def ask() -> bool:
        if dialect.is_async:
            from sqlalchemy.ext.asyncio import create_async_engine

            engine = create_async_engine(url, poolclass=NullPool).sync_engine
        else:
            engine = create_engine(url, poolclass=NullPool)
        try:
            with engine.connect() as connection:
                return bool(getattr(connection.dialect, "is_mariadb", False))
        finally:
            engine.dispose()

    secrets = Secrets([str(url.password)] if url.password else [])
    try:
        return within(DEADLINE, lambda: bridged(bool(dialect.is_async), ask))
    except TimeoutError:
        raise UnreachableError(
            f"{url.host}:{url.port} did not answer within {DEADLINE:g} s: check host and port."
        ) from None
    except (SQLAlchemyError, ImportError, OSError, ValueError, RuntimeError, TypeError) as error:
        raise UnreachableError(explain(error, secrets)) from error


def _in_own_name(url: URL, family: str) -> URL:
    """Return the URL with the database's own name first, where its driver goes by that one too."""
    own = url.set(drivername=f"{family}+{url.get_driver_name()}")
    try:
        own.get_dialect()
    except (SQLAlchemyError, ImportError):
        return url
    return own


def _base(dialect: Dialect, family: str | None) -> str | None:
    """Return the suite's backend from whose dialect's class this one's is derived, the nearest."""
    nearest: tuple[int, str] | None = None
    line = type(dialect).__mro__
    for backend in known().values():
        if backend.family.id != family or backend.begin or backend.storage == "memory":
            continue
        try:
            kind = make_url(f"{backend.drivername}://").get_dialect()
        except (SQLAlchemyError, ImportError):
            continue
        if kind in line:
            place = (line.index(kind), backend.id)
            nearest = place if nearest is None else min(nearest, place)
    return nearest[1] if nearest else None


def _known(url: URL) -> Backend | None:
    """Return the suite's backend of a URL's driver, the plainest where there are several."""
    found = [backend for backend in known().values() if backend.drivername == url.drivername]
    in_memory = not url.database or url.database == ":memory:" or url.query.get("mode") == "memory"
    fitting = [one for one in found if (one.storage == "memory") == in_memory] or found
    # What a backend is besides the driver stands at the end of its name.
    return min(fitting, key=lambda backend: len(backend.id), default=None)
