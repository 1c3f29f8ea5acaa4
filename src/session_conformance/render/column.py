"""One backend: its cells, their counts, and what is worth a line of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from session_conformance.render.told import told

if TYPE_CHECKING:
    from session_conformance.render.model import Cell, Row
    from session_conformance.results import BackendRecord, CaseRecord


@dataclass(frozen=True, slots=True)
class Item:
    """A case in which a backend did something, with the rows in which it did just this.

    `others` are the cells of other backends that are worth naming beside it, by what they did.
    """

    case: CaseRecord
    cell: Cell
    rows: list[Row]
    others: list[list[Cell]]


@dataclass(frozen=True)
class Column:
    """One backend with its cells."""

    backend: BackendRecord
    cells: list[tuple[Row, Cell]]

    @cached_property
    def _counts(self) -> Counter[str]:
        return Counter(cell.outcome for _, cell in self.cells)

    def count(self, word: str) -> int:
        """Return how many cells have the outcome `word`."""
        return self._counts[word]

    @property
    def concerns(self) -> int:
        """How many cells make the run fail."""
        return sum(cell.concern for _, cell in self.cells)

    @property
    def seconds(self) -> float:
        """How long its cells took together, in seconds."""
        return sum(cell.result.seconds for _, cell in self.cells if cell.result)

    def notable(self) -> list[Item]:
        """Return what was neither passed nor answered nor lacking, or was declared."""
        found: dict[object, Item] = {}
        usual = ("passed", "answered", "unsupported")
        for row, cell in self.cells:
            if not cell.known or not (cell.concern or cell.declared or cell.outcome not in usual):
                continue
            key = row.case.id, cell.behaviour, cell.expected, cell.declared, told(cell)
            found.setdefault(key, Item(row.case, cell, [], [])).rows.append(row)
        return list(found.values())

    def unlike(self) -> list[Item]:
        """Return where a driver of the same database did something else."""
        found: dict[object, Item] = {}
        for row, cell in self.cells:
            if not row.differs or not cell.able:
                continue
            others: dict[object, list[Cell]] = {}
            for other in row.cells:
                if (
                    other.able
                    and other.backend.database == cell.backend.database
                    and other.behaviour != cell.behaviour
                ):
                    others.setdefault((other.behaviour, other.expected), []).append(other)
            if others:
                whose = tuple(
                    (what, tuple(other.backend.id for other in cells))
                    for what, cells in others.items()
                )
                key = row.case.id, cell.behaviour, cell.expected, whose
                item = Item(row.case, cell, [], list(others.values()))
                found.setdefault(key, item).rows.append(row)
        return list(found.values())

    def lacking(self) -> list[tuple[str, int]]:
        """Return the capabilities that it lacks, with how many rows need each."""
        found: dict[str, int] = {}
        for _, cell in self.cells:
            if cell.outcome == "unsupported" and cell.result:
                need = cell.result.needs or "what it does not say"
                found[need] = found.get(need, 0) + 1
        return sorted(found.items(), key=lambda lack: (-lack[1], lack[0]))

    def answers(self) -> list[tuple[CaseRecord, list[tuple[Cell, int]]]]:
        """Return the questions with its answers, and in how many variants each was given."""
        found: dict[str, tuple[CaseRecord, dict[str | None, list[Cell]]]] = {}
        for row, cell in self.cells:
            if cell.outcome == "answered":
                _, by_answer = found.setdefault(row.case.id, (row.case, {}))
                by_answer.setdefault(cell.answer, []).append(cell)
        return [
            (case, [(cells[0], len(cells)) for cells in by_answer.values()])
            for case, by_answer in found.values()
        ]

    @property
    def siblings(self) -> list[BackendRecord]:
        """The other backends of the same database."""
        cells = self.cells[0][0].cells if self.cells else []
        return [
            other.backend
            for other in cells
            if other.backend.database == self.backend.database and other.backend != self.backend
        ]

    @property
    def first_sibling(self) -> BackendRecord | None:
        """The first backend of the same database that was reached, where it is another one."""
        cells = self.cells[0][0].cells if self.cells else []
        reached = [
            other.backend
            for other in cells
            if other.backend.database == self.backend.database and other.backend.reached
        ]
        return reached[0] if reached and reached[0] is not self.backend else None
