"""The isolation page as text: levels down, phenomena across, one block for each database."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from session_conformance.phenomenon import PHENOMENON
from session_conformance.render.marks import plural

if TYPE_CHECKING:
    from collections.abc import Iterable

    from session_conformance.results import BackendRecord, CaseRecord, Results

#: What stands in a cell of the table.
WORDS = {
    "allowed": "**allowed**",
    "prevented-by-an-error": "error",
    "prevented-by-waiting": "waits",
    "prevented-by-visibility": "version",
}

HEAD = """# What transactions do to each other

Written by `session-conformance isolation`, from a run on real servers: each phenomenon was tried at
each isolation level that the database offers, through each driver. A cell says what became of it:

- **allowed**: it happened, and every transaction that it concerns committed.
- error: a transaction was refused with an error and rolled back.
- waits: a transaction waited for the other one; none failed.
- version: nobody waited and nobody failed; a version was read that fits.

Where two answers stand in a cell, the first is for UPDATE, INSERT and DELETE statements, the second
for objects that a Session loads, changes and flushes.
"""

_NAME = re.compile(r"\(([^)]+)\)\?$")

Table = dict[str, dict[str, dict[str, str]]]


def isolation(results: Results) -> str:
    """Return the page as Markdown: a table for each database, and for drivers that differ in it."""
    cases = [case for case in results.cases if set(case.answers) == set(PHENOMENON)]
    names = _names(cases)
    lines = [HEAD]
    for backends, table in _groups(results, cases):
        first = backends[0]
        through = ", ".join(f"`{backend.id}`" for backend in backends)
        version = first.server_version or ""
        lines += [f"## {first.database_title} {version}".rstrip(), "", f"Through {through}.", ""]
        lines += _table(table, names, first)
        lines += [""]
    lines += ["## The phenomena", ""]
    lines += [f"- {names[case.id]}: {case.text} (`{case.id}`)" for case in cases]
    if not cases:
        lines += ["No question about a phenomenon was asked in this run."]
    return "\n".join(lines).rstrip() + "\n"


def _names(cases: Iterable[CaseRecord]) -> dict[str, str]:
    """Return what the columns are called: the literature's name, and more where several bear it."""
    named = {case.id: _NAME.search(case.text) for case in cases}
    short = {case: found.group(1) if found else "" for case, found in named.items()}
    often = Counter(short.values())
    names = {}
    for case, name in short.items():
        tail = case.partition(".")[2]
        rest = tail.removeprefix(name.lower()).strip("-")
        names[case] = name if name and often[name] == 1 else f"{name} {rest}".strip()
    return names


def _groups(
    results: Results, cases: Iterable[CaseRecord]
) -> list[tuple[list[BackendRecord], Table]]:
    """Return the backends that answer alike, with their answers by level, case and way."""
    wanted = {case.id for case in cases}
    by_backend: dict[str, Table] = defaultdict(lambda: defaultdict(lambda: defaultdict(dict)))
    for result in results.results:
        if result.case not in wanted or result.answer is None:
            continue
        way, dash, level = (result.variant or "").partition("-")
        if not dash or not way.islower():
            way, level = "", result.variant or ""
        by_backend[result.backend][level][result.case][way] = result.answer
    groups: list[tuple[list[BackendRecord], Table]] = []
    for backend in results.backends:
        table = by_backend.get(backend.id)
        if not table:
            continue
        for members, known in groups:
            if members[0].database == backend.database and _alike(known, table):
                members.append(backend)
                known.update({level: row for level, row in table.items() if level not in known})
                break
        else:
            groups.append(([backend], table))
    return groups


def _alike(one: Table, other: Table) -> bool:
    """Tell whether two answer alike at each level that both offer."""
    return all(one[level] == other[level] for level in one.keys() & other.keys())


def _table(table: Table, names: dict[str, str], backend: BackendRecord) -> list[str]:
    asked = [case for case in names if any(case in row for row in table.values())]
    heads = ["level", *(names[case] for case in asked)]
    lines = ["| " + " | ".join(heads) + " |", "| --- " * len(heads) + "|"]
    for level in sorted(table, key=_strength):
        title = level
        if level == backend.default_isolation_level:
            title += " (default)"
        cells = [_cell(table[level].get(case, {})) for case in asked]
        lines += ["| " + " | ".join([title, *cells]) + " |"]
    return lines


def _cell(by_way: dict[str, str]) -> str:
    said = [WORDS[by_way[way]] for way in sorted(by_way)]
    return " / ".join(dict.fromkeys(said))


def _strength(level: str) -> tuple[int, str]:
    """Order levels from the weakest, each before its configurations."""
    order = ["READ UNCOMMITTED", "READ COMMITTED", "REPEATABLE READ", "SNAPSHOT", "SERIALIZABLE"]
    name = level.partition(",")[0]
    return (order.index(name) if name in order else len(order), level)


def told(results: Results) -> str:
    """Return one line on what the page is made from."""
    answers = sum(result.answer is not None for result in results.results)
    return f"{plural(answers, 'answer')} of {plural(len(results.backends), 'backend')}"
