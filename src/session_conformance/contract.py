"""What an error says of itself, and what it leaves of a Session: the error contract."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError

from .engines import error_number, error_sqlstate

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

#: Name of each answer to the sentence that explains it: the class that a program has to catch.
RAISED = {
    "integrity-error": "IntegrityError is raised.",
    "operational-error": "OperationalError is raised.",
    "programming-error": "ProgrammingError is raised.",
    "data-error": "DataError is raised.",
    "internal-error": "InternalError is raised.",
    "not-supported-error": "NotSupportedError is raised.",
    "interface-error": "InterfaceError is raised.",
    "database-error": "DatabaseError itself is raised, none of the classes below it.",
    "dbapi-error": "DBAPIError itself is raised, none of the classes below it.",
    "not-wrapped": "The driver's own exception comes through, not one of SQLAlchemy's.",
    "nothing": "Nothing is raised.",
}

_NAMES = {name.replace("-", ""): name for name in RAISED}


def raised(error: BaseException | None) -> str:
    """Return the answer for an error: the most special of SQLAlchemy's classes that it is of."""
    if error is None:
        return "nothing"
    if not isinstance(error, DBAPIError):
        return "not-wrapped"
    for cls in type(error).__mro__:
        name = _NAMES.get(cls.__name__.lower())
        if name is not None:
            return name
    return "dbapi-error"


def facts_of(error: BaseException | None) -> dict[str, Any]:
    """Return what an error says of itself.

    Returns:
        `driver` class, `number` and `sqlstate` as the driver gives them, and `invalidated`; only
        those that there are.

    """
    if error is None:
        return {}
    cause = getattr(error, "orig", None) or error
    facts = {
        "driver": f"{type(cause).__module__.partition('.')[0]}.{type(cause).__name__}",
        "number": error_number(error),
        "sqlstate": error_sqlstate(error),
        "invalidated": getattr(error, "connection_invalidated", None),
    }
    return {name: value for name, value in facts.items() if value is not None}


def state_of(session: Session) -> dict[str, Any]:
    """Return `active` and `in_transaction`: what a Session says of itself."""
    return {"active": session.is_active, "in_transaction": session.in_transaction()}
