"""Failures folded into what they have in common, so that one cause is read once."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from session_conformance.capability import CAPABILITIES
from session_conformance.death import place
from session_conformance.faults import signatures
from session_conformance.levels import levels
from session_conformance.render.likely import advice_for
from session_conformance.render.reference import first_difference, reference

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from session_conformance.render.model import Cell, Model, Row
    from session_conformance.render.reference import Difference

#: From this share of what a known fault breaks, and as much of what is broken, it is recognised.
ALIKE = 0.4

# What differs from cell to cell in words that are else the same.
_GENERATED = re.compile(r"0x[0-9a-f]+|'[^']*'|\"[^\"]*\"|\b\d+(\.\d+)*\b|/\S+")


@dataclass(slots=True)
class Cause:
    """What several failing cells have in common.

    `title` says what is wrong, in a sentence; `likely` is a guess by the cells that fail, `advice`
    what to do where that is known. `cells` begin with the one to look at first.
    """

    title: str
    cells: list[Cell]
    likely: str | None = None
    advice: str | None = None
    rows: dict[str, Row] = field(default_factory=dict)

    @property
    def first(self) -> Cell:
        """The cell to look at first."""
        return self.cells[0]


@dataclass(frozen=True, slots=True)
class _Failing:
    cell: Cell
    row: Row
    difference: Difference | None

    @property
    def message(self) -> str:
        detail = self.cell.result.detail if self.cell.result else None
        return detail.message if detail else ""

    @property
    def opening(self) -> str:
        return self.message.partition("\n")[0]

    @property
    def exception(self) -> str | None:
        detail = self.cell.result.detail if self.cell.result else None
        return detail.exception if detail else None


def causes(model: Model) -> list[Cause]:
    """Return what the cells that make a run fail have in common: what mends most comes first.

    Cells in which the interpreter died, or that hung, belong to the place where; those whose
    capability does not work to that; then those that a known fault breaks, then those of one
    exception, of one difference in what reached the database, of one chapter.
    """
    failing = [
        _Failing(cell, row, _difference(model, cell, row))
        for row in model.rows
        for cell in row.cells
        if cell.concern
    ]
    found: list[Cause] = []
    by_backend: dict[str, list[_Failing]] = defaultdict(list)
    for one in failing:
        by_backend[one.cell.backend.id].append(one)
    for left in by_backend.values():
        found += _of_backend(model, left)
    return sorted(found, key=lambda cause: -len(cause.cells))


def _difference(model: Model, cell: Cell, row: Row) -> Difference | None:
    return first_difference(cell, reference(cell, row, model.results.traces), model.results.traces)


def _of_backend(model: Model, left: list[_Failing]) -> list[Cause]:
    ends: dict[str, list[_Failing]] = defaultdict(list)
    for one in left:
        if title := _end(one):
            ends[title].append(one)
    found = [_cause(title, group) for title, group in ends.items()]
    left = [one for one in left if _end(one) is None]
    for name in CAPABILITIES:
        probes = [one for one in left if one.message.startswith(f"Declared {name} = ")]
        if not probes:
            continue
        needing = [one for one in left if name in one.cell.case.needs]
        left = [one for one in left if one not in probes and one not in needing]
        cause = _cause(probes[0].message, [*probes, *needing], first=probes[0])
        cause.advice = _about(name, probes[0].message)
        cause.likely = next(iter(_likely({one.cell.case.id for one in [*probes, *needing]})), None)
        found.append(cause)
    recognised, left = _known_faults(model, left)
    found += recognised
    for key in (_by_exception, _by_difference, _by_chapter):
        groups: dict[Hashable, list[_Failing]] = defaultdict(list)
        for one in left:
            groups[key(one)].append(one)
        left = groups.pop(None, [])
        # What stands alone may have company by another of its sides.
        for shared, group in groups.items():
            if len(group) == 1 and key is not _by_chapter:
                left += group
            else:
                found.append(_cause(_title(key, shared, group), group))
    return found


def _end(one: _Failing) -> str | None:
    """Tell where a cell came to an end that no exception is told of, None where it did not."""
    detail = one.cell.result.detail if one.cell.result else None
    frames = detail.traceback.splitlines() if detail and detail.traceback else []
    if one.cell.outcome == "crashed":
        return detail.message.replace(" in this cell", "") if detail else None
    if one.cell.outcome != "timeout":
        return None
    at = next((shown for line in reversed(frames) if (shown := place(line))), None)
    return f"A call does not return: {at}." if at else None


def _likely(failing: set[str]) -> list[str]:
    """Return the faults, in words, that break much the same cases as fail, the likest first."""
    scored = [(len(one.cases & failing) / len(one.cases | failing), one) for one in signatures()]
    found = [(score, one.what) for score, one in scored if score >= ALIKE]
    return list(dict.fromkeys(what for _, what in sorted(found, key=lambda pair: -pair[0])))


def _about(capability: str, message: str) -> str:
    if message.startswith(f"Declared {capability} = false"):
        return f"Set `{capability} = true` under [capabilities] in the backend's file."
    return (
        f"If the driver does not offer this, set `{capability} = false` under [capabilities] in "
        "its backend file. Else mend it first: every case that needs it fails with it."
    )


def _cause(title: str, group: list[_Failing], first: _Failing | None = None) -> Cause:
    ordered = sorted(group, key=_ease)
    if first is not None:
        ordered = [first, *(one for one in ordered if one is not first)]
    lead = ordered[0]
    line = lead.difference.mine if lead.difference else None
    return Cause(
        title=title,
        cells=[one.cell for one in ordered],
        advice=advice_for(lead.cell, line),
        rows={one.cell.row: one.row for one in ordered},
    )


def _ease(one: _Failing) -> tuple[int, int, int]:
    """Tell how soon a failure is understood: what asks for least comes first, then the shortest."""
    names = [level.name for level in levels()]
    level = one.cell.case.level
    sessions = 1 + (one.cell.case.chapter in ("isolation", "concurrency", "pessimistic-locking"))
    place = names.index(level) if level in names else 0
    return sessions, place, len(one.cell.case.code)


def _known_faults(model: Model, left: list[_Failing]) -> tuple[list[Cause], list[_Failing]]:
    """Recognise faults by the cases that they break; return causes and what is not explained."""
    ran = {cell.case.id for cell in model.cells() if cell.known and cell.outcome != "unsupported"}
    found: list[Cause] = []
    while left:
        failing = {one.cell.case.id for one in left}
        scored: list[tuple[float, str, frozenset[str]]] = []
        seen = {case for one in signatures() for case in one.cases} & failing
        for one in signatures():
            breaks = one.cases & ran
            together = breaks & seen
            if len(together) >= min(2, len(breaks)) and breaks:
                scored.append((len(together) / len(breaks | seen), one.what, breaks))
        best = max((score for score, _, _ in scored), default=0.0)
        if best < ALIKE:
            break
        likely = list(dict.fromkeys(what for score, what, _ in scored if score > best - 0.05))
        cases = frozenset().union(*(breaks for score, _, breaks in scored if score > best - 0.05))
        group = [one for one in left if one.cell.case.id in cases]
        # Plain, and broken by few faults: it says most.
        lead = min(group, key=lambda one: (*_ease(one)[:2], _rarity(one.cell.case.id)))
        cause = _cause(_sentence(lead), group, first=lead)
        cause.likely = " Or: ".join(likely[:3])
        found.append(cause)
        left = [one for one in left if one not in group]
    return found, left


def _rarity(case: str) -> int:
    """Tell how many faults break a case: the fewer, the more it says."""
    return sum(case in one.cases for one in signatures())


def _sentence(one: _Failing) -> str:
    return one.cell.case.text if one.cell.case.what == "promise" else one.message or one.cell.word


def _by_exception(one: _Failing) -> Hashable:
    if one.exception is None:
        return None
    return one.exception, _GENERATED.sub("…", one.opening)[:100]


def _by_difference(one: _Failing) -> Hashable:
    if one.difference is None:
        return None
    mine, theirs = one.difference.mine, one.difference.theirs
    if mine is not None and mine.error is not None:
        return "refused", mine.verb, _GENERATED.sub("…", mine.error)[:80]
    if mine is not None and theirs is not None and mine.verb == theirs.verb:
        return "rows", mine.verb, mine.counted, theirs.counted
    return "lines", theirs.verb if theirs else None, mine.verb if mine else None


def _by_chapter(one: _Failing) -> Hashable:
    return one.cell.case.chapter, one.cell.outcome


def _title(key: Callable[[_Failing], Hashable], name: Hashable, group: list[_Failing]) -> str:
    if key is _by_exception:
        return Counter(one.opening for one in group).most_common(1)[0][0]
    if key is _by_difference:
        return _told(name)
    if len(group) == 1:
        return _sentence(group[0])
    return f"{len(group)} cells of the chapter {group[0].cell.case.chapter}"


def _told(name: Hashable) -> str:
    match name:
        case ("refused", verb, error):
            text = f"{verb} is refused: {error}"
        case ("rows", verb, mine, theirs) if mine != theirs:
            text = f"{verb} reports {mine} rows where a healthy driver reports {theirs}"
        case ("rows", verb, _, _):
            text = f"{verb} is sent in other words than by a healthy driver"
        case ("lines", None, mine):
            text = f"{mine} is sent where a healthy driver has ended"
        case ("lines", theirs, None):
            text = f"{theirs} is missing, which a healthy driver sends"
        case ("lines", theirs, mine):
            text = f"{mine} is sent where a healthy driver sends {theirs}"
        case _:
            text = str(name)
    return text
