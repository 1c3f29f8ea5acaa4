"""What a program gets to see of each trouble, database by database: the error contract."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from session_conformance.results import BackendRecord, Result, Results

#: Each trouble, and whether the same work, done again from its start, may well succeed.
TROUBLES = {
    "unique": False,
    "foreign-key": False,
    "not-null": False,
    "check": False,
    "deadlock": True,
    "serialization-failure": True,
    "lock-timeout": True,
    "statement-timeout": False,
    "lost-connection": True,
}

#: What the page tells of each trouble: heading and what it means.
COLUMNS = {
    "SQLAlchemy raises": "The class to catch.",
    "number": "The vendor's number, as the driver gives it.",
    "SQLSTATE": "As the driver gives it.",
    "connection lost": "connection_invalidated of the error: the end of the connection.",
    "active before rollback": "Session.is_active after the error, before rollback().",
    "works after it": "The Session works after rollback().",
    "again?": "Whether the whole transaction, done again from its start, may well succeed.",
}

CHAPTER = "error-contract"
_FLAGS = ("invalidated", "active", "works_after_rollback")


@dataclass(frozen=True, slots=True)
class Told:
    """A trouble as the backends of a database tell it that tell it alike.

    `values` are in the order of `COLUMNS`; `apart` says that other drivers of the database tell it
    otherwise.
    """

    trouble: str
    backends: list[BackendRecord]
    result: Result
    values: tuple[str, ...]
    apart: bool

    @property
    def drivers(self) -> list[str]:
        """The names of the drivers, each once."""
        return list(dict.fromkeys(backend.driver for backend in self.backends))


@dataclass(frozen=True, slots=True)
class Contract:
    """What is told of all troubles by the backends of one database."""

    backends: list[BackendRecord]
    rows: list[Told]


def contracts(results: Results) -> list[Contract]:
    """Return the error contract of each database; drivers that differ stand apart."""
    asked = {case.id for case in results.cases if case.chapter == CHAPTER}
    told: dict[str, dict[str, Result]] = defaultdict(dict)
    for result in results.results:
        if result.case in asked and result.answer is not None:
            told[result.backend][_trouble(result)] = result
    by_database: dict[str, list[BackendRecord]] = defaultdict(list)
    for backend in results.backends:
        if backend.id in told:
            by_database[backend.database].append(backend)
    return [
        Contract(
            backends,
            [row for trouble in TROUBLES for row in _rows(trouble, backends, told)],
        )
        for backends in by_database.values()
    ]


def _rows(
    trouble: str, backends: list[BackendRecord], told: dict[str, dict[str, Result]]
) -> list[Told]:
    groups: dict[tuple[str, ...], list[BackendRecord]] = defaultdict(list)
    for backend in backends:
        if trouble in told[backend.id]:
            groups[_said(trouble, told[backend.id][trouble])].append(backend)
    return [
        Told(trouble, members, told[members[0].id][trouble], said, len(groups) > 1)
        for said, members in groups.items()
    ]


def _trouble(result: Result) -> str:
    return result.variant or result.case.partition(".")[2]


def _said(trouble: str, result: Result) -> tuple[str, ...]:
    told = result.facts
    if result.answer == "not-wrapped":
        name = f"nothing of its own: {told.get('driver')}"
    elif result.answer == "nothing":
        name = "nothing"
    else:
        name = "".join(word.title() for word in str(result.answer).split("-"))
        name = name.replace("Dbapi", "DBAPI")
    return (
        name,
        str(told.get("number", "")),
        str(told.get("sqlstate", "")),
        *(_flag(told.get(fact)) for fact in _FLAGS),
        _flag(TROUBLES[trouble]),
    )


def _flag(value: Any) -> str:
    return "" if value is None else "yes" if value else "no"
