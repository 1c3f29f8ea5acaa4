"""Changes that several backends and variants share, as one."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from session_conformance.render.marks import listing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from session_conformance.render.changes import Changes
    from session_conformance.render.model import Cell, Row
    from session_conformance.render.moved import Move
    from session_conformance.results import BackendRecord, CaseRecord


#: So many variants are named where there are more.
FEW = 6


@dataclass(frozen=True, slots=True)
class Shared:
    """What became of one case, alike in these rows on these backends.

    `old` and `new` are the cells of the first row and backend; `old` is None for what is new.
    `moves` are the versions that moved behind all of the backends.
    """

    case: CaseRecord
    rows: list[Row]
    backends: list[BackendRecord]
    who: str
    old: Cell | None
    new: Cell
    moves: list[Move]

    @property
    def count(self) -> int:
        """How many results it stands for."""
        return len(self.rows) * len(self.backends)

    @property
    def variants(self) -> list[str]:
        """The variants by name, none for a case without any."""
        return [row.variant for row in self.rows if row.variant is not None]


def shared(
    found: Changes, results: Iterable[tuple[Row, Cell | None, Cell]]
) -> list[tuple[CaseRecord, list[Shared]]]:
    """Return results by case; those alike are one.

    Args:
        found: the comparison that they belong to.
        results: rows with their cells in the old run, if there is one, and in the new.

    """
    cases: dict[str, CaseRecord] = {}
    alike: dict[str, dict[object, dict[str, list[tuple[Row, Cell | None, Cell]]]]] = {}
    for row, old, new in results:
        cases[row.case.id] = row.case
        before = (old.behaviour, old.expected) if old else None
        rows = alike.setdefault(row.case.id, {}).setdefault(
            (before, new.behaviour, new.expected), {}
        )
        rows.setdefault(row.name, []).append((row, old, new))
    told = []
    for name, case in cases.items():
        parts: list[Shared] = []
        for rows in alike[name].values():
            parts += _folded(found, case, rows)
        told.append((case, parts))
    return told


def _folded(
    found: Changes, case: CaseRecord, rows: dict[str, list[tuple[Row, Cell | None, Cell]]]
) -> list[Shared]:
    groups: dict[tuple[str, ...], list[list[tuple[Row, Cell | None, Cell]]]] = {}
    for cells in rows.values():
        groups.setdefault(tuple(new.backend.id for _, _, new in cells), []).append(cells)
    parts = []
    for group in groups.values():
        _, old, new = group[0][0]
        backends = [cell.backend for _, _, cell in group[0]]
        parts.append(
            Shared(
                case=case,
                rows=[cells[0][0] for cells in group],
                backends=backends,
                who=crowd(backends, found.comparable if old else found.new.backends, found.common),
                old=old,
                new=new,
                moves=found.moved.behind(backends) if old else [],
            )
        )
    return parts


def named(variants: list[str]) -> str:
    """Return variants by name, of many the first few."""
    more = [f"{len(variants) - FEW} more"] if len(variants) > FEW else []
    return " · ".join([*variants[:FEW], *more])


def crowd(
    chosen: list[BackendRecord],
    every: list[BackendRecord],
    known: list[BackendRecord] | None = None,
) -> str:
    """Return what several backends are called: `all 5 PostgreSQL drivers and mysql-pymysql`.

    Args:
        chosen: the backends.
        every: all that could be among them.
        known: all there are; what is missing of them is hinted at.

    """
    ids = {backend.id for backend in chosen}
    hint = " that both runs reached"
    if len(ids) == len(every) > 1:
        return f"all {len(ids)} backends{hint if known and len(known) > len(every) else ''}"
    drivers = Counter(backend.database for backend in every)
    there = Counter(backend.database for backend in known or every)
    words: list[str] = []
    for database, group in groupby(chosen, lambda backend: backend.database):
        members = list(group)
        if len(members) == drivers[database] > 1:
            missing = hint if there[database] > drivers[database] else ""
            words.append(f"all {len(members)} {members[0].database_title} drivers{missing}")
        else:
            words += [backend.id for backend in members]
    return listing(words)
