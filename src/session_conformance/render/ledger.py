"""Who left which trace: what the page's script needs to put two backends side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from session_conformance.render.columns import title
from session_conformance.render.marks import clean
from session_conformance.render.rolls import steps
from session_conformance.render.traces import sent

if TYPE_CHECKING:
    from session_conformance.render.behaviour import Evidence
    from session_conformance.render.folds import Fold, Telling
    from session_conformance.render.model import Cell
    from session_conformance.render.rolls import Rolls
    from session_conformance.results import BackendRecord

#: Stands for a backend that left no trace.
NONE = -1


class Ledger:
    """Enters, page by page, the trace that each backend left in each row.

    The traces themselves go to the rolls. A page's entry is None where no row has two of them.
    """

    def __init__(self, evidence: Evidence, rolls: Rolls) -> None:
        self._evidence = evidence
        self._rolls = rolls
        self._pages: list[object] = []

    def enter(self, telling: Telling) -> None:
        """Enter the next page, in the order of the document.

        As it was sent a trace is kept of what makes the run fail and, unless the report is to be
        brief, of all else.
        """
        self._pages.append(self._page(telling))

    def data(self, backends: list[BackendRecord]) -> dict[str, object]:
        """Return the columns, and an entry for each page.

        A column is an id and a name for people. An entry is the numbers of its traces, those of its
        traces as they were sent (both as steps), and its folds. A fold is, for each column, the
        place of its group in the list of outcomes; then its rows. A row is, for each column, the
        place of its trace among those of the entry; then, where any is kept, the same for the text
        as it was sent.
        """
        columns = [[clean(backend.id), clean(title(backend))] for backend in backends]
        return {"columns": columns, "pages": self._pages}

    def _page(self, telling: Telling) -> list[object] | None:
        if not any(self._left(row.cells) > 1 for row in telling.rows):
            return None
        traces: dict[int, int] = {}
        sent_ones: dict[int, int] = {}
        folds = [self._fold(fold, traces, sent_ones, telling) for fold in telling.folds]
        return [steps([*traces]), steps([*sent_ones]), folds]

    def _left(self, cells: list[Cell]) -> int:
        return sum(self._has(cell) for cell in cells)

    def _has(self, cell: Cell) -> bool:
        return cell.outcome != "unsupported" and self._evidence.record(cell) is not None

    def _fold(
        self, fold: Fold, traces: dict[int, int], sent_ones: dict[int, int], telling: Telling
    ) -> list[object]:
        groups = {
            cell.backend.id: place
            for place, cells in enumerate(fold.row.groups())
            for cell in cells
        }
        rows = []
        for row in fold.rows:
            entry = [[self._trace(cell, traces) for cell in row.cells]]
            kept = [self._sent(cell, sent_ones, brief=telling.brief) for cell in row.cells]
            if any(place != NONE for place in kept):
                entry.append(kept)
            rows.append(entry)
        return [[groups[cell.backend.id] for cell in fold.row.cells], rows]

    def _trace(self, cell: Cell, traces: dict[int, int]) -> int:
        if not self._has(cell):
            return NONE
        return traces.setdefault(self._rolls.trace(self._evidence.lines(cell)), len(traces))

    def _sent(self, cell: Cell, sent_ones: dict[int, int], *, brief: bool) -> int:
        record = self._evidence.record(cell)
        if record is None or not self._has(cell) or (brief and not cell.concern):
            return NONE
        return sent_ones.setdefault(self._rolls.sent(sent(record)), len(sent_ones))
