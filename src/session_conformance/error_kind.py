"""As which of SQLAlchemy's classes an error came: an answer to questions about refusals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import exc

if TYPE_CHECKING:
    from sqlalchemy.exc import SQLAlchemyError

_KINDS = {
    "integrity-error": exc.IntegrityError,
    "operational-error": exc.OperationalError,
    "internal-error": exc.InternalError,
    "programming-error": exc.ProgrammingError,
    "database-error": exc.DatabaseError,
    "dbapi-error": exc.DBAPIError,
}

#: Name of each answer to the sentence that explains it.
ERROR_KINDS = {name: f"It is told by {kind.__name__}." for name, kind in _KINDS.items()}


def error_kind(error: SQLAlchemyError) -> str:
    """Return the answer for an error: its class, which has to be one of the list itself.

    Raises:
        the error, where it is of no such class.

    """
    for name, kind in _KINDS.items():
        if type(error) is kind:
            return name
    raise error
