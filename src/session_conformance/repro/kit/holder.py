"""The database as a case sees it in a script: made for it alone, and gone after it."""

from __future__ import annotations

import gc
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import QueuePool

from ... import database
from ...stage import Troupe
from ...trace import Recorder
from .place import observer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Table

    from ...bridge import Bridge


class Stage(Troupe):
    """The threads in which several Sessions act; a script keeps those of its one case."""


class Database(database.Database):
    """The database of the script, as the case sees it."""

    _backend: Any
    _storage: Any

    def __init__(
        self, backend: Any, storage: Any, bridge: Bridge, shared: Sequence[Table] = ()
    ) -> None:
        self._backend = backend
        self._storage = storage
        self.bridge = bridge
        self._recorder = Recorder()
        self._extra = []
        self._extra_tables = []
        self._extra_sql = []
        self._engine = None
        self._checks = 0
        self._shared = list(shared)
        self.answers = []
        self.facts = {}
        if backend.storage == "memory":
            self._observer_engine = self.engine
        else:
            # In autocommit, so that each look sees what is committed by then.
            self._observer_engine = observer(
                backend, storage.url, poolclass=QueuePool, pool_size=1, max_overflow=2
            )
        if self._backend.shared:
            with self._recorder.paused():
                self._create_shared()
        if backend.is_async:
            # The first connection needs the bridge, and a case about asyncio runs outside it.
            _ = self.engine

    @property
    def looks_on_by_asyncio(self) -> bool:
        """Whether nobody can look on but through the event loop."""
        return self._observer_engine.dialect.is_async

    def finish(self) -> list[str]:
        """Return what the case left behind, one phrase each."""
        left = []
        with self._recorder.paused():
            out = self._recorder.checked_out
            if out:
                left.append(f"{out} connection(s) not returned to the pool")
                # Those that only garbage holds come back now.
                gc.collect()
            for engine in self._extra:
                engine.dispose()
            gone = self._recorder.checked_out or self._recorder.detached
            if not gone and not self._answers_right():
                left.append("a pooled connection that no longer answers right")
            if self._backend.two_phase and self._any_prepared():
                left.append("a prepared transaction")
        return left

    def close(self) -> list[str]:
        """Give everything back."""
        self._recorder.pause()
        if self._backend.scenes:
            self._stage.close()
        for engine in (*self._extra, self._engine):
            if engine is not None:
                with suppress(Exception):
                    engine.dispose()
        if self._backend.two_phase:
            # Nobody else can end what is prepared, and no database goes before it has.
            with suppress(SQLAlchemyError, KeyError):
                if self._any_prepared():
                    self._storage.end_connections()
                    self._end_prepared()
        if self._backend.extra_sql:
            with suppress(SQLAlchemyError), self._observer_engine.begin() as connection:
                self._drop_extra(connection)
        self._observer_engine.dispose()
        return []

    def free(self) -> None:
        """End every connection to this database."""
        self._storage.end_connections()
        self._observer_engine.dispose()


__all__ = ["Database", "Stage"]
