"""What a cell is held beside: the nearest backend that keeps the promise, or a record of one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from session_conformance.healthy import healthy
from session_conformance.render.traces import Line, align, lines

if TYPE_CHECKING:
    from collections.abc import Mapping

    from session_conformance.render.model import Cell, Row
    from session_conformance.render.traces import Step
    from session_conformance.results import TraceRecord


@dataclass(frozen=True, slots=True)
class Reference:
    """Another backend in the same case: its id, the word of its outcome, its comparable trace."""

    backend: str
    word: str
    lines: list[Line]


@dataclass(frozen=True, slots=True)
class Difference:
    """The first line in which two traces differ; None where one has no such line."""

    mine: Line | None
    theirs: Line | None


def _sibling(cell: Cell, row: Row) -> Cell | None:
    """Return the nearest backend of the run where the promise held: the same database first."""
    held = [
        other
        for other in row.cells
        if other.outcome in ("passed", "answered") and other.behaviour != cell.behaviour
    ]
    return min(
        held, key=lambda other: other.backend.database != cell.backend.database, default=None
    )


def reference(cell: Cell, row: Row, traces: Mapping[str, TraceRecord]) -> Reference | None:
    """Return what `cell` is best held beside.

    A sibling of the same run and database; else what is recorded of a healthy driver of the
    database; else any backend of the run where the promise held.
    """
    sibling = _sibling(cell, row)
    record = traces.get(sibling.result.trace or "") if sibling and sibling.result else None
    of_run = (
        Reference(sibling.backend.id, sibling.word, lines(record))
        if sibling is not None and record is not None
        else None
    )
    same = sibling is not None and sibling.backend.database == cell.backend.database
    kept = healthy(cell.backend.database).get(cell.row)
    if of_run is not None and (same or kept is None):
        return of_run
    if kept is None or kept.word == cell.word:
        return of_run
    return Reference(f"{kept.backend}, recorded", kept.word, lines(kept.trace))


def beside(cell: Cell, other: Reference | None, traces: Mapping[str, TraceRecord]) -> list[Step]:
    """Return a cell's trace side by side with its reference's."""
    record = traces.get(cell.result.trace) if cell.result and cell.result.trace else None
    mine = lines(record) if record is not None else []
    return align([mine] if other is None else [mine, other.lines])


def first_difference(
    cell: Cell, other: Reference | None, traces: Mapping[str, TraceRecord]
) -> Difference | None:
    """Return where a cell's trace departs from its reference's, None where it does not."""
    if other is None:
        return None
    for step in beside(cell, other, traces):
        if not step.same:
            return Difference(*step.lines)
    return None


def shown(item: Line, *, several: bool) -> str:
    """Return a line of a trace as text, with its session's name where there are several."""
    parts = [f"{item.session}:" if several else "", item.verb, item.rest]
    text = " ".join(part for part in parts if part)
    text += f"  {item.told}" if item.told else ""
    return f"{text}  ↯ {item.error}" if item.error else text
