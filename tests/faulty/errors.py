"""Faults in how errors are told."""

from __future__ import annotations

import sys
from typing import Any

from .fault import AIOSQLITE, POSTGRESQL, fault
from .fault import SQLITE_AND_POSTGRESQL as BOTH
from .layer import Cursor, Dialect


def _integrity(error: Exception) -> bool:
    return any(found.__name__ == "IntegrityError" for found in type(error).__mro__)


def _sibling(error: Exception, name: str) -> type[Exception]:
    """Return another class of the same driver's exceptions."""
    for found in type(error).__mro__:
        if found.__name__ == "IntegrityError":
            sibling: type[Exception] = getattr(sys.modules[found.__module__], name)
            return sibling
    raise TypeError(type(error))


@fault(
    "integrity-as-operational",
    "IntegrityError arrives as OperationalError.",
    caught_by=(
        "commit.failure-blocks-session",
        "rollback.failed-flush-already-undone",
    ),
)
class IntegrityAsOperational(Cursor):
    def execute(self, operation: Any, *arguments: Any, **options: Any) -> Any:
        try:
            return super().execute(operation, *arguments, **options)
        except Exception as error:
            if _integrity(error):
                raise _sibling(error, "OperationalError")(*error.args) from None
            raise


@fault(
    "integrity-swallowed",
    "A statement that breaks a constraint raises nothing.",
    caught_by=(
        "commit.failure-blocks-session",
        "flush.failure-undoes-earlier-flushes",
    ),
    also={AIOSQLITE: ("async-session.rollback-safe-after-error",)},
)
class IntegritySwallowed(Cursor):
    def execute(self, operation: Any, *arguments: Any, **options: Any) -> Any:
        try:
            return super().execute(operation, *arguments, **options)
        except Exception as error:
            if not _integrity(error):
                raise
            return None


@fault(
    "errors-end-connection",
    "Every error is taken for the end of the connection.",
    caught_by=(
        "rollback.statement-error-keeps-active",
        "rollback.pooled-connection-stays-clean",
    ),
)
class ErrorsEndConnection(Dialect):
    def is_disconnect(self, _error: Any, _connection: Any, _cursor: Any) -> bool:
        return True


@fault(
    "errors-bare",
    "Errors of statements are none of the driver's classes.",
    over=BOTH,
    caught_by=("constraints-and-errors.wrapped", "constraints-and-errors.original-kept"),
)
class ErrorsBare(Cursor):
    def execute(self, operation: Any, *arguments: Any, **options: Any) -> Any:
        try:
            return super().execute(operation, *arguments, **options)
        except Exception as error:
            raise RuntimeError(str(error)) from None


@fault(
    "statement-errors-swallowed",
    "A statement that the server refuses raises nothing, and finds nothing.",
    over=BOTH,
    caught_by=("rollback.statement-error-then-rollback/syntax", "constraints-and-errors.wrapped"),
)
class StatementErrorsSwallowed(Cursor):
    def execute(self, operation: Any, *arguments: Any, **options: Any) -> Any:
        try:
            return super().execute(operation, *arguments, **options)
        except Exception:
            # A transaction that PostgreSQL has given up answers with errors alone.
            self.connection.real.rollback()
            return super().execute("SELECT 1 WHERE 1 = 0")


@fault(
    "deadlock-swallowed",
    "The error of a deadlock is kept from its victim.",
    over=(POSTGRESQL,),
    caught_by=(
        "pessimistic-locking.deadlock-one-victim",
        "pessimistic-locking.deadlock-victim-recovers",
    ),
)
class DeadlockSwallowed(Cursor):
    def execute(self, operation: Any, *arguments: Any, **options: Any) -> Any:
        try:
            return super().execute(operation, *arguments, **options)
        except Exception as error:
            if getattr(error, "sqlstate", None) != "40P01":
                raise
            self.connection.real.rollback()
            return super().execute(operation, *arguments, **options)
