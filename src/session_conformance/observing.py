"""The eyes of a `Database`: a connection that the driver under test has no part in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from .unsupported import UnsupportedError

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

    from .backend import Backend
    from .trace import Recorder


class Observing:
    """What the parts of a `Database` have in common."""

    _backend: Backend
    _recorder: Recorder
    _observer_engine: Engine
    # Whether the cell that runs has changed a setting of a connection under test.
    _altered: bool = False

    @property
    def _observer(self) -> Engine:
        """The engine that looks and prepares."""
        if self._backend.storage == "memory" and self._recorder.checked_out:
            raise UnsupportedError("second_connection")
        return self._observer_engine

    def _sql(self, key: str, capability: str) -> str:
        """Return the database's statement of this name; who has none lacks the capability."""
        sql = self._backend.family.sql
        if key not in sql:
            raise UnsupportedError(capability)
        return sql[key]

    def _ask(self, key: str, capability: str) -> Any:
        """Return the first column of what the statement of this name gives."""
        statement = text(self._sql(key, capability))
        with self._recorder.paused(), self._observer_engine.connect() as connection:
            return connection.scalars(statement).all()
