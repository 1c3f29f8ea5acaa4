"""Where a script works: the URL that it is given, and a database that it makes and removes."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import MetaData, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import AsyncAdaptedQueuePool, NullPool, QueuePool

from ...backend import importable
from ...engines import _never_begin, _on_connect, prepare
from ...looks import looks

if TYPE_CHECKING:
    from sqlalchemy.engine import URL, Engine


class Trouble(Exception):  # noqa: N818
    """Why the case cannot be carried out; says what to do."""


def asked_url(backend: Any) -> URL:
    """Return the URL of the environment variable DATABASE_URL."""
    own = make_url(f"{backend.drivername}://")
    if backend.storage == "memory":
        return own
    asked = os.environ.get("DATABASE_URL")
    if not asked:
        if backend.storage == "file":
            return own
        raise Trouble(
            f"Set DATABASE_URL to a server, as {backend.drivername}://user:password@host/database."
        )
    try:
        url = make_url(asked)
    except ArgumentError:
        raise Trouble("DATABASE_URL is no URL such as driver://user:password@host/name.") from None
    if url.get_backend_name() != own.get_backend_name():
        raise Trouble(
            f"DATABASE_URL begins with {url.get_backend_name()}, and this script is about "
            f"{own.get_backend_name()}: set it to {backend.drivername}://…"
        )
    url = url.set(drivername=backend.drivername)
    if backend.family.maintenance and not url.database:
        url = url.set(database=backend.family.maintenance)
    return url


def observer(backend: Any, url: URL, **options: Any) -> Engine:
    """Return an engine in autocommit for who looks on, through another driver if there is one."""
    connect_args = backend.observers.get(url.drivername, {})
    for drivername, arguments in backend.observers.items():
        if drivername != url.drivername and importable(drivername):
            connect_args = arguments
            url = url.set(drivername=drivername, query={})
            break
    options = {"poolclass": NullPool, "connect_args": connect_args, **options}
    if backend.family.autocommit == "level":
        options["isolation_level"] = "AUTOCOMMIT"
    if backend.is_async and url.get_dialect().is_async and options["poolclass"] is QueuePool:
        options["poolclass"] = AsyncAdaptedQueuePool
    engine = create_engine(url, **options)
    if backend.family.autocommit == "unbegun":
        _never_begin(engine)
    prepare(engine, backend.family)
    if backend.family.autocommit == "observe":
        _on_connect(engine, backend.family.hooks.observe)
    return engine


class Storage:
    """A database that this script makes and removes.

    Where the server lets it make none, the one of the URL, which has to be empty.
    """

    def __init__(self, backend: Any, url: URL) -> None:
        self._backend = backend
        self._given = self.url = url
        self._made = self._lent = False

    def make(self) -> None:
        """Make it."""
        if self._backend.storage == "memory":
            return
        if self._backend.storage == "file":
            beside = Path(self._given.database or "")
            # A folder of its own, so that nothing else goes with it.
            folder = tempfile.mkdtemp(
                prefix="session-conformance-", dir=beside.parent if beside.name else None
            )
            self.url = self._given.set(database=str(Path(folder) / "repro.db"))
            self._made = True
            return
        family = self._backend.family
        url = self._given.set(database=f"session_conformance_repro_{secrets.token_hex(4)}")
        try:
            if family.hooks.create_database is not None:
                family.hooks.create_database(url)
            else:
                self._send(family.sql["create_database"].format(name=url.database))
        except DBAPIError as error:
            self._check_empty(str(error.orig))
            self._lent = True
            return
        self.url = url
        self._made = True

    def _send(self, statement: str) -> None:
        engine = observer(self._backend, self._given)
        with engine.connect() as connection:
            connection.execute(text(statement))
        engine.dispose()

    def _check_empty(self, why: str) -> None:
        engine = observer(self._backend, self._given)
        with engine.connect() as connection:
            found = connection.scalars(text(self._backend.family.sql["tables"])).all()
        engine.dispose()
        if found:
            raise Trouble(
                "The database of DATABASE_URL is not empty, and no other one can be made beside "
                f"it ({why}): name an empty one, or a user who may make one."
            )

    def remove(self) -> None:
        """Remove it, or what is in it by now where it was lent empty."""
        if self._backend.storage == "memory":
            return
        if self._backend.storage == "file":
            if self._made:
                shutil.rmtree(Path(str(self.url.database)).parent, ignore_errors=True)
            return
        family = self._backend.family
        if self._lent:
            engine = observer(self._backend, self.url)
            tables = MetaData()
            tables.reflect(engine)
            tables.drop_all(engine)
            engine.dispose()
        if self._made:
            if family.hooks.drop_database is not None:
                family.hooks.drop_database(self.url)
            else:
                self.end_connections()
                self._send(family.sql["drop_database"].format(name=self.url.database))

    def end_connections(self) -> None:
        """End what a broken driver left open: a server may refuse to drop what is in use."""
        sql = self._backend.family.sql
        if "kill" not in sql:
            return
        engine = observer(self._backend, self.url)
        with engine.connect() as connection:
            for _ in looks():
                numbers = connection.scalars(text(sql["connections"])).all()
                if not numbers:
                    break
                for number in numbers:
                    with suppress(DBAPIError):
                        connection.execute(text(sql["kill"].format(id=int(number))))
        engine.dispose()


__all__ = ["Storage", "Trouble", "asked_url", "observer"]
