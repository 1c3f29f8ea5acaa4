"""A server that one cell has for itself, so that it may be restarted."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import SQLAlchemyError

from .engines import engine_under_test, observer, warm
from .models import Base
from .observing import Observing
from .storing import Storing
from .tables import create
from .unsupported import UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Engine

    from .backend import Backend
    from .borrowing import Borrower, Loan
    from .storage import Storage
    from .trace import Recorder


class OwnServer(Storing):
    """A server of the same database, used by nobody else, with the shared tables in it."""

    def __init__(self, backend: Backend, storage: Storage, recorder: Recorder, loan: Loan) -> None:
        self._backend = backend
        self._storage = storage
        self._recorder = recorder
        self._loan = loan
        self._engines: list[Engine] = []
        # Its connections outlast no restart, so it keeps none.
        self._observer_engine = observer(backend, storage.url)

    def new_engine(self, **options: Any) -> Engine:
        """Return an engine on this server; it is disposed of with it.

        Args:
            options: as for `sqlalchemy.create_engine`, such as `pool_size=1, max_overflow=0`.

        """
        engine = engine_under_test(self._backend, self._storage.url, **options)
        self._engines.append(engine)
        warm(engine)
        self._recorder.listen(engine)
        return engine

    def restart(self) -> None:
        """Have the server end in good order and start again; return when it answers."""
        self._loan.restart()
        self._recorder.add("note", "the server is restarted")

    def prepare(self) -> None:
        """Make its database and the tables."""
        self._storage.create()
        sequences = self._backend.family.sequence_keys
        create(self._observer_engine, Base.metadata.sorted_tables, sequence_keys=sequences)

    def clear(self) -> None:
        """Remove its database. One that cannot be removed goes with the server."""
        for engine in (*self._engines, self._observer_engine):
            with suppress(Exception):
                engine.dispose()
        with suppress(SQLAlchemyError):
            self._storage.drop()


class Owning(Observing):
    """The part of a `Database` that has a server of its own."""

    _storage: Storage
    _borrower: Borrower | None

    @contextmanager
    def own_server(self) -> Iterator[OwnServer]:
        """Lend a server that nobody else uses meanwhile: `with db.own_server() as server: ...`.

        It is started when the first cell of a run asks for one, which takes seconds.
        """
        if self._borrower is None or not self._backend.can("own_server"):
            raise UnsupportedError("own_server")
        with self._borrower.borrowed(self._backend.id) as loan:
            storage = self._storage.on(loan.url)
            server = OwnServer(self._backend, storage, self._recorder, loan)
            try:
                with self._recorder.paused():
                    server.prepare()
                yield server
            finally:
                with self._recorder.paused():
                    server.clear()


__all__ = ["OwnServer", "Owning"]
