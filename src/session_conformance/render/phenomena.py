"""What transactions do to each other: levels down, phenomena across, a block for each database."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from session_conformance.phenomenon import PHENOMENON
from session_conformance.render.variant import ONLY, Variant, apart, levels, strength

if TYPE_CHECKING:
    from collections.abc import Iterable

    from session_conformance.results import BackendRecord, CaseRecord, Result, Results

#: What stands in a cell for each answer: one word, and what it says.
WORDS = {
    "allowed": ("allowed", "It happened, and every transaction that it concerns committed."),
    "prevented-by-an-error": (
        "error",
        "A transaction was refused with an error and rolled back.",
    ),
    "prevented-by-waiting": ("waits", "A transaction waited for the other one; none failed."),
    "prevented-by-visibility": (
        "version",
        "Nobody waited and nobody failed; a version was read that fits.",
    ),
}

#: The ways in which a phenomenon is tried.
WAYS = {
    "dml": "with UPDATE, INSERT and DELETE statements",
    "uow": "with objects that a Session loads, changes and flushes",
}

_NAME = re.compile(r"\(([^)]+)\)\?$")
# What the literature calls phenomena, as the ids of questions begin: Adya, Berenson, Bailis, Elle.
_LITERATURE = {"g-single": "G-single", "a3": "A3", "int": "INT", "pmp": "PMP", "g2": "G2"}


@dataclass(frozen=True, slots=True)
class Phenomenon:
    """A question about a phenomenon, and what its column is called."""

    case: CaseRecord
    name: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a phenomenon, tried in one or several ways that came out alike."""

    name: str
    ways: list[str]
    variant: str | None
    undeclared: bool

    @property
    def word(self) -> str:
        """What stands in the cell."""
        return WORDS[self.name][0]


@dataclass(slots=True)
class Level:
    """An isolation level, maybe in a configuration, with the results by case and way."""

    name: str
    configuration: str | None
    results: dict[str, dict[str, list[Result]]] = field(default_factory=dict)

    @property
    def condition(self) -> str:
        """The level with its configuration."""
        return ", ".join(word for word in (self.name, self.configuration) if word)

    def answers(self, case: CaseRecord) -> list[Answer]:
        """Return the different answers to a question, in the order of its ways."""
        by_answer: dict[str, dict[str, list[Result]]] = {}
        for way, results in sorted(self.results.get(case.id, {}).items()):
            by_answer.setdefault(results[0].answer or "", {})[way] = results
        return [
            Answer(
                name,
                list(by_way),
                next(iter(by_way.values()))[0].variant,
                any(one.verdict != "expected" for found in by_way.values() for one in found),
            )
            for name, by_way in by_answer.items()
        ]


@dataclass(slots=True)
class Block:
    """The drivers of one database that answer alike at each level that several of them offer."""

    backends: list[BackendRecord]
    by_condition: dict[str, Level]

    @property
    def levels(self) -> list[Level]:
        """The levels from the weakest, each before its configurations."""
        return sorted(self.by_condition.values(), key=lambda level: strength(level.condition))

    def default(self, level: Level) -> bool:
        """Tell whether a transaction has this level where nobody asks for one."""
        return level.condition == self.backends[0].default_isolation_level

    def alike(self, levels: dict[str, Level]) -> bool:
        """Tell whether another backend answers as these do at each level that both offer."""
        return all(
            _said(self.by_condition[name]) == _said(levels[name])
            for name in self.by_condition.keys() & levels.keys()
        )

    def by_default(self, other: Block) -> bool:
        """Tell whether another block answers alike at the level that both have by default."""
        mine, theirs = (
            next((_said(one) for one in block.levels if block.default(one) or one.name == ONLY), {})
            for block in (self, other)
        )
        return mine == theirs

    def add(self, backend: BackendRecord, levels: dict[str, Level]) -> None:
        """Take in a backend that answers alike."""
        self.backends.append(backend)
        for name, level in levels.items():
            known = self.by_condition.setdefault(name, level)
            if known is level:
                continue
            for case, by_way in level.results.items():
                for way, results in by_way.items():
                    known.results[case][way] += results


@dataclass(frozen=True, slots=True)
class Phenomena:
    """The whole page: its columns, and its blocks."""

    columns: list[Phenomenon]
    blocks: list[Block]

    def asked(self, block: Block) -> list[Phenomenon]:
        """Return the columns of which a block has an answer."""
        return [
            column
            for column in self.columns
            if any(column.case.id in level.results for level in block.levels)
        ]

    @property
    def words(self) -> list[str]:
        """The answers that occur."""
        found = {
            results[0].answer
            for block in self.blocks
            for level in block.levels
            for by_way in level.results.values()
            for results in by_way.values()
        }
        return [name for name in WORDS if name in found]


def phenomena(results: Results) -> Phenomena:
    """Return what a run found out about phenomena."""
    cases = [case for case in results.cases if set(case.answers) == set(PHENOMENON)]
    # As in the suite, also after a run in another order.
    cases.sort(key=_place)
    names = _names(cases)
    columns = [Phenomenon(case, names[case.id]) for case in cases]
    return Phenomena(columns, _blocks(results, {case.id for case in cases}))


def _names(cases: Iterable[CaseRecord]) -> dict[str, str]:
    """Return what the columns are called: the literature's name, and more where several bear it."""
    named = {case.id: _NAME.search(case.text) for case in cases}
    short = {
        case: found.group(1) if found else _literature(case.partition(".")[2])
        for case, found in named.items()
    }
    often = Counter(short.values())
    names = {}
    for case, name in short.items():
        tail = case.partition(".")[2]
        rest = tail.removeprefix(name.lower()).strip("-")
        names[case] = name if name and often[name] == 1 else f"{name} {rest}".strip()
    return names


def _place(case: CaseRecord) -> tuple[str, int]:
    path, _, line = (case.source or "").rpartition(":")
    return path, int(line) if line.isdecimal() else 0


def _literature(tail: str) -> str:
    """Return the literature's name of what an id speaks of, empty where it has none."""
    return next((name for start, name in _LITERATURE.items() if tail.startswith(start)), "")


def _blocks(results: Results, wanted: set[str]) -> list[Block]:
    known = levels(results)
    by_backend: dict[str, dict[str, Level]] = {}
    for result in results.results:
        if result.case not in wanted or result.answer is None:
            continue
        variant = apart(result.variant, known)
        condition = variant if variant.level else Variant("", variant.way)
        by_condition = by_backend.setdefault(result.backend, {})
        level = by_condition.setdefault(
            condition.condition, Level(condition.level or "", condition.configuration)
        )
        level.results.setdefault(result.case, {}).setdefault(condition.way, []).append(result)
    blocks: list[Block] = []
    for backend in results.backends:
        found = by_backend.get(backend.id)
        if not found:
            continue
        for block in blocks:
            if block.backends[0].database == backend.database and block.alike(found):
                block.add(backend, found)
                break
        else:
            blocks.append(Block([backend], found))
    return blocks


def _said(level: Level) -> dict[str, dict[str, str | None]]:
    return {
        case: {way: results[0].answer for way, results in by_way.items()}
        for case, by_way in level.results.items()
    }
