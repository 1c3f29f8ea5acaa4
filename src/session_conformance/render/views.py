"""What the page's parts show: lists of rows and counts, taken from the model."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING

from session_conformance.render.address import cell_anchor
from session_conformance.render.behaviour import Evidence
from session_conformance.render.causes import Cause, causes
from session_conformance.render.column import Column
from session_conformance.render.columns import Columns
from session_conformance.render.folds import Telling
from session_conformance.render.ledger import Ledger
from session_conformance.render.marks import MARKS, Mark, listing
from session_conformance.render.model import WHO, Cell, Model, Row, Who
from session_conformance.render.rolls import Rolls
from session_conformance.render.told import told

if TYPE_CHECKING:
    from session_conformance.render.behaviour import Behaviour
    from session_conformance.render.columns import Span
    from session_conformance.render.folds import Fold
    from session_conformance.results import BackendRecord, CaseRecord


#: So many variants are named where there are more.
FEW = 4
#: Of so many rows on, the traces of what is alike are left to the script, so that the page opens.
MANY = 2000


@dataclass(frozen=True, slots=True)
class Entry:
    """A case with its variants that came out alike, or the one row of a case without variants."""

    case: CaseRecord
    rows: list[Row]

    @property
    def groups(self) -> list[list[Cell]]:
        """The cells by behaviour, of the first of the rows."""
        return self.rows[0].groups()


@dataclass(frozen=True, slots=True)
class Chapter:
    """Rows that stand together in the matrix."""

    name: str
    rows: list[Row]

    @property
    def differing(self) -> int:
        """How many of its rows differ."""
        return sum(row.differs for row in self.rows)


@dataclass(frozen=True, slots=True)
class Page:
    """One case with its neighbours in the order of the matrix."""

    case: CaseRecord
    rows: list[Row]
    before: CaseRecord | None
    after: CaseRecord | None


class Views:
    """The page's lists; each is made once."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.evidence = Evidence(model.results.traces)
        self.heads = Columns(model.backends)
        self.afresh()

    def afresh(self) -> None:
        """Begin another document: it has traces of its own for the script."""
        self.rolls = Rolls()
        self.ledger = Ledger(self.evidence, self.rolls)

    def who(self, cells: list[Cell]) -> str:
        """Return what the backends of `cells` are called together."""
        return self.heads.who([cell.backend for cell in cells])

    def telling(self, page: Page) -> Telling:
        """Return what a case's page tells."""
        return Telling(page.rows, self.evidence, len(self.model.rows) > MANY)

    def rolled(self, groups: list[Behaviour]) -> int:
        """Return the number of a list of traces that only the script shows."""
        return self.rolls.add((self._name(group), group) for group in groups)

    def entered(self) -> str:
        """Return what the script reads: all traces, and who left them."""
        self.rolls.keep(self.ledger.data(self.model.backends))
        return self.rolls.data

    def _name(self, group: Behaviour) -> str:
        cell = group.cells[0]
        who = self.who(group.cells)
        return who if cell.row == cell.case.id else f"{who}: {self.variants(group)}"

    @cached_property
    def dense(self) -> bool:
        """True where there are too many columns for words."""
        return len(self.model.backends) > 8

    @cached_property
    def chapters(self) -> list[Chapter]:
        """The rows by chapter, in the file's order."""
        grouped = groupby(self.model.rows, key=lambda row: row.case.chapter)
        return [Chapter(name, list(rows)) for name, rows in grouped]

    @cached_property
    def pages(self) -> list[Page]:
        """The cases, in the matrix's order."""
        rows: dict[str, list[Row]] = {case.id: [] for case in self.model.cases}
        for row in self.model.rows:
            rows[row.case.id].append(row)
        cases = self.model.cases
        return [
            Page(
                case,
                rows[case.id],
                cases[place - 1] if place else None,
                cases[place + 1] if place + 1 < len(cases) else None,
            )
            for place, case in enumerate(cases)
        ]

    @cached_property
    def columns(self) -> list[Column]:
        """The backends with their cells."""
        return [
            Column(backend, [(row, row.cells[place]) for row in self.model.rows])
            for place, backend in enumerate(self.model.backends)
        ]

    @cached_property
    def outcomes(self) -> list[Mark]:
        """The marks that occur."""
        words = {cell.outcome for cell in self.model.cells()}
        return [mark for word, mark in MARKS.items() if word in words]

    @cached_property
    def expectations(self) -> list[str]:
        """The kinds of expectation that occur: `d`, `u`, `s`."""
        found = {cell.expected for cell in self.model.cells()}
        return [letter for letter in "dus" if letter in found]

    @cached_property
    def whos(self) -> list[Who]:
        """The classes of rows that occur."""
        found = {row.who for row in self.model.rows}
        return [who for who in WHO if who in found]

    def differing(self, who: Who) -> list[Entry]:
        """Return what differs in one way; what makes the run fail comes first."""
        rows = [row for row in self.model.rows if row.who == who]
        return _entries(sorted(rows, key=lambda row: not row.concerns))

    @cached_property
    def lacks(self) -> list[tuple[str, int, list[BackendRecord]]]:
        """What decides the rows that differ by capability: its name, their number, who lacks it."""
        found: dict[str, set[str]] = {}
        backends: dict[str, list[BackendRecord]] = {}
        for row in self.model.rows:
            for cell in row.cells if row.who == "capability" else ():
                need = cell.result.needs if cell.result else None
                if need is None or cell.outcome != "unsupported":
                    continue
                found.setdefault(need, set()).add(row.name)
                lacking = backends.setdefault(need, [])
                if cell.backend not in lacking:
                    lacking.append(cell.backend)
        return sorted(
            ((need, len(rows), backends[need]) for need, rows in found.items()),
            key=lambda lack: (-lack[1], lack[0]),
        )

    @cached_property
    def causes(self) -> list[Cause]:
        """What the failures have in common, where there are several to fold."""
        found = causes(self.model)
        return found if sum(len(cause.cells) for cause in found) > 1 else []

    @cached_property
    def failing(self) -> list[Entry]:
        """What makes the run fail."""
        return _entries([row for row in self.model.rows if row.concerns], apart=True)

    def concerns(self, row: Row) -> list[list[Cell]]:
        """Return the cells of a row that make the run fail; what failed alike stands together."""
        found: dict[object, list[Cell]] = {}
        for cell in row.concerns:
            found.setdefault((cell.behaviour, cell.expected, told(cell)), []).append(cell)
        return list(found.values())

    @cached_property
    def nowhere(self) -> list[Entry]:
        """What is alike and yet not as the documentation has it."""
        return _entries([row for row in self.model.rows if row.who == "alike" and not row.held])

    @cached_property
    def asks(self) -> bool:
        """True where there is a question."""
        return any(case.what == "question" for case in self.model.cases)

    def count(self, who: Who, what: str) -> int:
        """Return how many promises, or questions, are of a class."""
        return sum(row.who == who and row.case.what == what for row in self.model.rows)

    def evidence_of(self, row: Row) -> list[list[Cell]]:
        """Return the cells of a row that have a detail to show; equal details stand together."""
        found: dict[object, list[Cell]] = {}
        for cell in row.cells:
            if _has_evidence(cell):
                found.setdefault((cell.behaviour, cell.expected, told(cell)), []).append(cell)
        return list(found.values())

    def documented(self, page: Page) -> list[tuple[str, str]]:
        """Return where an answer was looked up: databases, and the page that bears it out.

        Last come those that answered where nobody named a page, with an empty one.
        """
        found: dict[str, list[str]] = {}
        without: list[str] = []
        for row in page.rows:
            for cell in row.cells:
                title = cell.backend.database_title
                source = cell.result.answer_source if cell.result else None
                names = found.setdefault(source, []) if source else without
                if cell.outcome == "answered" and title not in names:
                    names.append(title)
        told = {name for names in found.values() for name in names}
        rest = [name for name in without if name not in told]
        pairs = [(", ".join(names), source) for source, names in found.items() if names]
        return [*pairs, *([(", ".join(rest), "")] if rest else [])]

    def asked(self, page: Page) -> list[tuple[str, str, str]]:
        """Return the answers that were given to a question: sign, name, meaning."""
        found = {
            cell.answer: cell.sign
            for row in page.rows
            for cell in row.cells
            if cell.outcome == "answered" and cell.answer
        }
        return [
            (found[name], name, meaning)
            for name, meaning in page.case.answers.items()
            if name in found
        ]

    def names(self, rows: list[Row]) -> str:
        """Return the variants of rows, the first few of them by name."""
        named = [row.variant or "" for row in rows[:FEW]]
        more = [f"{len(rows) - FEW} more"] if len(rows) > FEW else []
        return " · ".join([*named, *more])

    def variants(self, group: Behaviour) -> str:
        """Return the variants in which a group did this, the first few of them by name."""
        prefix = len(group.cells[0].case.id) + 1
        rows = group.rows
        more = [f"{len(rows) - FEW} more"] if len(rows) > FEW else []
        return " · ".join([*(name[prefix:] for name in rows[:FEW]), *more])

    def body(self, case: CaseRecord) -> str:
        """Return a case's code without what its page says already: the decorator's sentences."""
        return re.sub(r"\A@(?:promise|question)\(.*?\n\)\n", "", case.code, flags=re.DOTALL)

    def spans(self, row: Row) -> list[Span]:
        """Return the cells of a row, neighbours that came out alike as one."""
        return self._spans[row.name]

    @cached_property
    def _spans(self) -> dict[str, list[Span]]:
        return {row.name: self.heads.spans(row) for row in self.model.rows}

    @cached_property
    def span_names(self) -> list[str]:
        """What the cells' backends are called, by the numbers of the spans."""
        return self.heads.names if self._spans else []

    def address(self, row: Row, cell: Cell) -> str | None:
        """Return where a cell is told of by itself, None where nothing but its row tells of it."""
        if _has_evidence(cell):
            return cell_anchor(row.case.id, row.variant, cell.backend.id)
        return None

    def ids(self, fold: Fold, cells: list[Cell]) -> list[str]:
        """Return the addresses of cells with evidence, in each variant that came out alike."""
        backends = [cell.backend.id for cell in cells]
        return [
            cell_anchor(row.case.id, row.variant, backend)
            for row in fold.rows
            for backend in backends
        ]

    def raws(self, cells: list[Cell]) -> list[tuple[list[Cell], str]]:
        """Return as it was sent what makes the run fail."""
        return self.evidence.raws([cell for cell in cells if cell.concern])

    def reasons(self, cells: list[Cell]) -> str:
        """Return what cells need that lack a capability."""
        needs = dict.fromkeys(cell.result.needs for cell in cells if cell.result)
        return f"needs {listing([need for need in needs if need])}" if any(needs) else ""

    def unreached(self, cells: list[Cell]) -> list[str]:
        """Return why the backends of cells were not reached."""
        found = (cell.backend.reason for cell in cells if cell.outcome == "unreachable")
        return list(dict.fromkeys(reason for reason in found if reason))


def _has_evidence(cell: Cell) -> bool:
    detail = cell.result.detail if cell.result else None
    return detail is not None and detail.kind != "capability"


def _entries(rows: list[Row], *, apart: bool = False) -> list[Entry]:
    found: dict[object, Entry] = {}
    for row in rows:
        cells = tuple(
            (cell.behaviour, cell.expected, cell.declared, told(cell) if apart else None)
            for cell in row.cells
        )
        found.setdefault((row.case.id, cells), Entry(row.case, [])).rows.append(row)
    return list(found.values())
