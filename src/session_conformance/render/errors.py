"""The error contract as text: what a program gets to see of each trouble, database by database."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from session_conformance.contract import RAISED

if TYPE_CHECKING:
    from collections.abc import Sequence

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

HEAD = """# The error contract

Written by `session-conformance errors`, from a run on real servers. For each trouble: the class
that SQLAlchemy raises, what the driver says of it (the vendor's number, the SQLSTATE), whether the
error is marked as the end of the connection (`connection_invalidated`), whether the Session is
still active before `rollback()`, whether it works after it, and whether it is worth while to do the
whole transaction again. A statement alone must never be repeated: what stood before it may be
undone.
"""

COLUMNS = (
    "trouble",
    "SQLAlchemy raises",
    "number",
    "SQLSTATE",
    "connection lost",
    "active before rollback",
    "works after it",
    "again?",
)

Said = tuple[str, ...]


def errors(results: Results) -> str:
    """Return the page as Markdown: a table for each database; drivers that differ stand apart."""
    asked = {case.id for case in results.cases if set(case.answers) == set(RAISED)}
    told: dict[str, dict[str, Said]] = defaultdict(dict)
    for result in results.results:
        if result.case in asked and result.answer is not None:
            told[result.backend][_trouble(result)] = _said(result)
    lines = [HEAD]
    for backends in _by_database([one for one in results.backends if one.id in told]):
        first = backends[0]
        lines += [f"## {first.database_title} {first.server_version or ''}".rstrip(), ""]
        lines += ["| " + " | ".join(COLUMNS) + " |", "| --- " * len(COLUMNS) + "|"]
        for trouble, again in TROUBLES.items():
            lines += _rows(trouble, "yes" if again else "no", backends, told)
        lines += [""]
    if not told:
        lines += ["No question of the error contract was asked in this run."]
    return "\n".join(lines).rstrip() + "\n"


def _by_database(backends: Sequence[BackendRecord]) -> list[list[BackendRecord]]:
    found: dict[str, list[BackendRecord]] = defaultdict(list)
    for backend in backends:
        found[backend.database].append(backend)
    return list(found.values())


def _rows(
    trouble: str,
    again: str,
    backends: Sequence[BackendRecord],
    told: dict[str, dict[str, Said]],
) -> list[str]:
    groups: dict[Said, list[str]] = defaultdict(list)
    for backend in backends:
        if trouble in told[backend.id]:
            groups[told[backend.id][trouble]].append(backend.driver)
    rows = []
    for said, drivers in groups.items():
        apart = f" ({', '.join(dict.fromkeys(drivers))})" if len(groups) > 1 else ""
        rows.append("| " + " | ".join([trouble + apart, *said, again]) + " |")
    return rows


def _trouble(result: Result) -> str:
    return result.variant or result.case.partition(".")[2]


def _said(result: Result) -> Said:
    told = result.facts
    if result.answer == "not-wrapped":
        name = f"nothing of its own: {told.get('driver')}"
    elif result.answer == "nothing":
        name = "nothing"
    else:
        name = "".join(word.title() for word in str(result.answer).split("-"))
        name = name.replace("Dbapi", "DBAPI")
    flags = ("invalidated", "active", "works_after_rollback")
    return (
        name,
        str(told.get("number", "")),
        str(told.get("sqlstate", "")),
        *(_flag(told.get(fact)) for fact in flags),
    )


def _flag(value: Any) -> str:
    return "" if value is None else "yes" if value else "no"
