"""Transactions that are prepared: they outlast their connection and keep its locks."""

from __future__ import annotations

from contextlib import suppress

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from .looks import looks
from .observing import Observing
from .unsupported import UnsupportedError


class Preparing(Observing):
    """The part of a `Database` that knows of prepared transactions."""

    @property
    def prepared(self) -> list[str]:
        """The names of this cell's transactions that the server keeps prepared."""
        statement = text(self._sql("prepared", "two_phase"))
        with self._recorder.paused(), self._observer_engine.connect() as connection:
            # The name stands last, as text or as bytes.
            listed = [row[-1] for row in connection.execute(statement)]
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
        statement = self._backend.family.sql["rollback_prepared"]
        # Refused while the server still sees the connection; each look is a round trip, no pause.
        for _ in looks():
            names = self.prepared
            if not names:
                return
            with self._observer_engine.connect() as connection, suppress(DBAPIError):
                connection.execute(text(statement.format(name=names[0])))


__all__ = ["Preparing"]
