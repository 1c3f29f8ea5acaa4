"""Faults in how the end of a connection, or its absence, is told."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from .fault import ASYNCPG, POSTGRESQL, SERVERS, fault
from .layer import Connection, Cursor, Dialect

DEAD = "the connection is closed"


@fault(
    "dead-unseen",
    "A dead connection is never recognised.",
    over=SERVERS,
    caught_by=("disconnects.idle-kill-detected", "disconnects.pool-replaced-once"),
)
class DeadUnseen(Dialect):
    def is_disconnect(self, _error: Any, _connection: Any, _cursor: Any) -> bool:
        return False


@fault(
    "ping-always-answered",
    "The ping says that a dead connection lives.",
    over=SERVERS,
    caught_by=("disconnects.pre-ping",),
    also={ASYNCPG: ("async-session.pre-ping",)},
)
class PingAlwaysAnswered(Dialect):
    def do_ping(self, _dbapi_connection: Any) -> bool:
        return True


@fault(
    "reconnects-silently",
    "A dead connection is replaced by a new one, and its statement sent again.",
    over=(POSTGRESQL,),
    caught_by=(
        "disconnects.mid-transaction",
        "disconnects.during-flush",
        "disconnects.idle-kill-detected",
    ),
)
class ReconnectsSilently(Connection):
    @classmethod
    def connect(cls, driver: Any, *arguments: Any, **options: Any) -> Connection:
        connection = super().connect(driver, *arguments, **options)
        connection.again = lambda: driver.connect(*arguments, **options)
        return connection

    def cursor(self, *arguments: Any, **options: Any) -> Cursor:
        return _Reconnecting(self.real.cursor(*arguments, **options), self)

    def commit(self) -> None:
        with suppress(Exception):
            self.real.commit()


class _Reconnecting(Cursor):
    def execute(self, operation: Any, *arguments: Any, **options: Any) -> Any:
        try:
            return super().execute(operation, *arguments, **options)
        except Exception:
            if not self.connection.real.closed:
                raise
            self.connection.real = self.connection.again()
            self.real = self.connection.real.cursor()
            return super().execute(operation, *arguments, **options)


class _Bare(Cursor):
    def execute(self, operation: Any, *arguments: Any, **options: Any) -> Any:
        try:
            return super().execute(operation, *arguments, **options)
        except Exception:
            self.connection.bare()
            raise


@fault(
    "disconnect-bare",
    "The error of a dead connection is none of the driver's classes.",
    over=(POSTGRESQL,),
    caught_by=("disconnects.idle-kill-detected", "disconnects.during-commit"),
)
class DisconnectBare(Connection):
    cursor_class = _Bare

    def bare(self) -> None:
        if self.real.closed:
            raise ConnectionResetError(DEAD) from None

    def commit(self) -> None:
        try:
            self.real.commit()
        except Exception:
            self.bare()
            raise

    def rollback(self) -> None:
        try:
            self.real.rollback()
        except Exception:
            self.bare()
            raise


@fault(
    "rollback-error-swallowed",
    "rollback() on a dead connection keeps the error to itself.",
    over=(POSTGRESQL,),
    caught_by=("pooling.failing-reset-discards", "rollback.error-in-rollback"),
)
class RollbackErrorSwallowed(Connection):
    def rollback(self) -> None:
        with suppress(Exception):
            self.real.rollback()


@fault(
    "disconnect-by-words",
    "An error is taken for a disconnect by the words of its message.",
    over=(POSTGRESQL,),
    caught_by=("disconnects.misleading-text/psycopg",),
)
class DisconnectByWords(Dialect):
    def is_disconnect(self, error: Any, _connection: Any, _cursor: Any) -> bool:
        words = ("closed", "terminat", "gone away", "lost connection", "reset by peer")
        return any(found in str(error).lower() for found in words)


@fault(
    "timeout-ends-connection",
    "A statement that the server ends for its time is taken for a disconnect.",
    over=(POSTGRESQL,),
    caught_by=(
        "disconnects.statement-timeout-is-not",
        "pessimistic-locking.lock-timeout-not-disconnect/no-wait",
    ),
)
class TimeoutEndsConnection(Dialect):
    def is_disconnect(self, error: Any, connection: Any, cursor: Any) -> bool:
        told: bool = super().is_disconnect(error, connection, cursor)  # type: ignore[misc]
        return told or getattr(error, "sqlstate", None) in ("55P03", "57014")


@fault(
    "connect-error-bare",
    "The error of a connection that cannot be made is none of the driver's classes.",
    over=(POSTGRESQL,),
    caught_by=("disconnects.server-unreachable", "disconnects.pre-ping-server-down"),
)
class ConnectErrorBare(Connection):
    @classmethod
    def connect(cls, driver: Any, *arguments: Any, **options: Any) -> Connection:
        try:
            return super().connect(driver, *arguments, **options)
        except Exception as error:
            raise ConnectionRefusedError(str(error)) from None


@fault(
    "connect-failure-stays",
    "After a connection that could not be made the next one fails as well.",
    over=(POSTGRESQL,),
    caught_by=("disconnects.repeated-connect-failures", "disconnects.server-unreachable"),
)
class ConnectFailureStays(Connection):
    @classmethod
    def connect(cls, driver: Any, *arguments: Any, **options: Any) -> Connection:
        if _FAILED:
            raise _FAILED.pop()
        try:
            return super().connect(driver, *arguments, **options)
        except Exception as error:
            _FAILED[:] = [error]
            raise


_FAILED: list[Exception] = []
