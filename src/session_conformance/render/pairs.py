"""How many rows two backends answer differently, for every two of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from session_conformance.render.model import Model
    from session_conformance.results import BackendRecord


@dataclass(frozen=True, slots=True)
class Pairs:
    """Counts by the places of two columns, the left one first; what is missing is none."""

    backends: list[BackendRecord]
    counts: dict[tuple[int, int], int]

    def count(self, one: int, other: int) -> int:
        """Return in how many rows the columns at two places came out differently."""
        return self.counts.get((min(one, other), max(one, other)), 0)


def pairs(model: Model) -> Pairs:
    """Count the rows, promises and questions alike, in which two backends did different things.

    A row counts for those alone that ran it and could: what one of them lacks is no difference in
    how it is done.
    """
    counts: Counter[tuple[int, int]] = Counter()
    for row in model.rows:
        found: dict[object, list[int]] = {}
        for place, cell in enumerate(row.cells):
            if cell.able:
                found.setdefault(cell.behaviour, []).append(place)
        for these, those in combinations(found.values(), 2):
            counts.update((min(one, other), max(one, other)) for one in these for other in those)
    return Pairs(model.backends, dict(counts))
