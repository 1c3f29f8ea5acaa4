"""Transactions that are prepared: they outlast their connection and keep its locks."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from .unsupported import UnsupportedError

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

    from .backend import Backend
    from .trace import Recorder

# Seconds until the server must have let go of a transaction whose connection was ended.
LONGEST_WAIT = 2.5


class Preparing:
    """The part of a `Database` that knows of prepared transactions."""

    _backend: Backend
    _recorder: Recorder
    _observer_engine: Engine

    @property
    def prepared(self) -> list[str]:
        """The names of this cell's transactions that the server keeps prepared."""
        sql = self._backend.family.sql
        if "prepared" not in sql:
            raise UnsupportedError("two_phase")
        with self._recorder.paused(), self._observer_engine.connect() as connection:
            # The name stands last, as text or as bytes.
            listed = [row[-1] for row in connection.execute(text(sql["prepared"]))]
        names = {name.decode() if isinstance(name, bytes) else name for name in listed}
        # Some servers list those of all their databases.
        return sorted(names & self._recorder.two_phase)

    def _any_prepared(self) -> bool:
        if not self._recorder.two_phase:
            return False
        # A user who may not ask cannot be told.
        with suppress(DBAPIError, UnsupportedError):
            return bool(self.prepared)
        return False

    def _end_prepared(self) -> None:
        """Roll back what the cell left prepared, once its connections are ended."""
        until = time.monotonic() + LONGEST_WAIT
        statement = self._backend.family.sql["rollback_prepared"]
        # Refused while the server still sees the connection; each look is a round trip, no pause.
        while (names := self.prepared) and time.monotonic() < until:
            with self._observer_engine.connect() as connection, suppress(DBAPIError):
                connection.execute(text(statement.format(name=names[0])))


__all__ = ["Preparing"]
