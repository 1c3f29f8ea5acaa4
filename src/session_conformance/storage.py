"""The databases that a run makes for itself, and nothing else it may write to.

A name says whose a database is (`session_conformance_<run>_<worker>_<backend>`), and a table in it
says so again. A run holds a lock on the server while it lives, so that another one can tell what a
dead run left behind from what is in use.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from .engines import error_code, observer

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.engine import URL, Connection

    from .backend import Backend

PREFIX = "session_conformance"
MARKER = "session_conformance_owner"
NAME = re.compile(rf"{PREFIX}_(?P<run>[0-9a-f]{{8}})_[a-z0-9_]+")
FOLDER = re.compile(r"session-conformance-(?P<run>[0-9a-f]{8})")
LONGEST_NAME = 63
LOCK = ".run"


class RefusedError(Exception):
    """A database that the suite did not make and must not write to; says what to do instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a backend's databases are made: a server's URL, or a folder for files.

    `borrowed` is true where the server lets this user make no database: the empty one that the URL
    names is used instead, by one worker alone.
    """

    backend: Backend
    url: URL
    run: str
    borrowed: bool = False

    def pack(self) -> dict[str, Any]:
        """Return this place as built-in types, for a worker process."""
        return {
            "backend": self.backend.id,
            "url": self.url.render_as_string(hide_password=False),
            "run": self.run,
            "borrowed": self.borrowed,
        }

    @property
    def folder(self) -> Path:
        """The run's folder for database files."""
        base = self.url.database
        parent = Path(base).parent if base else scratch()
        return parent / f"session-conformance-{self.run}"


def unpack(data: dict[str, Any], backend: Backend) -> Place:
    """Return the place that `Place.pack` described."""
    return Place(
        backend=backend,
        url=make_url(data["url"]),
        run=data["run"],
        borrowed=data["borrowed"],
    )


def scratch() -> Path:
    """The folder for database files: in memory where the system has such a folder."""
    memory = Path("/dev/shm")  # noqa: S108
    if os.environ.get("TMPDIR"):
        # Taken as it is: a folder that cannot be used is an error, no reason to take another.
        return Path(os.environ["TMPDIR"])
    if memory.is_dir() and os.access(memory, os.W_OK):
        return memory
    return Path(tempfile.gettempdir())


def check_empty(place: Place) -> None:
    """Refuse a database that holds anything, before the first write.

    Raises:
        RefusedError: it holds a table or view.

    """
    if place.backend.storage == "memory":
        return
    if place.backend.storage == "file":
        path = place.url.database
        if not path or not Path(path).exists():
            return
    if not place.url.database and _makes_databases(place):
        return
    engine = observer(place.backend, place.url)
    try:
        with engine.connect() as connection:
            found = _tables(connection, place)
    finally:
        engine.dispose()
    if found:
        named = ", ".join(sorted(found)[:3]) + (", …" if len(found) > 3 else "")
        raise RefusedError(
            f"The database “{place.url.database}” is not empty (it holds {named}), and the suite "
            "writes to no database that it did not make. Name an empty one in the URL."
        )


def _tables(connection: Connection, place: Place) -> list[str]:
    """Return the tables of a database: by the database's own words, else by its dialect's.

    Raises:
        RefusedError: nobody can tell.

    """
    if "tables" in place.backend.family.sql:
        return list(connection.execute(text(place.backend.family.sql["tables"])).scalars())
    try:
        return inspect(connection).get_table_names()
    except (NotImplementedError, SQLAlchemyError) as error:
        raise RefusedError(
            f"Nobody can tell whether the database “{place.url.database}” is empty. Write the "
            "statement that lists its tables as tables = … into [sql] of databases/"
            f"{place.backend.family.id}.toml."
        ) from error


def _makes_databases(place: Place) -> bool:
    """Tell whether it is known how a database is made on this server."""
    family = place.backend.family
    return "create_database" in family.sql or family.hooks.create_database is not None


def database_name(run: str, worker: str, backend: str) -> str:
    """Return the name of the database of one worker and backend."""
    name = f"{PREFIX}_{run}_{worker}_{re.sub(r'[^a-z0-9]', '_', backend.lower())}"
    if len(name) <= LONGEST_NAME:
        return name
    # Cut short, two backends of one driver would share a database.
    digest = hashlib.sha256(backend.encode()).hexdigest()[:8]
    return f"{name[: LONGEST_NAME - 9]}_{digest}"


class Storage:
    """One database of this run, for one worker and backend."""

    def __init__(self, place: Place, worker: str) -> None:
        self._place = place
        self._worker = worker
        self._family = place.backend.family
        self._storage = place.backend.storage
        self._made = False
        self.borrowed = place.borrowed
        if self._storage == "file":
            file = place.folder / f"{worker}-{place.backend.id}.db"
            self.url = place.url.set(database=str(file))
        elif place.borrowed or self._storage == "memory":
            self.url = place.url
        else:
            self.url = place.url.set(database=database_name(place.run, worker, place.backend.id))

    def on(self, url: URL) -> Storage:
        """Return the database of the same name on another server, not made yet."""
        return Storage(replace(self._place, url=url, borrowed=False), self._worker)

    def create(self) -> None:
        """Make the database and mark it as this run's."""
        if self._storage == "memory":
            return
        if self._storage == "file":
            make_folder(self._place.folder)
            Path(str(self.url.database)).unlink(missing_ok=True)
        elif not self._place.borrowed:
            _on_server(self._place, "drop_database", name=self.url.database)
            _on_server(self._place, "create_database", name=self.url.database)
        self._made = True
        engine = observer(self._place.backend, self.url)
        try:
            with engine.connect() as connection:
                connection.execute(text(f"CREATE TABLE {MARKER} (run VARCHAR(16))"))
                connection.execute(text(f"INSERT INTO {MARKER} VALUES ('{self._place.run}')"))
        finally:
            engine.dispose()

    def drop(self) -> None:
        """Remove what `create` made."""
        if not self._made:
            return
        self._made = False
        if self._storage == "file":
            for path in Path(str(self.url.database)).parent.glob(
                Path(str(self.url.database)).name + "*"
            ):
                path.unlink(missing_ok=True)
        elif self._place.borrowed:
            engine = observer(self._place.backend, self.url)
            with engine.connect() as connection:
                connection.execute(text(f"DROP TABLE {MARKER}"))
            engine.dispose()
        else:
            _on_server(self._place, "drop_database", name=self.url.database)


def _on_server(place: Place, purpose: str, **names: Any) -> None:
    hooks = place.backend.family.hooks
    hook = {"create_database": hooks.create_database, "drop_database": hooks.drop_database}[purpose]
    if hook is not None:
        try:
            hook(place.url.set(database=names["name"]))
        except Exception as error:
            # As SQLAlchemy hands on what a driver raises.
            raise DBAPIError(purpose, None, error) from error
        return
    engine = observer(place.backend, place.url)
    try:
        with engine.connect() as connection:
            connection.execute(text(place.backend.family.sql[purpose].format(**names)))
    finally:
        engine.dispose()


def make_folder(folder: Path) -> None:
    """Make the folder of a run's database files, readable by this user alone."""
    folder.mkdir(mode=0o700, parents=False, exist_ok=True)


class Hold:
    """Says to other runs that this one lives, until it is released or its process ends."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._connection: Connection | None = None
        self._lock: Any = None
        self._family = place.backend.family
        self._storage = place.backend.storage

    def take(self) -> None:
        """Take the run's lock on the server, or on its folder of files."""
        if self._storage == "memory":
            return
        if self._storage == "file":
            make_folder(self._place.folder)
            self._lock = _lock_folder(self._place.folder)
            return
        engine = observer(self._place.backend, self._place.url)
        self._connection = engine.connect()
        if "hold_run" in self._family.sql:
            self._connection.execute(_hold(self._place, self._place.run))

    def release(self) -> list[str]:
        """Drop every database of this run that is still there, and the lock.

        Returns:
            the databases and files that the workers had left, by name.

        """
        left: list[str] = []
        if self._storage == "file":
            if self._lock is not None:
                os.close(self._lock)
                self._lock = None
            with suppress(OSError):
                left = [found.name for found in self._place.folder.iterdir() if found.name != LOCK]
            shutil.rmtree(self._place.folder, ignore_errors=True)
            return left
        if self._connection is None:
            return left
        # Where no server tells its databases, each worker drops its own and nobody looks again.
        if "databases" in self._family.sql:
            with suppress(SQLAlchemyError):
                for name in _databases(self._connection, self._place, self._place.run):
                    left.append(name)
                    drop = self._family.sql["drop_database"].format(name=name)
                    self._connection.execute(text(drop))
        with suppress(SQLAlchemyError):
            self._connection.close()
        self._connection.engine.dispose()
        self._connection = None
        return left


def _hold(place: Place, run: str) -> Any:
    number = (0x5E55 << 32) | int(run, 16)
    return text(place.backend.family.sql["hold_run"].format(run=run, number=number))


def _databases(connection: Connection, place: Place, run: str | None = None) -> list[str]:
    names = connection.execute(text(place.backend.family.sql["databases"])).scalars()
    found = []
    for name in names:
        matched = NAME.fullmatch(name)
        if matched and (run is None or matched["run"] == run):
            found.append(name)
    return found


def sweep(place: Place, say: Callable[[str], None]) -> None:
    """Drop what dead runs left here: by name, lock and mark, never by guess."""
    if place.backend.storage == "file":
        _sweep_folders(place, say)
    elif place.backend.storage == "server" and "hold_run" in place.backend.family.sql:
        _sweep_server(place, say)


def _sweep_server(place: Place, say: Callable[[str], None]) -> None:
    family = place.backend.family
    engine = observer(place.backend, place.url)
    try:
        with engine.connect() as connection:
            dead: dict[str, bool] = {}
            for name in _databases(connection, place):
                matched = NAME.fullmatch(name)
                run = matched["run"] if matched else ""
                if run == place.run:
                    continue
                if run not in dead:
                    dead[run] = bool(connection.execute(_hold(place, run)).scalar())
                if not dead[run] or not _is_ours(place, name, run):
                    # Not every server refuses to drop a database that somebody is connected to.
                    continue
                try:
                    connection.execute(text(family.sql["drop_database"].format(name=name)))
                except SQLAlchemyError:
                    # Somebody is connected to it: then it is in use, whatever the lock says.
                    continue
                say(f"removed “{name}”, left behind by an earlier run")
    finally:
        engine.dispose()


def _is_ours(place: Place, name: str, run: str) -> bool:
    """Tell whether a database is one that a run made, and nobody is connected to it."""
    sql = place.backend.family.sql
    engine = observer(place.backend, place.url.set(database=name))
    try:
        with engine.connect() as connection:
            if "connections" in sql and connection.execute(text(sql["connections"])).first():
                return False
            tables = list(connection.execute(text(place.backend.family.sql["tables"])).scalars())
            if not tables:
                return True
            if not any(table.endswith(MARKER) for table in tables):
                return False
            owner = connection.execute(text(f"SELECT run FROM {MARKER}")).scalar()
            return owner is None or owner == run
    except SQLAlchemyError:
        return False
    finally:
        engine.dispose()


def _sweep_folders(place: Place, say: Callable[[str], None]) -> None:
    for folder in place.folder.parent.glob("session-conformance-*"):
        matched = FOLDER.fullmatch(folder.name)
        if not matched or matched["run"] == place.run or not (folder / LOCK).is_file():
            continue
        lock = _lock_folder(folder)
        if lock is not None:
            os.close(lock)
            shutil.rmtree(folder, ignore_errors=True)
            say(f"removed “{folder}”, left behind by an earlier run")


def _lock_folder(folder: Path) -> int | None:
    """Return a held lock's file descriptor, None where somebody else holds it."""
    try:
        import fcntl
    except ImportError:
        return None
    try:
        descriptor = os.open(folder / LOCK, os.O_CREAT | os.O_RDWR, 0o600)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def may_create(place: Place) -> bool:
    """Tell whether this user may make databases on the server, by making one and dropping it."""
    family = place.backend.family
    if place.backend.storage != "server":
        return True
    if not _makes_databases(place):
        return False
    name = database_name(place.run, "check", place.backend.id)
    try:
        _on_server(place, "create_database", name=name)
    except SQLAlchemyError as error:
        if error_code(error) in family.denied_codes:
            return False
        raise
    _on_server(place, "drop_database", name=name)
    return True
