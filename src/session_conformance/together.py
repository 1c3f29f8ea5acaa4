"""Several Sessions of one cell at once: what `Database` lends to questions about concurrency."""

from __future__ import annotations

from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from .condition import Condition
from .engines import engine_under_test, send_on_connect
from .observing import Observing
from .player import Equipment
from .scene import Actor, Scene
from .stage import Stage
from .unsupported import UnsupportedError
from .waits import ByServer, BySleep, Nobody

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.engine import Connection, Engine

    from .storage import Storage
    from .waits import Waits

# Statements that leave nothing behind in a connection whose transaction is over.
_HARMLESS = {"SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "REPLACE", "WITH"}


class Together(Observing):
    """The part of a `Database` in which several Sessions work at once."""

    _storage: Storage
    free: Callable[[], None]

    @contextmanager
    def together(
        self,
        *names: str,
        condition: Condition | None = None,
        unscheduled: bool = False,
        **options: Any,
    ) -> Iterator[list[Actor]]:
        """Lend Sessions that work at once, each in a thread of its own, told step by step.

        Args:
            names: of the actors, such as `"T1", "T2"`; they name the lanes of the trace.
            condition: the isolation level and the configuration; the default ones if unsaid.
            unscheduled: nobody looks who waits, so that every database can do it; they are told by
                `starts` and `ends` alone.
            options: as for `Session`.

        """
        condition = condition or Condition()
        waits = self._waits(unscheduled=unscheduled)
        self._set_up(condition)
        scene = Scene(
            names, self._stage, condition, waits, self._recorder, free=self.free, options=options
        )
        try:
            with scene:
                yield scene.actors
        finally:
            self._take_down(condition)

    def _waits(self, *, unscheduled: bool) -> Waits:
        family = self._backend.family
        if self._backend.storage == "memory":
            raise UnsupportedError("second_connection")
        if family.never_waits or unscheduled:
            return Nobody()
        if "waits" in family.sql:
            return ByServer(family, self._observer_engine)
        if family.hooks.asleep is not None:
            return BySleep(family.hooks.asleep)
        raise UnsupportedError("lock_view")

    @cached_property
    def _stage(self) -> Stage:
        return Stage(
            Equipment(
                is_async=self._backend.is_async,
                make_engine=self._engine_for,
                number_of=self._number_of,
                # Who changes a file's mode has to be alone with it.
                keeps_connections=self._backend.storage == "server",
            )
        )

    def _rest(self) -> None:
        """Keep no connection open that the cell may have altered for those that come after it."""
        # Most cells have no scene, and their statements need not be looked at.
        if self._stage.engines and (self._altered or self._recorder.kinds - _HARMLESS):
            self._stage.clear()

    def _engine_for(self, condition: Condition) -> Engine:
        options = {"pool_size": 1, "max_overflow": 0} | condition.engine_options
        engine = engine_under_test(self._backend, self._storage.url, **options)
        statements = []
        if "wait_long" in self._backend.family.sql:
            # Who waits is to wait until the next step, however long a busy machine takes over it.
            statements.append(self._backend.family.sql["wait_long"])
        if condition.configuration is not None:
            statements += condition.configuration.on_connect
        send_on_connect(engine, statements)
        self._recorder.listen(engine)
        return engine

    def _number_of(self, connection: Connection) -> Any:
        sql = self._backend.family.sql
        return connection.scalar(text(sql["connection_id"])) if "connection_id" in sql else None

    def _set_up(self, condition: Condition) -> None:
        if condition.configuration is not None:
            self._send(condition.configuration.before)

    def _take_down(self, condition: Condition) -> None:
        if condition.configuration is not None and condition.configuration.after:
            self._send(condition.configuration.after)
            # The connection that takes SQLite's file out of WAL mode goes on reading the pages that
            # it had before it put it in: writes in that mode do not raise the counter it looks at.
            self._observer_engine.dispose()

    def _send(self, statements: tuple[str, ...]) -> None:
        if statements:
            with self._recorder.paused(), self._observer_engine.connect() as connection:
                for statement in statements:
                    connection.execute(text(statement))
