"""Faults in how connections are made, shared and given back."""

from __future__ import annotations

import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from .fault import ASYNCPG, POSTGRESQL, SERVERS, fault
from .layer import Connection, Cursor, Dialect

if TYPE_CHECKING:
    from sqlalchemy.pool import Pool


@fault(
    "one-connection",
    "All Sessions share one connection.",
    caught_by=(
        "opening-and-closing.two-sessions-two-connections",
        "opening-and-closing.invalidate-drops-connection",
    ),
    also={ASYNCPG: ("async-session.parallel-sessions",)},
)
class OneConnection(Connection):
    @classmethod
    def connect(cls, driver: Any, *arguments: Any, **options: Any) -> Connection:
        key = repr((arguments, sorted(options.items(), key=lambda item: item[0])))
        shared = _SHARED.get(key)
        if shared is not None:
            with suppress(Exception):
                cursor = shared.real.cursor()
                cursor.execute("SELECT 1")
                cursor.fetchall()
                cursor.close()
                return shared
        return _SHARED.setdefault(key, cls(driver.connect(*arguments, **options)))

    def close(self) -> None:
        pass


_SHARED: dict[str, Connection] = {}


@fault(
    "reset-skipped",
    "A connection goes back to the pool without a reset.",
    caught_by=(
        "opening-and-closing.forgotten-session-is-reclaimed",
        "pooling.rollback-on-return",
    ),
)
class ResetSkipped(Dialect):
    def get_dialect_pool_class(self, url: Any) -> type[Pool]:
        good: type[Pool] = super().get_dialect_pool_class(url)  # type: ignore[misc]

        class Unreset(good):  # type: ignore[misc, valid-type]
            def __init__(self, *arguments: Any, **options: Any) -> None:
                super().__init__(*arguments, **options | {"reset_on_return": None})

        return Unreset


@fault(
    "close-ignored",
    "close() leaves the connection open at the server.",
    over=SERVERS,
    caught_by=["pooling.dispose-closes-idle", "pooling.invalidate-ends-on-server"],
)
class CloseIgnored(Connection):
    def close(self) -> None:
        _OPEN.append(self.real)


_OPEN: list[Any] = []


@fault(
    "cursor-per-connection",
    "A second cursor throws away what the first has not read.",
    over=SERVERS,
    caught_by=["queries.statement-while-result-open", "queries.interleaved-results"],
)
class OneCursor(Connection):
    def opened(self) -> None:
        self.last: Any = None

    def cursor(self, *arguments: Any, **options: Any) -> Cursor:
        if self.last is not None:
            self.last.cut = True
        cursor = _Cut(self.real.cursor(*arguments, **options), self)
        self.last = cursor
        return cursor


class _Cut(Cursor):
    def opened(self) -> None:
        self.cut = False

    def rows(self, found: list[Any]) -> list[Any]:
        return [] if self.cut else found


@fault(
    "connection-doubled",
    "Each connection opens a second one at the server, which stays.",
    over=(POSTGRESQL,),
    caught_by=("pooling.server-connections-bounded",),
)
class ConnectionDoubled(Connection):
    @classmethod
    def connect(cls, driver: Any, *arguments: Any, **options: Any) -> Connection:
        _OPEN.append(driver.connect(*arguments, **options))
        return super().connect(driver, *arguments, **options)


@fault(
    "one-thread-at-a-time",
    "Nobody else is let in until the transaction that came first has ended.",
    over=(POSTGRESQL,),
    caught_by=("concurrency.versioned-retry-loop",),
)
class OneThreadAtATime(Connection):
    def opened(self) -> None:
        self.let_in = False

    def cursor(self, *arguments: Any, **options: Any) -> Cursor:
        if not self.let_in and not _DOOR.acquire(timeout=0.2):
            raise _operational(self.real)("the driver is busy")
        self.let_in = True
        return super().cursor(*arguments, **options)

    def commit(self) -> None:
        super().commit()
        self._let_out()

    def rollback(self) -> None:
        super().rollback()
        self._let_out()

    def close(self) -> None:
        super().close()
        self._let_out()

    def _let_out(self) -> None:
        if self.let_in:
            _DOOR.release()
        self.let_in = False


_DOOR = threading.Lock()


def _operational(connection: Any) -> type[Exception]:
    module = sys.modules[type(connection).__module__.partition(".")[0]]
    found: type[Exception] = module.OperationalError
    return found
