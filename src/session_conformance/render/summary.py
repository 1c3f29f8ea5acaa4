"""The Markdown summary, for the step summary of a CI service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from session_conformance.render import changes_markdown
from session_conformance.render.marks import MARKS, SUPERSCRIPT, VERDICTS
from session_conformance.render.model import WHO, Cell, Model, Row, arrange
from session_conformance.render.paper import Paper, code, escape
from session_conformance.render.sentence import judge

if TYPE_CHECKING:
    from session_conformance.render.changes import Changes
    from session_conformance.results import Results

LIMIT = 900 * 1024
ROWS = 60


def markdown(results: Results, changed: Changes | None = None) -> str:
    """Return the summary of `results`: verdict, what is undeclared, what differs, the backends.

    What `changed` since a baseline stands behind what is undeclared.

    At most `LIMIT` bytes of UTF-8, cut between rows, with a line that says what was cut.
    """
    model = arrange(results)
    said = judge(model)
    paper = Paper(LIMIT)
    paper.text("## Session conformance")
    paper.text(f"**{escape(said.headline)}**")
    for detail in said.details:
        paper.text(escape(detail))
    backends = _backends(model)
    paper.reserve(backends)
    if said.concerns:
        paper.text("### Makes the run fail")
        paper.rows([], (_concern(cell) for cell in said.concerns), len(said.concerns))
    if changed is not None:
        paper.text("## Since the baseline")
        changes_markdown.write(paper, changed)
    rows = [row for row in model.rows if row.differs]
    if rows:
        paper.text("### What differs")
        heads = ["case", *(code(backend.id) for backend in model.backends), "who"]
        lines = [_line(_differing(model, row)) for row in rows[:ROWS]]
        paper.rows(_table(heads), lines, len(rows))
        notes = [
            f"{number}. {note.cause}: {escape(note.why)} ({escape(note.source)})"
            for number, note in enumerate(model.notes, 1)
        ]
        if notes:
            paper.rows([], notes, len(notes))
    paper.release()
    paper.text("### Backends")
    paper.rows(backends[:2], backends[2:], len(backends) - 2)
    return paper.read()


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _table(heads: list[str]) -> list[str]:
    return [_line(heads), f"|{'---|' * len(heads)}"]


def _cell(model: Model, cell: Cell) -> str:
    over = SUPERSCRIPT[cell.expected] if cell.expected else ""
    number = model.note(cell)
    text = f"{cell.sign}{over}{number or ''} {escape(cell.word)}"
    return f"**{text}**" if cell.concern else text


def _differing(model: Model, row: Row) -> list[str]:
    return [code(row.name), *(_cell(model, cell) for cell in row.cells), WHO[row.who][0]]


def _concern(cell: Cell) -> str:
    word = VERDICTS[cell.expected or "u"][0]
    detail = cell.result.detail if cell.result else None
    told = f" *{escape(detail.message[:300])}*" if detail and detail.message else ""
    return (
        f"- {cell.sign} {code(cell.row)} on {code(cell.backend.id)}: {escape(cell.word)}, {word}. "
        f"{escape(cell.case.text)}{told}"
    )


def _backends(model: Model) -> list[str]:
    words = [word for word in MARKS if any(cell.outcome == word for cell in model.cells())]
    found = _table(["backend", "server", "driver", *words])
    for place, backend in enumerate(model.backends):
        cells = [row.cells[place] for row in model.rows]
        counts = [str(sum(cell.outcome == word for cell in cells)) for word in words]
        server = f"{backend.database_title} {backend.server_version or ''}"
        driver = f"{backend.driver} {backend.driver_version or ''}"
        found.append(_line([code(backend.id), escape(server), escape(driver), *counts]))
    return found
