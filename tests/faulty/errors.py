"""Faults in how errors are told."""

from __future__ import annotations

import sys
from typing import Any

from .fault import SERVERS, fault
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
    "dead-unseen",
    "A dead connection is never recognised.",
    over=SERVERS,
    caught_by=["disconnects.idle-kill-detected"],
)
class DeadUnseen(Dialect):
    def is_disconnect(self, _error: Any, _connection: Any, _cursor: Any) -> bool:
        return False


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
