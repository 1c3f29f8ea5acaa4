"""A comparison of two runs in sentences and lists, for every form of report alike."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from session_conformance.render.changes import KINDS, RANK, identity
from session_conformance.render.marks import VERDICTS, listing, number, plural
from session_conformance.render.shared import Shared, crowd, shared

if TYPE_CHECKING:
    from session_conformance.render.changes import Changes, Gap, Kind
    from session_conformance.render.model import Cell, Row
    from session_conformance.results import BackendRecord, CaseRecord

#: So many backends are named where more cannot be compared for one reason.
FEW = 4
NOTHING = "The two runs have no result in common, so nothing could be compared."
FRESH = (
    "new cases and backends that fail",
    "There is nothing to compare them with, so they count as worse only with --strict.",
)
SIDES = {"old": "in the old run", "new": "in the new run", "both": "in either run"}


@dataclass(frozen=True, slots=True)
class List:
    """What changed in one way: results by case, each case with what its results share."""

    name: str
    title: str
    meaning: str
    count: int
    cases: list[tuple[CaseRecord, list[Shared]]]


@dataclass(frozen=True)
class Since:
    """What there is to say of a comparison; `strict` is as for `Changes.worse`."""

    found: Changes
    strict: bool = False

    @cached_property
    def lists(self) -> list[List]:
        """The lists that are not empty, the worst first."""
        listed = [self._of_kind(kind) for kind in self.found.by_kind]
        if self.found.fresh:
            cells = [(row, None, cell) for row, cell in self.found.fresh]
            fresh = List("fresh", *FRESH, len(cells), shared(self.found, cells))
            listed.insert(1 if listed and listed[0].name == "failing" else 0, fresh)
        return listed

    def _of_kind(self, kind: Kind) -> List:
        changes = self.found.by_kind[kind]
        cells = [(change.row, change.old, change.new) for change in changes]
        return List(kind, *KINDS[kind], len(changes), shared(self.found, cells))

    def of_case(self, case: CaseRecord) -> list[Shared]:
        """Return what became of one case since the old run."""
        cells = [(one.row, one.old, one.new) for one in self.found.of_case(case)]
        return [part for _, parts in shared(self.found, cells) for part in parts]

    @cached_property
    def rows(self) -> set[tuple[str, str | None]]:
        """The rows of which a result changed, by case and variant."""
        return {identity(one.row) for one in self.found.changes}

    def touched(self, row: Row) -> bool:
        """Tell whether a result of a row, of this arrangement or another, changed."""
        return identity(row) in self.rows

    @property
    def headline(self) -> str:
        """Whether anything got worse, as a sentence."""
        if not self.found.joined:
            return NOTHING
        failing = len(self.found.by_kind.get("failing", ()))
        if failing:
            is_ = "is" if failing == 1 else "are"
            return f"Worse: {plural(failing, 'result')} {is_} newly failing."
        if self.found.left:
            return "Worse: something was left behind."
        if self.found.worse(strict=self.strict):
            new = plural(len(self.found.fresh), "new result")
            return f"Worse, strictly: {new} {'fails' if len(self.found.fresh) == 1 else 'fail'}."
        return "Nothing that can be compared is worse." if self.missing else "Nothing is worse."

    @cached_property
    def counts(self) -> list[tuple[str, str, int]]:
        """What changed and how often: name of its list, words, count; only what there is."""
        found = [
            (
                one.name,
                "answer changed" if one.name == "answers" and one.count == 1 else one.title,
                one.count,
            )
            for one in self.lists
            if one.name != "fresh"
        ]
        if self.found.fresh:
            place = 1 if "failing" in self.found.by_kind else 0
            found.insert(place, ("fresh", "new and failing", len(self.found.fresh)))
        found += [
            (name, words[0] if count == 1 else words[1], count)
            for name, words, count in (
                ("new-cases", ("new case", "new cases"), len(self.new_cases)),
                ("gone-cases", ("case gone", "cases gone"), len(self.gone_cases)),
                ("columns", ("backend new", "backends new"), len(self.found.new_columns)),
                ("columns", ("backend gone", "backends gone"), len(self.found.gone_columns)),
                ("gaps", ("not comparable", "not comparable"), self.missing),
            )
            if count
        ]
        return found

    @property
    def summary(self) -> str:
        """The counts as a sentence."""
        rest = [
            f"{number(count)} {words}" for name, words, count in self.counts if name != "failing"
        ]
        joined = plural(self.found.joined, "compared result")
        same = f"{number(self.found.same)} of {joined} came out alike"
        return f"{same}; {listing(rest)}." if rest else f"{same}."

    @property
    def missing(self) -> int:
        """How many results only one of the runs has, of cases and backends that both know."""
        return sum(gap.count for gap in self.found.gaps if gap.side != "both")

    @cached_property
    def new_cases(self) -> list[tuple[CaseRecord, list[str], str]]:
        """The cases that only the new run has: case, its new variants, what came of them."""
        return _cases(self.found.new_rows)

    @cached_property
    def gone_cases(self) -> list[tuple[CaseRecord, list[str], str]]:
        """The cases that only the old run has, in the same way."""
        return _cases(self.found.gone_rows)

    @cached_property
    def columns(self) -> list[tuple[str, BackendRecord, str]]:
        """The backends that only one run has: `new` or `gone`, the backend, what came of it."""
        found = []
        for word, backends, model in (
            ("new", self.found.new_columns, self.found.new),
            ("gone", self.found.gone_columns, self.found.old),
        ):
            for backend in backends:
                place = model.backends.index(backend)
                found.append((word, backend, _counted([row.cells[place] for row in model.rows])))
        return found

    @cached_property
    def gaps(self) -> list[tuple[str, str, int]]:
        """What could not be compared: whose, why, and how many results."""
        alike: dict[tuple[str, str], list[Gap]] = {}
        for gap in self.found.gaps:
            reason = gap.backend.reason if gap.why == "not reached" and gap.side != "old" else ""
            why = f"{gap.why} {SIDES[gap.side]}{f': {reason}' if reason else ''}"
            alike.setdefault((gap.side, why), []).append(gap)
        told = sorted(alike.items(), key=lambda pair: pair[0][0] == "both")
        return [
            (
                _crowd([gap.backend for gap in gaps], self.found.common),
                why,
                sum(gap.count for gap in gaps),
            )
            for (_, why), gaps in told
        ]


def _crowd(backends: list[BackendRecord], every: list[BackendRecord]) -> str:
    told = crowd(backends, every)
    return told if told.count(",") < FEW else f"{len(backends)} backends"


def _cases(rows: list[Row]) -> list[tuple[CaseRecord, list[str], str]]:
    found: dict[str, tuple[CaseRecord, list[Row]]] = {}
    for row in rows:
        found.setdefault(row.case.id, (row.case, []))[1].append(row)
    return [
        (
            case,
            [row.variant for row in rows if row.variant is not None],
            _counted([cell for row in rows for cell in row.cells]),
        )
        for case, rows in found.values()
    ]


def _counted(cells: list[Cell]) -> str:
    """Return what cells came to: `12 passed, 1 failed (undeclared)`."""
    counts = Counter((cell.outcome, cell.expected) for cell in cells if cell.known)
    words = [
        f"{count} {outcome}" + (f" ({VERDICTS[expected][0]})" if expected else "")
        for (outcome, expected), count in sorted(
            counts.items(), key=lambda one: (RANK[one[0][0]], one[0][1] or "")
        )
    ]
    return ", ".join(words) or "no result"
