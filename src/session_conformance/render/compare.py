"""The traces of one row, side by side, ready for the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from session_conformance.render.traces import Behaviour, Step, align, behaviours

if TYPE_CHECKING:
    from session_conformance.render.model import Row
    from session_conformance.results import TraceRecord

ABREAST = 3


@dataclass(frozen=True, slots=True)
class Table:
    """Groups that stand side by side; `first` is the index of the first step that differs."""

    groups: list[Behaviour]
    steps: list[Step]
    first: int | None

    @property
    def several(self) -> bool:
        """True where more than one session speaks, so that each line names its own."""
        return any(group.several for group in self.groups)


def comparison(row: Row, traces: dict[str, TraceRecord]) -> list[Table]:
    """Return the groups of equal behaviour of `row`, at most `ABREAST` to a table."""
    groups = behaviours(row, traces)
    found = []
    for start in range(0, len(groups), ABREAST):
        part = groups[start : start + ABREAST]
        steps = align([group.lines for group in part])
        found.append(Table(part, steps, _first(part, steps)))
    return found


def _first(groups: list[Behaviour], steps: list[Step]) -> int | None:
    """Return where a group that did not pass leaves all others; else where any two differ."""
    if groups[0].cells[0].outcome not in ("passed", "answered"):
        for place, step in enumerate(steps):
            if step.keys[0] not in step.keys[1:] and len(groups) > 1:
                return place
    return next((place for place, step in enumerate(steps) if not step.same), None)
