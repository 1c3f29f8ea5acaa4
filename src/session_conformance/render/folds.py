"""The variants of a case that came out alike in everything, told once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from session_conformance.render.told import told

if TYPE_CHECKING:
    from session_conformance.render.behaviour import Behaviour, Evidence
    from session_conformance.render.model import Row


@dataclass(frozen=True)
class Fold:
    """Rows of one case in which every backend did the same, down to its statements."""

    rows: list[Row]
    evidence: Evidence

    @property
    def row(self) -> Row:
        """The first of the rows."""
        return self.rows[0]

    @cached_property
    def behaviours(self) -> list[Behaviour]:
        """The groups of equal behaviour."""
        return self.evidence.behaviours(self.row)

    @property
    def matters(self) -> bool:
        """True where what each group did is worth a column: they differ, or something failed."""
        return self.row.differs or not all(
            cell.outcome in ("passed", "answered", "unsupported")
            for cell in self.row.cells
            if cell.known
        )

    @property
    def shown(self) -> list[Behaviour]:
        """The groups that are shown in full: all that matter, else the largest."""
        return self.behaviours if self.matters else self.behaviours[:1]

    @property
    def others(self) -> list[Behaviour]:
        """The groups that came to the same by other statements."""
        return [] if self.matters else self.behaviours[1:]


def folds(rows: list[Row], evidence: Evidence) -> list[Fold]:
    """Return the rows of a case, those together that came out alike."""
    found: dict[object, list[Row]] = {}
    for row in rows:
        key = tuple(
            (
                cell.behaviour,
                cell.expected,
                cell.declared,
                cell.result.needs if cell.result else None,
                told(cell) if cell.outcome != "unsupported" else None,
                evidence.key(cell),
            )
            for cell in row.cells
        )
        found.setdefault(key, []).append(row)
    return [Fold(alike, evidence) for alike in found.values()]
