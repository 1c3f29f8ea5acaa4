"""What cases cost on the wire: how many statements, how many round trips."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from session_conformance.render.column import Column
    from session_conformance.render.model import Cell, Row


@dataclass(frozen=True, slots=True)
class Cost:
    """What some cells cost alike: in how many statements, and waits for the server's answer."""

    cells: list[Cell]
    rows: list[Row]
    statements: int
    round_trips: int


def of_case(rows: Iterable[Row]) -> list[Cost]:
    """Return what a case cost, the cells that cost the same together; the least comes first."""
    return _told((cell, row) for row in rows for cell in row.cells)


def of_backend(column: Column) -> list[Cost]:
    """Return what each case that tells its costs came to on a backend, its variants together."""
    cases: dict[str, list[tuple[Cell, Row]]] = {}
    for row, cell in column.cells:
        cases.setdefault(row.case.id, []).append((cell, row))
    return [cost for cells in cases.values() for cost in _told(cells)]


def most(costs: Iterable[Cost]) -> int:
    """Return the largest number among them: where a plot's axis ends."""
    return max((max(cost.statements, cost.round_trips) for cost in costs), default=0)


def _told(cells: Iterable[tuple[Cell, Row]]) -> list[Cost]:
    found: dict[tuple[int, int], Cost] = {}
    for cell, row in cells:
        facts = cell.result.facts if cell.result else {}
        statements, trips = facts.get("statements"), facts.get("round_trips")
        if not (type(statements) is int and type(trips) is int):
            continue
        cost = found.setdefault((trips, statements), Cost([], [], statements, trips))
        if all(cell.backend is not one.backend for one in cost.cells):
            cost.cells.append(cell)
        if row not in cost.rows:
            cost.rows.append(row)
    return [found[key] for key in sorted(found)]
