"""Locks of rows: held by somebody else, looked for, and waited for."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError

from .engines import error_code
from .looks import LONGEST_LOCK_WAIT, LOOK_AGAIN, looks
from .observing import Observing
from .waits import waiting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.engine import Connection
    from sqlalchemy.orm import Session

    from .proxy import Proxy


class Locking(Observing):
    """The part of a `Database` that knows of locks."""

    def locked(self, mapped: type[Any], key: Any) -> bool:
        """Tell whether an open transaction locks a row, by asking for it without waiting."""
        family = self._backend.family
        table = inspect(mapped).local_table.name
        columns = inspect(mapped).local_table.columns
        # Where a lock is asked for by a write: a column that no constraint looks at.
        plain = [found for found in columns if not (found.primary_key or found.unique)]
        names = {
            "table": table,
            "key": inspect(mapped).primary_key[0].name,
            "value": int(key),
            "column": next((found.name for found in plain if not found.foreign_keys), None),
        }
        with self._recorder.paused(), self._observer.connect() as connection:
            try:
                asked = connection.execute(text(family.sql["lock_row"].format(**names)))
                if asked.returns_rows:
                    # Some databases lock a row when it is fetched.
                    asked.all()
            except DBAPIError as error:
                if error_code(error) in family.locked_codes:
                    return True
                raise
            if "unlock_row" in family.sql:
                connection.execute(text(family.sql["unlock_row"]))
        return False

    def in_transaction(self, session: Session) -> bool:
        """Tell whether, by the database's own account, `session`'s connection is in a transaction.

        The database is asked through another connection where it tells of others.
        """
        hook = self._backend.family.hooks.in_transaction
        if hook is not None:
            return hook(session.connection().connection.driver_connection)
        statement = self._sql("in_transaction", "connection_list")
        with self._recorder.paused():
            if "{id}" not in statement:
                return bool(session.connection().scalar(text(statement)))
            number = session.connection().scalar(text(self._backend.family.sql["connection_id"]))
            with self._observer.connect() as connection:
                return bool(connection.scalar(text(statement.format(id=int(number or 0)))))

    @contextmanager
    def holding(self, mapped: type[Any], key: Any) -> Iterator[None]:
        """Let somebody else's open transaction lock a row: whoever writes it has to wait."""
        sql = self._backend.family.sql
        table = inspect(mapped).local_table.name
        column = inspect(mapped).primary_key[0].name
        with self._observer.connect() as connection:
            if "unlock_row" not in sql:
                connection.execute(text("BEGIN"))
            lock = sql["lock_row"].format(table=table, key=column, value=int(key))
            connection.execute(text(lock))
            self._recorder.add("note", f"somebody else locks {table} {key}")
            try:
                yield
            finally:
                connection.execute(text("ROLLBACK"))
                self._recorder.add("note", f"somebody else frees {table} {key}")

    async def until_waiting(self) -> None:
        """Let the event loop run until the server sees a connection wait for a lock.

        Raises:
            TimeoutError: none came to wait.

        """
        self._sql("waits", "row_locks")
        with self._observer.connect() as connection:
            for _ in looks(LONGEST_LOCK_WAIT):
                if self._somebody_waits(connection):
                    return
                await asyncio.sleep(LOOK_AGAIN)
        raise TimeoutError("No connection came to wait for a lock.")

    def _somebody_waits(self, connection: Connection) -> bool:
        """Tell whether a connection to this database waits; others' may use the same server."""
        ours = connection.scalars(text(self._backend.family.sql["connections"])).all()
        return not waiting(connection, self._backend.family).keys().isdisjoint(ours)

    @contextmanager
    def killed_while_waiting(self, number: Any) -> Iterator[None]:
        """End the connection of this number as soon as a statement waits for somebody's lock."""

        def kill() -> None:
            sql = self._backend.family.sql["kill"].format(id=int(number))
            with self._observer_engine.connect() as connection:
                connection.execute(text(sql))
            self._recorder.add("note", "the server ends the connection that waits")

        with self._while_waiting(kill):
            yield

    @contextmanager
    def cancelled_while_waiting(self, number: Any) -> Iterator[None]:
        """Have the server cancel the statement of this connection as soon as it waits for a lock.

        Args:
            number: the connection's at the server; it lives on.

        """
        sql = self._sql("cancel", "kill_connection").format(id=int(number))

        def cancel() -> None:
            with self._observer_engine.connect() as connection:
                connection.execute(text(sql))
            self._recorder.add("note", "the server cancels the statement that waits")

        with self._while_waiting(cancel):
            yield

    @contextmanager
    def cut_while_waiting(self, proxy: Proxy) -> Iterator[None]:
        """Reset the connections through `proxy` as soon as a statement waits for a lock."""

        def cut() -> None:
            proxy.cut()
            self._recorder.add("note", "the network resets the connection that waits")

        with self._while_waiting(cut):
            yield

    @contextmanager
    def _while_waiting(self, act: Callable[[], None]) -> Iterator[None]:
        self._sql("waits", "row_locks")
        failed: list[BaseException] = []

        def wait_and_act() -> None:
            try:
                self._until_waiting()
                act()
            except BaseException as error:
                failed.append(error)

        # Its own thread and driver: it works while an event loop is blocked or busy.
        thread = threading.Thread(target=wait_and_act)
        thread.start()
        try:
            yield
        finally:
            thread.join()
        if failed:
            raise failed[0]

    def _until_waiting(self) -> None:
        nobody = threading.Event()
        with self._observer.connect() as connection:
            for _ in looks(LONGEST_LOCK_WAIT):
                if self._somebody_waits(connection):
                    return
                nobody.wait(LOOK_AGAIN)
        raise TimeoutError("No connection came to wait for a lock.")


__all__ = ["Locking"]
