"""The error contract as Markdown: what a program gets to see of each trouble."""

from __future__ import annotations

from typing import TYPE_CHECKING

from session_conformance.render.troubles import COLUMNS, contracts

if TYPE_CHECKING:
    from session_conformance.results import Results

HEAD = """# The error contract

Written by `session-conformance errors`, from a run on real servers. For each trouble: the class
that SQLAlchemy raises, what the driver says of it (the vendor's number, the SQLSTATE), whether the
error is marked as the end of the connection (`connection_invalidated`), whether the Session is
still active before `rollback()`, whether it works after it, and whether it is worth while to do the
whole transaction again. A statement alone must never be repeated: what stood before it may be
undone.
"""


def errors(results: Results) -> str:
    """Return the page as Markdown: a table for each database; drivers that differ stand apart."""
    found = contracts(results)
    heads = ["trouble", *COLUMNS]
    lines = [HEAD]
    for contract in found:
        first = contract.backends[0]
        lines += [f"## {first.database_title} {first.server_version or ''}".rstrip(), ""]
        lines += ["| " + " | ".join(heads) + " |", "| --- " * len(heads) + "|"]
        for row in contract.rows:
            apart = f" ({', '.join(row.drivers)})" if row.apart else ""
            lines.append("| " + " | ".join([row.trouble + apart, *row.values]) + " |")
        lines += [""]
    if not found:
        lines += ["No question of the error contract was asked in this run."]
    return "\n".join(lines).rstrip() + "\n"
