"""Who did the same: cells of one case grouped by outcome and by what reached the database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from session_conformance.render.traces import lines, raw

if TYPE_CHECKING:
    from collections.abc import Mapping

    from session_conformance.render.model import Cell, Row
    from session_conformance.render.traces import Line
    from session_conformance.results import TraceRecord


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Cells of one case that did the same: one outcome, one normalised trace."""

    cells: list[Cell]
    key: int
    lines: list[Line]

    @property
    def rows(self) -> list[str]:
        """The rows to which the cells belong, by name."""
        return list(dict.fromkeys(cell.row for cell in self.cells))

    @property
    def sessions(self) -> list[str]:
        """The sessions that take part, as they come up."""
        return list(dict.fromkeys(item.session for item in self.lines))


class Evidence:
    """The traces of a run, each made comparable once."""

    def __init__(self, traces: Mapping[str, TraceRecord]) -> None:
        self._traces = traces
        self._lines: dict[str, list[Line]] = {}
        self._keys: dict[str, int] = {}
        self._known: dict[object, int] = {}

    def record(self, cell: Cell) -> TraceRecord | None:
        """Return a cell's trace as it was recorded, None where there is none."""
        if cell.result is None or cell.result.trace is None:
            return None
        return self._traces.get(cell.result.trace)

    def lines(self, cell: Cell) -> list[Line]:
        """Return a cell's trace made comparable."""
        record = self.record(cell)
        if record is None:
            return []
        if record.id not in self._lines:
            self._lines[record.id] = lines(record)
        return self._lines[record.id]

    def key(self, cell: Cell) -> int | None:
        """Return a number that traces share which are alike, None where there is no trace."""
        record = self.record(cell)
        if record is None:
            return None
        if record.id not in self._keys:
            whole = tuple(item.key for item in self.lines(cell)), record.cut > 0
            self._keys[record.id] = self._known.setdefault(whole, len(self._known))
        return self._keys[record.id]

    def raws(self, cells: list[Cell]) -> list[tuple[list[Cell], str]]:
        """Return the traces of `cells` as they were sent; equal ones stand together."""
        found: dict[str, list[Cell]] = {}
        for cell in cells:
            record = self.record(cell)
            if record is not None:
                found.setdefault(raw(record), []).append(cell)
        return [(who, text) for text, who in found.items()]

    def behaviours(self, rows: list[Row]) -> list[Behaviour]:
        """Return the groups of equal behaviour in rows of one case, of cells that left a trace.

        What makes the run fail comes first, then the larger group, then the columns' order.
        """
        found: dict[tuple[object, int], list[Cell]] = {}
        for row in rows:
            for cell in row.cells:
                key = self.key(cell)
                if key is not None and cell.outcome != "unsupported":
                    found.setdefault((cell.behaviour, key), []).append(cell)
        groups = sorted(
            found.items(),
            key=lambda group: (
                not any(c.concern for c in group[1]),
                group[1][0].outcome == "passed",
                -len(group[1]),
            ),
        )
        return [Behaviour(cells, key, self.lines(cells[0])) for (_, key), cells in groups]
