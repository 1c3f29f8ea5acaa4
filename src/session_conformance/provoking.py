"""What a database does by its own SQL only: refuse, warn, fill a row in, and number its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from .engines import engine_under_test
from .observing import Observing
from .unsupported import UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import TextClause
    from sqlalchemy.engine import Engine
    from sqlalchemy.orm import Session

    from .storage import Storage


class Provoking(Observing):
    """The part of a `Database` that has it do what each database says in words of its own."""

    _storage: Storage
    _extra: list[Engine]
    _trigger: Callable[..., None]

    def plain_engine(self) -> Engine:
        """Return an engine of the URL alone: nothing is set or sent on its connections."""
        if self._backend.storage == "memory":
            raise UnsupportedError("second_connection")
        engine = engine_under_test(self._backend, self._storage.url, plain=True)
        self._recorder.listen(engine)
        self._extra.append(engine)
        return engine

    def forbidden_statement(self) -> TextClause:
        """Return a statement that no user may run, of the highest rank or not."""
        return text(self._sql("forbidden", "forbidden_statement"))

    def warned_statement(self) -> TextClause:
        """Return a statement that the server carries out and has a warning about."""
        return text(self._sql("warned", "server_warnings"))

    def make_read_only(self, session: Session) -> None:
        """Have `session`'s connection write nothing any more, from its next transaction on.

        Give it an engine of its own: the connection stays as it is.
        """
        session.execute(text(self._sql("read_only", "read_only_transactions")))
        session.commit()

    def fill_inserts(self, mapped: type[Any], column: str, value: str) -> None:
        """Have a trigger of `mapped` put `value` into `column` of each new row."""
        self._trigger("fill_trigger", mapped, column=column, value=value)

    def refuse_inserts(self, mapped: type[Any], message: str) -> None:
        """Have a trigger of `mapped` raise an error with `message` for each new row."""
        self._trigger("refuse_trigger", mapped, message=message)

    @property
    def row_version(self) -> str:
        """The name of the system column that tells one version of a row from the next."""
        return self._sql("row_version", "row_version")
