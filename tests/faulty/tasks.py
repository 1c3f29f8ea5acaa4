"""Faults of asynchronous drivers: in cancellation, in waiting, in what is not awaited."""

from __future__ import annotations

import asyncio
from typing import Any

from .fault import AIOMYSQL, ASYNCPG, fault
from .layer import Connection, Cursor


@fault(
    "cancellation-swallowed",
    "A statement that is cancelled is sent again, and its task goes on.",
    over=(ASYNCPG,),
    caught_by=("async-session.cancel-query", "async-session.timeout-block"),
)
class CancellationSwallowed(Cursor):
    def execute(self, operation: Any, *arguments: Any, **options: Any) -> Any:
        try:
            return super().execute(operation, *arguments, **options)
        except asyncio.CancelledError:
            return super().execute(operation, *arguments, **options)


@fault(
    "cancellation-as-error",
    "A statement that is cancelled raises an error of the driver.",
    over=(ASYNCPG,),
    caught_by=("async-session.cancel-query", "async-session.cancel-storm"),
)
class CancellationAsError(Cursor):
    def execute(self, operation: Any, *arguments: Any, **options: Any) -> Any:
        try:
            return super().execute(operation, *arguments, **options)
        except asyncio.CancelledError as error:
            raise self.connection.dbapi.OperationalError("cancelled", error) from None


@fault(
    "commit-cancellation-swallowed",
    "commit() and rollback() that are cancelled return, whatever became of them.",
    over=(ASYNCPG,),
    caught_by=("async-session.cancel-commit",),
)
class CommitCancellationSwallowed(Connection):
    def commit(self) -> None:
        try:
            self.real.commit()
        except asyncio.CancelledError:
            self.real.rollback()

    def rollback(self) -> None:
        try:
            self.real.rollback()
        except asyncio.CancelledError:
            return


@fault(
    "loop-blocked",
    "A statement is waited for in the thread of the event loop.",
    over=(AIOMYSQL,),
    caught_by=("async-session.event-loop-not-blocked",),
)
class LoopBlocked(Connection):
    @classmethod
    def connect(cls, driver: Any, *arguments: Any, **options: Any) -> Connection:
        # The synchronous driver below, behind a dialect that calls itself asynchronous.
        return cls(driver.pymysql.connect(*arguments, **options))

    def cursor(self, *_arguments: Any, **_options: Any) -> Cursor:
        return super().cursor()

    def terminate(self) -> None:
        self.real.close()


@fault(
    "terminate-forbids-next",
    "After a connection that was terminated the next one is refused.",
    over=(ASYNCPG,),
    caught_by=("async-session.unclosed-session-warns",),
)
class TerminateForbidsNext(Connection):
    @classmethod
    def connect(cls, driver: Any, *arguments: Any, **options: Any) -> Connection:
        if _TERMINATED:
            _TERMINATED.clear()
            raise driver.OperationalError("too many connections", None)
        return super().connect(driver, *arguments, **options)

    def terminate(self) -> None:
        self.real.terminate()
        _TERMINATED.append(True)


_TERMINATED: list[bool] = []
