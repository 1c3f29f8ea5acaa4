"""The traces of one row, side by side, ready for the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from session_conformance.render.traces import Line, Step, align

if TYPE_CHECKING:
    from session_conformance.render.behaviour import Behaviour

ABREAST = 3
#: With several sessions each group takes a lane for each of them.
ABREAST_IN_LANES = 2


@dataclass(frozen=True, slots=True)
class Spot:
    """One lane at one step: its line, or that its session waits meanwhile, or nothing."""

    line: Line | None
    waiting: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Groups that stand side by side; `first` is the index of the first step that differs.

    `start` groups stand in the tables before, and `whole` in all of them.
    """

    groups: list[Behaviour]
    steps: list[Step]
    first: int | None
    start: int
    whole: int

    @property
    def sessions(self) -> list[str]:
        """The sessions that take part in any of the groups."""
        return list(dict.fromkeys(name for group in self.groups for name in group.sessions))

    @property
    def several(self) -> bool:
        """True where more than one session speaks, so that each has a lane."""
        return len(self.sessions) > 1

    @property
    def lanes(self) -> list[list[Spot]]:
        """The steps by lane: for each group, for each session, what it does and when it waits."""
        sessions = self.sessions
        waiting: list[set[str]] = [set() for _ in self.groups]
        found = []
        for step in self.steps:
            spots: list[Spot] = []
            for item, asleep in zip(step.lines, waiting, strict=True):
                if item is not None:
                    asleep.discard(item.session)
                spots += [
                    Spot(item) if item and item.session == name else Spot(None, name in asleep)
                    for name in sessions
                ]
                if item is not None and item.waits:
                    asleep.add(item.session)
            found.append(spots)
        return found


def comparison(groups: list[Behaviour]) -> list[Table]:
    """Return groups of equal behaviour in tables of as many as fit side by side."""
    several = any(len(group.sessions) > 1 for group in groups)
    abreast = ABREAST_IN_LANES if several else ABREAST
    found = []
    for start in range(0, len(groups), abreast):
        part = groups[start : start + abreast]
        steps = align([group.lines for group in part])
        found.append(Table(part, steps, _first(part, steps), start, len(groups)))
    return found


def _first(groups: list[Behaviour], steps: list[Step]) -> int | None:
    """Return where a group that did not pass leaves all others; else where any two differ."""
    if groups[0].cells[0].outcome not in ("passed", "answered"):
        for place, step in enumerate(steps):
            if step.keys[0] not in step.keys[1:] and len(groups) > 1:
                return place
    return next((place for place, step in enumerate(steps) if not step.same), None)
