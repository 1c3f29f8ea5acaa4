"""What a case is handed: the backend's engine, and eyes that do not depend on it."""

from __future__ import annotations

import gc
from contextlib import contextmanager, suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sqlalchemy import inspect, literal_column, select, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.orm import Session, close_all_sessions, sessionmaker
from sqlalchemy.pool import NullPool, QueuePool

from . import refusal
from .bridge import Bridge
from .disturbing import Disturbing
from .engines import engine_under_test, observer, warm
from .locking import Locking
from .looks import looks
from .models import Base
from .owning import Owning
from .preparing import Preparing
from .provoking import Provoking
from .storing import Storing
from .tables import create, drop
from .together import Together
from .trace import Recorder, Watch
from .unsupported import UnsupportedError
from .upsert import upsert

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import ColumnElement, Insert, Table, TextClause
    from sqlalchemy.engine import Connection, Engine
    from sqlalchemy.ext.asyncio import AsyncEngine

    from .backend import Backend
    from .borrowing import Borrower
    from .storage import Storage


class AnsweredError(Exception):
    """A question gave an answer that is not on its list, or gave two."""


class Database(Disturbing, Locking, Owning, Preparing, Provoking, Storing, Together):
    """One backend's database, as a case sees it.

    Everything that asks what is stored goes through an independent connection, through another
    driver where one is installed, so that the driver under test is not its own witness.
    """

    def __init__(
        self,
        backend: Backend,
        storage: Storage,
        cut: Callable[[str], str] = str,
        bridge: Bridge | None = None,
        borrower: Borrower | None = None,
    ) -> None:
        self._backend = backend
        self.bridge = bridge or Bridge(backend.is_async)
        self._storage = storage
        self._borrower = borrower
        self._recorder = Recorder(cut)
        self._extra: list[Engine] = []
        self._extra_tables: list[list[Table]] = []
        self._extra_sql: list[str] = []
        self._engine: Engine | None = None
        self._checks = 0
        self._shared = Base.metadata.sorted_tables
        self.answers: list[str] = []
        self.facts: dict[str, Any] = {}
        if backend.storage == "memory":
            # The one connection there is; nobody else can look while a Session holds it.
            self._observer_engine = self.engine
        else:
            # In autocommit, so that each look sees what is committed by then.
            self._observer_engine = observer(
                backend, storage.url, poolclass=QueuePool, pool_size=1, max_overflow=2
            )
        with self._recorder.paused():
            self._create_shared()

    def _create_shared(self) -> None:
        family = self._backend.family
        create(self._observer_engine, self._shared, sequence_keys=family.sequence_keys)
        if family.break_commit == "conflict":
            create(self._observer_engine, [refusal.CONFLICT], sequence_keys=False)

    def __repr__(self) -> str:
        # Without an address in memory, what an assertion says is the same in each run.
        return f"<Database {self._backend.id}>"

    @property
    def engine(self) -> Engine:
        """The engine under test."""
        if self._engine is None:
            self._engine = engine_under_test(self._backend, self._storage.url)
            warm(self._engine)
            if self._backend.begin:
                self._recorder.silent.add(self._backend.begin)
            self._recorder.listen(self._engine)
        return self._engine

    @property
    def async_engine(self) -> AsyncEngine:
        """The engine under test, for cases about asyncio (`needs=("async",)`)."""
        from sqlalchemy.ext.asyncio import AsyncEngine

        return AsyncEngine(self.engine)

    def new_engine(self, **options: Any) -> Engine:
        """Return another engine on the same database; it is disposed of after the case.

        Args:
            options: as for `sqlalchemy.create_engine`, such as `pool_size=1, max_overflow=0`.

        """
        if self._backend.storage == "memory":
            raise UnsupportedError("second_connection")
        engine = engine_under_test(self._backend, self._storage.url, **options)
        warm(engine)
        self._recorder.listen(engine)
        self._extra.append(engine)
        return engine

    async def new_async_engine(self, **options: Any) -> AsyncEngine:
        """Return another engine, for cases about asyncio; it is disposed of after the case.

        Args:
            options: as for `sqlalchemy.ext.asyncio.create_async_engine`.

        """
        from sqlalchemy.ext.asyncio import AsyncEngine
        from sqlalchemy.util.concurrency import greenlet_spawn

        return AsyncEngine(await greenlet_spawn(lambda: self.new_engine(**options)))

    def session(self, **options: Any) -> Session:
        """Return a new Session on the engine under test; `options` as for `Session`."""
        return Session(self.engine, **options)

    def sessionmaker(self, **options: Any) -> sessionmaker[Session]:
        """Return a factory of Sessions on the engine under test; `options` as for `Session`."""
        return sessionmaker(self.engine, **options)

    def create(self, *classes: type[Any], reuse_keys: bool = True) -> None:
        """Make the tables of mapped classes that a case declares; they are dropped after it.

        Args:
            classes: whose tables.
            reuse_keys: whether the server may generate the key of a deleted row again, where it
                does so unless it is told not to.

        """
        family = self._backend.family
        tables = [inspect(mapped).local_table for mapped in classes]
        options = {} if reuse_keys else family.no_reuse
        create(self._observer, tables, sequence_keys=family.sequence_keys, options=options)
        self._extra_tables.append(tables)

    def log_inserts(self, mapped: type[Any], log: type[Any], column: str) -> None:
        """Have a trigger of `mapped` write `column` of each new row into the table of `log` too."""
        self._trigger("insert_trigger", mapped, log=inspect(log).local_table.name, column=column)

    def count_updates(self, mapped: type[Any], column: str) -> None:
        """Have a trigger of `mapped` add one to `column` of each row that is updated."""
        self._trigger("update_trigger", mapped, column=column)

    def _trigger(self, kind: str, mapped: type[Any], **names: str) -> None:
        sql = self._backend.family.sql
        statement = self._sql(kind, "triggers")
        table = inspect(mapped).local_table
        names |= {"table": table.name, "name": f"{table.name}_{kind}"}
        names["key"] = inspect(mapped).primary_key[0].name
        with self._recorder.paused(), self._observer.begin() as connection:
            connection.execute(text(statement.format(**names)))
        if "drop_trigger" in sql:
            self._extra_sql.append(sql["drop_trigger"].format(**names))

    def upsert(self, mapped: type[Any], *columns: str) -> Insert:
        """Return the dialect's INSERT that sets `columns` where a row has the same primary key.

        Without `columns` it leaves that row as it is. It is the `insert()` of the dialect's
        package, with ON CONFLICT or ON DUPLICATE KEY.
        """
        made = upsert(self.engine.dialect, mapped, columns)
        if made is None:
            raise UnsupportedError("upsert")
        return made

    def watch(self) -> Any:
        """Gather the SQL and the transaction events inside: `with db.watch() as sql: ...`.

        Returns:
            a context manager that gives a `Watch`.

        """
        return self._recorder.watch()

    def loaded(self, instance: object) -> set[str]:
        """Return the names of the column attributes whose values `instance` holds, unexpired."""
        state = inspect(instance)
        columns = {attribute.key for attribute in state.mapper.column_attrs}
        return {name for name in columns if name in state.dict}

    @property
    def checked_out(self) -> int:
        """How many connections of the engines under test are out of their pool."""
        return self._recorder.checked_out

    def failing_query(self) -> TextClause:
        """Return a SELECT of 500 rows whose 401st one the database cannot compute."""
        return text(self._backend.family.sql["failing_query"])

    def clock(self) -> ColumnElement[Any]:
        """Return the database's CURRENT_TIMESTAMP, in parts of a second where it can be had so."""
        return literal_column(self._backend.family.sql.get("clock", "CURRENT_TIMESTAMP"))

    def statement_without_transaction(self) -> TextClause:
        """Return a statement that the database refuses while a transaction is open."""
        return text(self._sql("no_transaction", "autocommit"))

    def set_time_zone(self, session: Session) -> None:
        """Move the server's side of `session`'s connection to a time zone 5.5 hours east."""
        self._altered = True
        session.execute(text(self._sql("time_zone", "session_time_zone")))

    @contextmanager
    def failing_commit(self, session: Session) -> Iterator[None]:
        """Make the database refuse the next COMMIT of `session`, for as long as this lasts.

        Where a connection can be ended by another one it is ended; else a reader that has not
        finished keeps the file from being written, or somebody else commits a key that the Session
        has inserted beside its own work.
        """
        if self._backend.family.break_commit == "kill":
            self.kill(session)
            yield
        elif self._backend.family.break_commit == "reader":
            with refusal.by_reader(self._observer, self._shared[0].name):
                yield
        else:
            with self._recorder.paused():
                made = refusal.by_conflict(self._observer, session)
                made.__enter__()
            try:
                yield
            finally:
                made.__exit__(None, None, None)

    def answer(self, name: str) -> None:
        """Give the answer to a question, by its name on the case's list."""
        self.answers.append(name)

    def tell(self, **facts: Any) -> None:
        """Write down what belongs to an answer, by name: text, numbers, yes and no."""
        self.facts |= facts

    # From here on: for the machinery, not for cases.

    @property
    def recorder(self) -> Recorder:
        """The trace of the cell that runs."""
        return self._recorder

    def begin_cell(self) -> None:
        """Forget the cell before."""
        if self._backend.is_async:
            # The first connection needs the bridge, and a case about asyncio runs outside it.
            _ = self.engine
        self._recorder.clear()
        self.answers.clear()
        self.facts.clear()
        self._altered = False

    def end_cell(self) -> list[str]:
        """Put everything back for the next cell.

        Returns:
            what the cell left behind, one phrase each; empty where it was tidy.

        """
        left = []
        written = set(self._recorder.written)
        with self._recorder.paused():
            if self._recorder.checked_out:
                left.append(f"{self._recorder.checked_out} connection(s) not returned to the pool")
                # A Session that cannot even be closed must not spoil the next cell.
                with suppress(Exception):
                    close_all_sessions()
                gc.collect()
            for engine in self._extra:
                engine.dispose()
            self._extra.clear()
            self._rest()
            if self._recorder.checked_out or self._recorder.detached:
                # No pool closes what has left it; what was only forgotten may stay open for long.
                self.new_start()
            elif not self._answers_right():
                left.append("a pooled connection that no longer answers right")
                self.new_start()
            if self._any_prepared():
                left.append("a prepared transaction")
                # Nobody else can end what a connection still holds.
                self.new_start()
                self._end_prepared()
            self._empty(written)
        return left

    def new_start(self, *, thorough: bool = False) -> None:
        """Throw every connection of the engine away, the one that looks too if `thorough`."""
        self._recorder.forget_checked_out()
        # What only garbage holds, such as a closed connection's open cursor, may hold a lock.
        gc.collect()
        self._stage.clear()
        engine, self._engine = self._engine, None
        if engine is not None:
            with suppress(Exception):
                engine.dispose()
        if thorough:
            self.free()
        else:
            self._free_quickly()
        if engine is not None:
            with suppress(Exception):
                warm(engine)
                self._engine = engine
        if self._backend.storage == "memory":
            self._observer_engine = self.engine
            self._create_shared()

    def free(self) -> None:
        """End every connection to this database but the one that asks, at the server.

        Made for being called from another thread too, so it asks through a connection of its own.
        """
        if "kill" not in self._backend.family.sql:
            return
        engine = observer(self._backend, self._storage.url)
        try:
            self._end_all(engine)
        finally:
            engine.dispose()
        self._observer_engine.dispose()

    def _free_quickly(self) -> None:
        """As `free`, through the connection that looks, which mostly finds nothing to end."""
        if "kill" not in self._backend.family.sql:
            return
        try:
            self._end_all(self._observer_engine)
        except DBAPIError:
            self.free()

    def _end_all(self, engine: Engine) -> None:
        sql = self._backend.family.sql
        with engine.connect() as connection:
            for number in connection.scalars(text(sql["connections"])).all():
                with suppress(DBAPIError):
                    connection.execute(text(sql["kill"].format(id=int(number))))

    def close(self) -> list[str]:
        """Give everything back and drop the database.

        Returns:
            what was still there after that, one phrase each.

        """
        self._stage.close()
        self.bridge.call(self._dispose)
        left = self._connections_left()
        if self._storage.borrowed:
            engine = observer(self._backend, self._storage.url, poolclass=NullPool)
            drop(engine, self._shared, sequence_keys=self._backend.family.sequence_keys)
            engine.dispose()
        self._storage.drop()
        return left

    def _connections_left(self) -> list[str]:
        """Ask the server for connections to this database that nobody should hold any more."""
        sql = self._backend.family.sql
        # In a database that is not ours alone others may be connected, such as the run's own lock.
        if "connections" not in sql or self._storage.borrowed:
            return []
        engine = observer(self._backend, self._storage.url)
        found: Sequence[Any] = ()
        try:
            with engine.connect() as connection:
                # A server takes a moment to see that a client has gone; each look is a round trip.
                for _ in looks():
                    found = connection.execute(text(sql["connections"])).all()
                    if not found:
                        return []
                    connection.rollback()
        finally:
            engine.dispose()
        return [f"{len(found)} connection(s) to {self._backend.id}"]

    def _dispose(self) -> None:
        for engine in (*self._extra, self._engine, self._observer_engine):
            if engine is not None:
                with suppress(Exception):
                    engine.dispose()

    @cached_property
    def _check(self) -> str:
        """A SELECT of a number, which is to be filled in.

        Compiled once, as each number would be anew. Not with a parameter: not every driver can tell
        the type of a lone one.
        """
        number: ColumnElement[Any] = literal_column("{}")
        return str(select(number).compile(dialect=self.engine.dialect))

    def _answers_right(self) -> bool:
        """Ask each idle connection for a number that nobody else asked for."""
        if self._engine is None:
            return True
        pool = self._engine.pool
        idle = pool.checkedin() if isinstance(pool, QueuePool) else 1
        held: list[Connection] = []
        try:
            for _ in range(idle):
                connection = self._engine.connect()
                held.append(connection)
                self._checks += 1
                asked = self._check.format(self._checks)
                if connection.exec_driver_sql(asked).scalar() != self._checks:
                    return False
        except SQLAlchemyError:
            return False
        finally:
            for connection in held:
                with suppress(Exception):
                    connection.close()
        return True

    def _empty(self, written: set[str]) -> None:
        tables = [
            table
            for table in reversed(Base.metadata.sorted_tables)
            if table.name.lower() in written
        ]
        if not tables and not self._extra_tables:
            return
        try:
            with self._observer.begin() as connection:
                self._drop_extra(connection)
                for table in tables:
                    connection.execute(table.delete())
        except DBAPIError:
            # A lock outlived its Session; only a connection to this database can hold it, and be it
            # the one that looks: some databases keep a table that it has a statement for.
            self.new_start(thorough=True)
            with self._observer.begin() as connection:
                self._drop_extra(connection)
                for table in reversed(Base.metadata.sorted_tables):
                    connection.execute(table.delete())
        self._extra_tables.clear()

    def _drop_extra(self, connection: Connection) -> None:
        while self._extra_sql:
            connection.execute(text(self._extra_sql[0]))
            del self._extra_sql[0]
        for extra in reversed(self._extra_tables):
            drop(connection, extra, sequence_keys=self._backend.family.sequence_keys)


__all__ = ["AnsweredError", "Database", "UnsupportedError", "Watch"]
