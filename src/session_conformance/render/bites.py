"""What will bite, for every pair of databases at once: each difference told once."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations
from typing import TYPE_CHECKING

from session_conformance.advice import HURTS, advice
from session_conformance.render.differences import by_name, hurt, said
from session_conformance.render.phenomena import phenomena

if TYPE_CHECKING:
    from session_conformance.render.differences import ByName
    from session_conformance.render.phenomena import Block
    from session_conformance.results import BackendRecord, CaseRecord, Results

#: Two sides by their places in the list of all.
Pair = tuple[int, int]


@dataclass(slots=True)
class Fold:
    """Ways of a case that came out alike: who did what, and the pairs that differ in it."""

    ways: list[str]
    groups: list[tuple[str, list[int]]]
    pairs: set[Pair]


@dataclass(slots=True)
class Bite:
    """One case, for the pairs which it hurts as much as `hurts` says."""

    case: CaseRecord
    hurts: str
    pairs: set[Pair] = field(default_factory=set)
    folds: list[Fold] = field(default_factory=list)

    @property
    def advice(self) -> str:
        """What to write instead, empty where nobody wrote it down."""
        known = advice().get(self.case.id)
        return known.text if known else ""


@dataclass(frozen=True)
class Bites:
    """Every difference between two sides; a side is a backend at its default isolation level."""

    sides: list[BackendRecord]
    by_hurts: dict[str, list[Bite]]

    @property
    def pairs(self) -> list[Pair]:
        """Every two sides."""
        return list(combinations(range(len(self.sides)), 2))

    @cached_property
    def names(self) -> list[str]:
        """What the sides are called: database, and driver where there are several of it."""
        often = Counter(side.database for side in self.sides)
        return [
            side.database_title
            if often[side.database] == 1
            else f"{side.database_title} {side.title}"
            for side in self.sides
        ]

    def name(self, side: int) -> str:
        """Return what a side is called."""
        return self.names[side]

    def word(self, side: int) -> str:
        """Return what a side is called in an address: its database, its id where not alone."""
        backend = self.sides[side]
        first = next(one for one in self.sides if one.database == backend.database)
        return backend.database if backend is first else backend.id

    def count(self, pair: Pair, hurts: str | None = None) -> int:
        """Return in how many cases a pair differs, or in how many of those that hurt so."""
        return sum(
            pair in bite.pairs
            for name, found in self.by_hurts.items()
            if hurts in (None, name)
            for bite in found
        )

    def worst(self, pair: Pair) -> str | None:
        """Return how much a pair's worst difference hurts."""
        return next((name for name in self.by_hurts if self.count(pair, name)), None)


def bites(results: Results) -> Bites:
    """Return what bites between any two databases of a run, the worst first."""
    sides = _sides(results)
    named = by_name(results)
    mine = [named.get(side.id, {}) for side in sides]
    found: dict[tuple[str, str], Bite] = {}
    ways: dict[str, set[str]] = defaultdict(set)
    for known in mine:
        for case_id, way in known:
            ways[case_id].add(way)
    for case in results.cases:
        _add(found, case, sorted(ways[case.id]), mine)
    by_hurts: dict[str, list[Bite]] = {name: [] for name in HURTS}
    for bite in sorted(found.values(), key=lambda bite: bite.case.id):
        by_hurts[bite.hurts].append(bite)
    return Bites(sides, {name: found for name, found in by_hurts.items() if found})


def _sides(results: Results) -> list[BackendRecord]:
    """Return the first backend of each database, and others that isolate otherwise by default."""
    reached = {backend.id: backend for backend in results.backends if backend.reached}
    found: list[tuple[BackendRecord, Block | None]] = []
    first = {backend.database: backend for backend in reversed(reached.values())}
    blocks = {block.backends[0].id: block for block in phenomena(results).blocks}
    for backend in reached.values():
        block = blocks.get(backend.id)
        known = [other for side, other in found if side.database == backend.database]
        others = block is not None and not any(other and block.by_default(other) for other in known)
        if first[backend.database] is backend or others:
            found.append((backend, block))
    return [backend for backend, _ in found]


def _add(
    found: dict[tuple[str, str], Bite], case: CaseRecord, ways: list[str], mine: list[ByName]
) -> None:
    hurts: dict[Pair, str] = {}
    folds: list[Fold] = []
    for way in ways:
        known = {
            side: results[case.id, way]
            for side, results in enumerate(mine)
            if (case.id, way) in results
        }
        differing = set()
        for pair in combinations(known, 2):
            much = hurt(case, known[pair[0]], known[pair[1]])
            if much is not None:
                differing.add(pair)
                hurts[pair] = min(hurts.get(pair, much), much, key=list(HURTS).index)
        if not differing:
            continue
        groups: dict[str, list[int]] = {}
        for side, result in known.items():
            groups.setdefault(said(case, result), []).append(side)
        told = list(groups.items())
        alike = next((fold for fold in folds if fold.groups == told), None)
        if alike is None:
            folds.append(Fold([way], told, differing))
        else:
            alike.ways.append(way)
            alike.pairs |= differing
    for pair, much in hurts.items():
        bite = found.setdefault((much, case.id), Bite(case, much))
        bite.pairs.add(pair)
    for much in set(hurts.values()):
        bite = found[much, case.id]
        bite.folds = [fold for fold in folds if fold.pairs & bite.pairs]
