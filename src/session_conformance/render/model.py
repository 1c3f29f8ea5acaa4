"""What a report is about: rows of cells, and who differs in each."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING, Literal

from session_conformance.render.marks import DECLARED, MARKS, STALE, UNDECLARED, Mark
from session_conformance.render.variant import in_order, levels
from session_conformance.results import BackendRecord, CaseRecord

if TYPE_CHECKING:
    from collections.abc import Iterator

    from session_conformance.results import Declared, Outcome, Result, Results

Who = Literal["alike", "driver", "database", "mixed", "capability", "unknown"]

WHO: dict[Who, tuple[str, str]] = {
    "driver": ("by driver", "Two drivers of one database differ, while the databases agree."),
    "database": ("by database", "The databases differ; the drivers of each agree."),
    "mixed": ("mixed", "Both databases and the drivers of one database differ."),
    "capability": ("by capability", "Some lack what the case needs; all others did the same."),
    "alike": ("alike", "Every backend that ran it did the same."),
    "unknown": ("not run", "No backend ran it."),
}

_NOT_KNOWN = ("unreachable", "not run")


@dataclass(frozen=True, slots=True)
class Cell:
    """One case x variant x backend; `result` is None where the file holds none."""

    row: str
    case: CaseRecord
    backend: BackendRecord
    result: Result | None

    @property
    def outcome(self) -> Outcome:
        """What happened; a missing result is `unreachable` or `not run`, never blank."""
        if self.result is not None:
            return self.result.outcome
        return "not run" if self.backend.reached else "unreachable"

    @property
    def answer(self) -> str | None:
        """The name of a question's answer."""
        return self.result.answer if self.result else None

    @property
    def mark(self) -> Mark:
        """The looks of the outcome."""
        return MARKS[self.outcome]

    @property
    def sign(self) -> str:
        """The mark's sign; for an answer its letter, by its place in the case's list."""
        if self.outcome != "answered":
            return self.mark.sign
        names = list(self.case.answers)
        place = names.index(self.answer) if self.answer in names else -1
        return chr(ord("A") + place) if 0 <= place < 26 else "#"

    @property
    def word(self) -> str:
        """The outcome, or the answer itself."""
        return self.answer or "answered" if self.outcome == "answered" else self.outcome

    @property
    def expected(self) -> str | None:
        """`d` declared, `u` undeclared, `s` stale, None where there was nothing to declare."""
        if self.result is None:
            return None
        if self.result.verdict == "undeclared":
            return UNDECLARED
        if self.result.verdict == "stale":
            return STALE
        return DECLARED if self.result.declared else None

    @property
    def declared(self) -> Declared | None:
        """The line of the backend's file about this cell."""
        return self.result.declared if self.result else None

    @property
    def concern(self) -> bool:
        """True where this cell makes the run fail."""
        return self.expected in (UNDECLARED, STALE)

    @property
    def known(self) -> bool:
        """True where the cell says something about its backend."""
        return self.outcome not in _NOT_KNOWN

    @property
    def able(self) -> bool:
        """True where the cell says how its backend does it: what is lacking does not."""
        return self.known and self.outcome != "unsupported"

    @property
    def behaviour(self) -> tuple[str, str | None]:
        """What two backends must share to be alike."""
        return self.outcome, self.answer


@dataclass(frozen=True)
class Row:
    """One case x variant on every backend, in the columns' order."""

    name: str
    case: CaseRecord
    variant: str | None
    cells: list[Cell]

    @cached_property
    def who(self) -> Who:
        """Who differs: nobody, the drivers of one database, the databases, or both.

        What a backend cannot do says nothing of how it does it: only where all others agree is the
        row one that differs by capability.
        """
        known = [cell for cell in self.cells if cell.known]
        if not known:
            return "unknown"
        able = [cell for cell in known if cell.able]
        if not able:
            return "alike"
        alike = len({cell.behaviour for cell in able}) == 1
        if alike:
            return "alike" if len(able) == len(known) else "capability"
        databases: dict[str, set[tuple[str, str | None]]] = {}
        for cell in able:
            databases.setdefault(cell.backend.database, set()).add(cell.behaviour)
        if all(len(behaviours) == 1 for behaviours in databases.values()):
            return "database"
        return "driver" if set.intersection(*databases.values()) else "mixed"

    @property
    def differs(self) -> bool:
        """True where not all backends that could did the same."""
        return self.who in ("driver", "database", "mixed")

    @property
    def held(self) -> bool:
        """True where every cell that says something is as the documentation has it."""
        return all(cell.outcome in ("passed", "answered") for cell in self.cells if cell.known)

    @property
    def concerns(self) -> list[Cell]:
        """The cells that make the run fail."""
        return [cell for cell in self.cells if cell.concern]

    def groups(self) -> list[list[Cell]]:
        """Return the cells by behaviour and by whether it was expected.

        What makes the run fail comes first, what passed later and what is lacking last; else it is
        the columns' order.
        """
        found: dict[object, list[Cell]] = {}
        for cell in self.cells:
            key = cell.behaviour, cell.expected, cell.declared
            found.setdefault(key, []).append(cell)
        groups = found.values()
        return sorted(
            groups,
            key=lambda cells: (
                not cells[0].concern,
                cells[0].outcome == "unsupported",
                cells[0].outcome == "passed",
            ),
        )


@dataclass(slots=True)
class Model:
    """A results file, arranged for reading."""

    results: Results
    backends: list[BackendRecord]
    cases: list[CaseRecord]
    rows: list[Row]
    notes: list[Declared] = field(default_factory=list)

    def cells(self) -> Iterator[Cell]:
        """Yield every cell, row by row."""
        for row in self.rows:
            yield from row.cells

    def note(self, cell: Cell) -> int | None:
        """Return the number of the cell's note, counted once over the whole report."""
        return self.notes.index(cell.declared) + 1 if cell.declared else None

    def concerns(self) -> list[Cell]:
        """Return every cell that makes the run fail."""
        return [cell for cell in self.cells() if cell.concern]

    def databases(self) -> list[tuple[str, list[BackendRecord]]]:
        """Return the columns by database: its title and its backends."""
        return [
            (members[0].database_title, members)
            for _, group in groupby(self.backends, lambda backend: backend.database)
            if (members := list(group))
        ]

    def rows_of(self, case: CaseRecord) -> list[Row]:
        """Return the rows of one case."""
        return [row for row in self.rows if row.case is case]


def arrange(results: Results) -> Model:
    """Arrange `results` into rows and columns.

    Columns keep the file's order, grouped by database; rows likewise, by chapter. A result whose
    case or backend has no record of its own (a file put together by hand) still gets its row and
    column.
    """
    backends = _backends(results)
    cases = {case.id: case for case in results.cases}
    variants: dict[str, dict[str | None, None]] = {}
    for case in results.cases:
        names: list[str | None] = [*case.variants] or [None]
        variants[case.id] = dict.fromkeys(names)
    found: dict[tuple[str, str | None, str], Result] = {}
    for result in results.results:
        if result.case not in cases:
            cases[result.case] = _unknown_case(result.case)
            variants[result.case] = {}
        variants[result.case].setdefault(result.variant)
        key = result.case, result.variant, result.backend
        former = found.get(key)
        # A cell told twice keeps what makes the run fail.
        if former is None or former.verdict == "expected":
            found[key] = result
    rows = []
    known = levels(results)
    chapters = {name: n for n, name in enumerate(dict.fromkeys(c.chapter for c in cases.values()))}
    ordered = sorted(cases.values(), key=lambda case: chapters[case.chapter])
    for case in ordered:
        for variant in in_order(variants[case.id], known):
            name = case.id if variant is None else f"{case.id}/{variant}"
            cells = [
                Cell(name, case, backend, found.get((case.id, variant, backend.id)))
                for backend in backends
            ]
            rows.append(Row(name, case, variant, cells))
    model = Model(results, backends, ordered, rows)
    declared = (cell.declared for cell in model.cells())
    model.notes = list(dict.fromkeys(note for note in declared if note))
    return model


def _backends(results: Results) -> list[BackendRecord]:
    known = {backend.id: backend for backend in results.backends}
    for result in results.results:
        if result.backend not in known:
            known[result.backend] = BackendRecord(
                id=result.backend,
                title=result.backend,
                database=result.backend,
                database_title=result.backend,
                driver="",
                reached=True,
            )
    first = list(dict.fromkeys(backend.database for backend in known.values()))
    order = {database: place for place, database in enumerate(first)}
    return sorted(known.values(), key=lambda backend: order[backend.database])


def _unknown_case(name: str) -> CaseRecord:
    return CaseRecord(
        id=name,
        what="promise",
        chapter=name.partition(".")[0],
        text="",
        docs="",
        source="",
        code="",
    )
