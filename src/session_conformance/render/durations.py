"""How long cells took, and where that is on the axis of a plot."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from session_conformance.render.marks import seconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from session_conformance.render.column import Column
    from session_conformance.render.model import Cell, Row

#: The axis goes from a millisecond to ten seconds, so many units to each tenfold.
DECADE = 60
END = 4 * DECADE
#: As wide as a dot is drawn; what would lie on another one is left out.
DOT = 6
#: Less is the machine's doing: a time that many times another one, and so many seconds more.
TIMES, MORE = 4, 0.1
#: Nobody asks why a case took less.
LONG = 0.5

_NOTHING_DONE = ("unsupported", "unreachable", "not run")


@dataclass(frozen=True, slots=True)
class Timing:
    """A line of a plot: whose times, in seconds; `usual` is what to hold them against."""

    name: str
    times: list[float]
    usual: float | None = None
    longest: Row | None = None

    @property
    def dots(self) -> str:
        """The SVG path of a dot for each time."""
        return dots(self.times)

    @property
    def mark(self) -> str:
        """The SVG path of what is usual, empty where nothing is."""
        return "" if self.usual is None else f"M{place(self.usual)} 1v10"

    @property
    def median(self) -> float:
        """The time in the middle, in seconds."""
        return median(self.times)

    @property
    def words(self) -> str:
        """The shortest and the longest: `4 ms to 62 ms`."""
        shortest, longest = seconds(min(self.times)), seconds(max(self.times))
        return shortest if shortest == longest else f"{shortest} to {longest}"


def place(value: float) -> int:
    """Return where a time, in seconds, is on the axis."""
    return min(END, max(0, round(DECADE * math.log10(max(value, 1e-9) * 1000))))


def dots(times: Iterable[float]) -> str:
    """Return the SVG path of a dot for each time: closed lines of no length, with round ends."""
    places = sorted({place(value) // DOT * DOT for value in times})
    return "".join(f"M{where} 6z" for where in places)


def of_case(rows: Sequence[Row]) -> list[Timing]:
    """Return a line for each database: what a case took through each driver, in their order.

    A case with variants took what the one in the middle took.
    """
    found: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        for cell in row.cells:
            if (value := _taken(cell)) is not None:
                found[cell.backend.database_title][cell.backend.id].append(value)
    return [
        Timing(database, [median(times) for times in drivers.values()])
        for database, drivers in found.items()
    ]


def tells(timings: Sequence[Timing]) -> bool:
    """Tell whether there is something to see: a long time, or drivers that are far apart."""
    return any(
        max(one.times) >= LONG
        or max(one.times) >= max(TIMES * min(one.times), min(one.times) + MORE)
        for one in timings
    )


def together(timings: Sequence[Timing]) -> str:
    """Return the shortest and the longest of all lines, empty where there is none."""
    times = [value for one in timings for value in one.times]
    return Timing("", times).words if times else ""


def of_backend(column: Column) -> list[Timing]:
    """Return a line for each chapter: what its cells took, beside the other drivers' median."""
    own: dict[str, list[tuple[float, Row]]] = defaultdict(list)
    others: dict[str, list[float]] = defaultdict(list)
    for row, cell in column.cells:
        here = _taken(cell)
        if here is None:
            continue
        own[row.case.chapter].append((here, row))
        others[row.case.chapter] += [
            taken
            for other in row.cells
            if other.backend.database == cell.backend.database
            and other is not cell
            and (taken := _taken(other)) is not None
        ]
    found = []
    for chapter, cells in own.items():
        times = [value for value, _ in cells]
        longest = max(cells, key=lambda one: one[0])[1]
        usual = median(others[chapter]) if others[chapter] else None
        found.append(Timing(chapter, times, usual, longest))
    return found


def _taken(cell: Cell) -> float | None:
    if cell.result is None or cell.outcome in _NOTHING_DONE or not cell.result.seconds:
        return None
    return cell.result.seconds
