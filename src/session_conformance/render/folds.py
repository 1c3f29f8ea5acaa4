"""What a case's page tells: variants that came out alike together, and each trace once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from session_conformance.render.told import told

if TYPE_CHECKING:
    from session_conformance.render.behaviour import Behaviour, Evidence
    from session_conformance.render.model import Cell, Row


@dataclass(frozen=True, slots=True)
class Fold:
    """Rows of one case that came out alike on every backend."""

    rows: list[Row]

    @property
    def row(self) -> Row:
        """The first of the rows."""
        return self.rows[0]


@dataclass(frozen=True)
class Telling:
    """One case: its rows, folded, and the different things that were done in them.

    In a report that is to be `brief` only what matters is shown in full.
    """

    rows: list[Row]
    evidence: Evidence
    brief: bool = False

    @cached_property
    def folds(self) -> list[Fold]:
        """The rows, those together that came out alike."""
        found: dict[object, list[Row]] = {}
        for row in self.rows:
            key = tuple(_outcome(cell) for cell in row.cells)
            found.setdefault(key, []).append(row)
        return [Fold(alike) for alike in found.values()]

    @cached_property
    def matter(self) -> list[Row]:
        """The rows in which what each did is worth a column: they differ, or something failed."""
        return [row for row in self.rows if _matters(row)]

    @property
    def code(self) -> bool:
        """True where the case's code is to be in the page."""
        return bool(self.matter) or not self.brief

    @cached_property
    def shown(self) -> list[Behaviour]:
        """What is shown in full where it matters: every answer, or what failed beside what held.

        Where nothing differs and nothing failed it is what most of them did.
        """
        if not self.matter:
            return [] if self.brief else self._all[:1]
        groups = self.evidence.behaviours(self.matter)
        held = [group for group in groups if group.cells[0].outcome == "passed"]
        shown = [group for group in groups if group not in held] + _nearest(held, groups)
        return _one_each(shown) if self.brief else shown

    @cached_property
    def others(self) -> list[Behaviour]:
        """What came to the same by other statements."""
        shown = {(group.cells[0].behaviour, group.key) for group in self.shown}
        return [group for group in self._all if (group.cells[0].behaviour, group.key) not in shown]

    @cached_property
    def _all(self) -> list[Behaviour]:
        return self.evidence.behaviours(self.rows)

    @cached_property
    def _numbers(self) -> dict[object, int]:
        return {
            (group.cells[0].behaviour, group.key): number
            for number, group in enumerate(self.shown, 1)
        }

    def numbers(self, fold: Fold, cells: list[Cell]) -> list[int]:
        """Return the numbers of the traces that cells left in the rows of a fold."""
        if len(self.shown) < 2:
            return []
        places = [fold.row.cells.index(cell) for cell in cells]
        found = {
            self._numbers.get((cell.behaviour, self.evidence.key(cell)))
            for row in fold.rows
            for cell in (row.cells[place] for place in places)
        }
        return sorted(number for number in found if number is not None)


def _nearest(held: list[Behaviour], groups: list[Behaviour]) -> list[Behaviour]:
    """Return, of those that passed, the group to hold what failed against: the same database's."""
    failed = {
        cell.backend.database
        for group in groups
        for cell in group.cells
        if cell.outcome not in ("passed", "answered")
    }
    near = [group for group in held if failed & {cell.backend.database for cell in group.cells}]
    return (near or held)[:1]


def _one_each(groups: list[Behaviour]) -> list[Behaviour]:
    """Return what makes the run fail, and of all else that came to the same what most did."""
    seen: set[object] = set()
    found = []
    for group in groups:
        came_to = group.cells[0].behaviour
        if came_to not in seen or any(cell.concern for cell in group.cells):
            found.append(group)
        seen.add(came_to)
    return found


def _outcome(cell: Cell) -> object:
    if cell.outcome == "unsupported":
        return cell.behaviour, cell.expected, cell.declared, cell.result and cell.result.needs
    return cell.behaviour, cell.expected, cell.declared, told(cell)


def _matters(row: Row) -> bool:
    return row.differs or any(
        cell.outcome not in ("passed", "answered", "unsupported")
        for cell in row.cells
        if cell.known
    )
