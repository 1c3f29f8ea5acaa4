"""What changed between two runs, result by result."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from session_conformance.render.marks import DECLARED, STALE, UNDECLARED
from session_conformance.render.model import Cell, Model, Row, arrange
from session_conformance.render.moved import Moved, moved
from session_conformance.shard import Shard

if TYPE_CHECKING:
    from session_conformance.results import BackendRecord, CaseRecord, Results, Run

Kind = Literal["failing", "otherwise", "passing", "answers", "declared"]
Side = Literal["old", "new", "both"]

KINDS: dict[Kind, tuple[str, str]] = {
    "failing": (
        "newly failing",
        "Undeclared now, or with a worse outcome than before, be it declared or not.",
    ),
    "otherwise": ("failing otherwise", "It failed before and it fails now, in another way."),
    "passing": ("newly passing", "Failed, declared or lacking before, and as it should be now."),
    "answers": ("answers changed", "Another of the question's answers is given now."),
    "declared": (
        "newly declared",
        "The backend's file names it now, as a difference or as something that it lacks.",
    ),
}

#: From what should be to what says least.
RANK = {
    "passed": 0,
    "answered": 0,
    "unsupported": 1,
    "failed": 2,
    "error": 3,
    "timeout": 4,
    "crashed": 5,
}


@dataclass(frozen=True, slots=True)
class Change:
    """One result that is not what it was."""

    kind: Kind
    row: Row
    old: Cell
    new: Cell


@dataclass(frozen=True, slots=True)
class Gap:
    """Results of a backend that cannot be compared; `side` is the run that lacks them."""

    backend: BackendRecord
    side: Side
    why: str
    count: int


@dataclass(frozen=True)
class Changes:
    """Two runs of one suite, joined on case, variant and backend.

    `joined` counts the results that both have, `same` those that came out alike. `fresh` are cells
    that make the new run fail and have nothing to be compared with: new cases, new backends, and
    what the older run could not tell.
    """

    old: Model
    new: Model
    moved: Moved
    changes: list[Change]
    joined: int
    fresh: list[tuple[Row, Cell]]
    new_rows: list[Row]
    gone_rows: list[Row]
    new_columns: list[BackendRecord]
    gone_columns: list[BackendRecord]
    gaps: list[Gap]

    @cached_property
    def by_kind(self) -> dict[Kind, list[Change]]:
        """The changes by kind, worst first; kinds without any are left out."""
        found = {kind: [one for one in self.changes if one.kind == kind] for kind in KINDS}
        return {kind: changes for kind, changes in found.items() if changes}

    @property
    def same(self) -> int:
        """How many results came out alike."""
        return self.joined - len(self.changes)

    @cached_property
    def common(self) -> list[BackendRecord]:
        """The backends that both runs have."""
        known = {backend.id for backend in self.old.backends}
        return [backend for backend in self.new.backends if backend.id in known]

    @cached_property
    def comparable(self) -> list[BackendRecord]:
        """The backends that both runs reached."""
        reached = {backend.id for backend in self.old.backends if backend.reached}
        return [backend for backend in self.common if backend.reached and backend.id in reached]

    @property
    def left(self) -> list[str]:
        """What the new run left behind, where the old one left nothing."""
        before, now = self.old.results.end, self.new.results.end
        return list(now.left) if now and not (before and before.left) else []

    def worse(self, *, strict: bool = False) -> bool:
        """Tell whether anything got worse; what is new and fails counts only if `strict`."""
        return "failing" in self.by_kind or bool(self.left) or (strict and bool(self.fresh))

    @property
    def swapped(self) -> bool:
        """True where the run that should be the older one began later."""
        return self.old.results.run.started > self.new.results.run.started

    def of_case(self, case: CaseRecord) -> list[Change]:
        """Return the changes of one case."""
        return self._by_case.get(case.id, [])

    @cached_property
    def _by_case(self) -> dict[str, list[Change]]:
        found: dict[str, list[Change]] = defaultdict(list)
        for change in self.changes:
            found[change.row.case.id].append(change)
        return found


def changes(old: Results, new: Results) -> Changes:
    """Compare two runs; totals play no part in it."""
    before, now = arrange(old), arrange(new)
    theirs = {identity(row): row for row in before.rows}
    common = {backend.id for backend in before.backends} & {b.id for b in now.backends}
    found: list[Change] = []
    fresh: list[tuple[Row, Cell]] = []
    gaps: Counter[tuple[str, Side, str]] = Counter()
    joined = 0
    for row in now.rows:
        earlier = theirs.get(identity(row))
        former = {cell.backend.id: cell for cell in earlier.cells} if earlier else {}
        for cell in row.cells:
            old_cell = former.get(cell.backend.id)
            if old_cell is not None and old_cell.known and cell.known:
                joined += 1
                what = kind(old_cell, cell)
                if what is not None:
                    found.append(Change(what, row, old_cell, cell))
                continue
            if cell.concern and cell.known:
                fresh.append((row, cell))
            if old_cell is not None:
                gaps[_gap(old_cell, cell, before, now)] += 1
    new_rows, left_out = _only(now, before, common, "old")
    gaps.update(left_out)
    gone_rows, left_out = _only(before, now, common, "new")
    gaps.update(left_out)
    return Changes(
        old=before,
        new=now,
        moved=moved(old, new),
        changes=found,
        joined=joined,
        fresh=fresh,
        new_rows=new_rows,
        gone_rows=gone_rows,
        new_columns=[backend for backend in now.backends if backend.id not in common],
        gone_columns=[backend for backend in before.backends if backend.id not in common],
        gaps=_gaps(gaps, now),
    )


def identity(row: Row) -> tuple[str, str | None]:
    """Return what tells a row from all others, in any run."""
    return row.case.id, row.variant


def kind(old: Cell, new: Cell) -> Kind | None:
    """Return what a change is called, None where a result is what it was."""
    before, after = RANK[old.outcome], RANK[new.outcome]
    if new.expected == UNDECLARED and old.expected != UNDECLARED:
        return "failing"
    if after < before:
        return _lesser(after)
    if after > before:
        # What was lacking is tried now, and what came of it is in the backend's file.
        return "declared" if old.outcome == "unsupported" and not new.concern else "failing"
    if old.outcome == new.outcome == "answered" and old.answer != new.answer:
        return "answers"
    return _expected(old, new)


def _lesser(after: int) -> Kind:
    if after == RANK["passed"]:
        return "passing"
    return "declared" if after == RANK["unsupported"] else "otherwise"


def _expected(old: Cell, new: Cell) -> Kind | None:
    """Return what it is called that a result is the same, and expected or not in another way."""
    if new.expected == STALE and old.expected != STALE:
        return "failing"
    if old.concern and not new.concern:
        return "declared" if new.expected == DECLARED else "passing"
    return None


def _gap(old: Cell, new: Cell, before: Model, now: Model) -> tuple[str, Side, str]:
    if not old.known and not new.known:
        return new.backend.id, "both", _lack(new, now.results)
    if not old.known:
        return new.backend.id, "old", _lack(old, before.results)
    return new.backend.id, "new", _lack(new, now.results)


def _lack(cell: Cell, results: Results) -> str:
    if not cell.backend.reached or cell.outcome == "unreachable":
        return "not reached"
    return "not run" if results.complete else "cut off"


def _only(
    model: Model, other: Model, common: set[str], side: Side
) -> tuple[list[Row], Counter[tuple[str, Side, str]]]:
    """Return the rows that only `model` has, and which cells the other run was not to have.

    `side` says which of the two the other run is.
    """
    found: list[Row] = []
    left_out: Counter[tuple[str, Side, str]] = Counter()
    rows = {identity(row) for row in other.rows}
    cases = {row.case.id for row in other.rows}
    reached = {backend.id: backend.reached for backend in other.backends}
    run = other.results.run
    # The new run may have been of a few cases only; that none is gone, the suite's hash tells.
    chosen = side == "new" and run.suite_hash == model.results.run.suite_hash
    for row in model.rows:
        if identity(row) in rows:
            continue
        cells = [cell for cell in row.cells if cell.backend.id in common and cell.known]
        why = ""
        if not rows:
            why = "not run"
        elif not _in_share(run, row.case.id):
            why = "left to another shard"
        elif chosen and row.case.id not in cases:
            why = "not chosen"
        if why:
            for cell in cells:
                lack = why if reached[cell.backend.id] else "not reached"
                left_out[cell.backend.id, side, lack] += 1
        elif row.case.id not in cases or any(cell.outcome != "unsupported" for cell in cells):
            found.append(row)
    return found, left_out


def _in_share(run: Run, case: str) -> bool:
    return run.shard is None or Shard.parse(run.shard).takes(case)


def _gaps(counts: Counter[tuple[str, Side, str]], model: Model) -> list[Gap]:
    known = {backend.id: backend for backend in model.backends}
    order = list(known)
    pairs = sorted(counts.items(), key=lambda pair: (order.index(pair[0][0]), pair[0]))
    return [Gap(known[name], side, why, count) for (name, side, why), count in pairs]
