"""What the page's parts show: lists of rows and counts, taken from the model."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING

from session_conformance.render.marks import MARKS, Mark
from session_conformance.render.model import WHO, Cell, Model, Row, Who

if TYPE_CHECKING:
    from session_conformance.results import BackendRecord, CaseRecord


def title(backend: BackendRecord) -> str:
    """Return a backend's name for people: database and driver, `MariaDB PyMySQL`."""
    if backend.title.startswith(backend.database_title):
        return backend.title
    return f"{backend.database_title} {backend.title}"


# Where an object lay in memory differs between two runs of one case.
_MEMORY = re.compile(r"0x[0-9a-f]{6,}")


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


@dataclass(frozen=True, slots=True)
class Column:
    """One backend with its cells and their counts."""

    backend: BackendRecord
    cells: list[tuple[Row, Cell]]

    def count(self, word: str) -> int:
        """Return how many cells have the outcome `word`."""
        return sum(cell.outcome == word for _, cell in self.cells)

    @property
    def concerns(self) -> int:
        """How many cells make the run fail."""
        return sum(cell.concern for _, cell in self.cells)

    @property
    def seconds(self) -> float:
        """How long its cells took together, in seconds."""
        return sum(cell.result.seconds for _, cell in self.cells if cell.result)

    @property
    def notable(self) -> list[tuple[Row, Cell]]:
        """The cells that are worth a line: not passed, or in a row that differs by driver."""
        return [
            (row, cell)
            for row, cell in self.cells
            if cell.known
            and (cell.concern or cell.outcome not in ("passed", "answered") or cell.declared)
        ]

    def unlike(self) -> list[tuple[Row, Cell, list[Cell]]]:
        """Return the cells where a driver of the same database did something else."""
        found = []
        for row, cell in self.cells:
            others = [
                other
                for other in row.cells
                if other.known
                and other.backend.database == cell.backend.database
                and other.behaviour != cell.behaviour
            ]
            if cell.known and others:
                found.append((row, cell, others))
        return found

    @property
    def siblings(self) -> list[BackendRecord]:
        """The other backends of the same database."""
        cells = self.cells[0][0].cells if self.cells else []
        return [
            other.backend
            for other in cells
            if other.backend.database == self.backend.database and other.backend != self.backend
        ]


class Views:
    """The page's lists; each is made once."""

    def __init__(self, model: Model) -> None:
        self.model = model

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
    def failing(self) -> list[Entry]:
        """What makes the run fail."""
        return _entries([row for row in self.model.rows if row.concerns], told=True)

    def concerns(self, row: Row) -> list[list[Cell]]:
        """Return the cells of a row that make the run fail; what failed alike stands together."""
        found: dict[object, list[Cell]] = {}
        for cell in row.concerns:
            found.setdefault((cell.behaviour, cell.expected, _told(cell)), []).append(cell)
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

    def evidence(self, row: Row) -> list[list[Cell]]:
        """Return the cells of a row that have a detail to show; equal details stand together."""
        found: dict[object, list[Cell]] = {}
        for cell in row.cells:
            detail = cell.result.detail if cell.result else None
            if detail is not None and detail.kind != "capability":
                found.setdefault((cell.behaviour, cell.expected, _told(cell)), []).append(cell)
        return list(found.values())


def _entries(rows: list[Row], *, told: bool = False) -> list[Entry]:
    found: dict[object, Entry] = {}
    for row in rows:
        cells = tuple(
            (cell.behaviour, cell.expected, cell.declared, _told(cell) if told else None)
            for cell in row.cells
        )
        found.setdefault((row.case.id, cells), Entry(row.case, [])).rows.append(row)
    return list(found.values())


def _told(cell: Cell) -> tuple[str | None, ...]:
    detail = cell.result.detail if cell.result else None
    if detail is None:
        return ()
    texts = [detail.message, detail.line, *detail.explanation, detail.exception]
    return tuple(_MEMORY.sub("0x", text) if text else text for text in texts)
