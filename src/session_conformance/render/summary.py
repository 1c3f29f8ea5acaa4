"""The Markdown summary, for the step summary of a CI service."""

from __future__ import annotations

import html as entities
import re
from typing import TYPE_CHECKING

from session_conformance.render.marks import MARKS, SUPERSCRIPT, VERDICTS, clean, plural
from session_conformance.render.model import WHO, Cell, Model, Row, arrange
from session_conformance.render.sentence import judge

if TYPE_CHECKING:
    from collections.abc import Iterable

    from session_conformance.results import Results

LIMIT = 900 * 1024
ROWS = 60


def markdown(results: Results) -> str:
    """Return the summary of `results`: verdict, what is undeclared, what differs, the backends.

    At most `LIMIT` bytes of UTF-8, cut between rows, with a line that says what was cut.
    """
    model = arrange(results)
    said = judge(model)
    paper = _Paper(LIMIT)
    paper.text("## Session conformance")
    paper.text(f"**{escape(said.headline)}**")
    for detail in said.details:
        paper.text(escape(detail))
    backends = _backends(model)
    paper.reserve(backends)
    if said.concerns:
        paper.text("### Makes the run fail")
        paper.rows([], (_concern(cell) for cell in said.concerns), len(said.concerns))
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


class _Paper:
    """Takes lines until it is full; never cuts inside one."""

    def __init__(self, limit: int) -> None:
        self._left = limit
        self._kept = 0
        self._lines: list[str] = []

    def _add(self, line: str) -> bool:
        cost = len(line.encode()) + 1
        # Room for one closing line about what was cut.
        if cost > self._left - 200:
            return False
        self._left -= cost
        self._lines.append(line)
        return True

    def text(self, line: str) -> None:
        self._add(line) and self._add("")

    def reserve(self, lines: list[str]) -> None:
        self._kept = min(sum(len(line.encode()) + 1 for line in lines) + 50, self._left // 2)
        self._left -= self._kept

    def release(self) -> None:
        self._left += self._kept
        self._kept = 0

    def rows(self, heads: list[str], lines: Iterable[str], total: int) -> None:
        written = 0
        if all(self._add(head) for head in heads):
            for line in lines:
                if not self._add(line):
                    break
                written += 1
        if written < total:
            # The reserve of `_add` is for this line, so it is written past it.
            self._lines += ["", f"… {plural(total - written, 'more row')} cut; see report.html."]
            self._left -= len("\n".join(self._lines[-2:]).encode()) + 1
        self._lines.append("")
        self._left -= 1

    def read(self) -> str:
        return "\n".join(self._lines).rstrip("\n") + "\n"


_SPECIAL = re.compile(r"([\\`*_\[\]|~#])")


def escape(text: str) -> str:
    """Return `text` as Markdown that shows it as it is, on one line."""
    one = re.sub(r"\s+", " ", clean(text)).strip()
    marked = _SPECIAL.sub(r"\\\1", one)
    return entities.escape(marked, quote=False).replace("@", "&#64;")


def code(text: str) -> str:
    """Return `text` as inline code that also holds inside a table."""
    one = re.sub(r"\s+", " ", clean(text)).strip().replace("`", "'").replace("|", "\\|")
    return f"`{one}`" if one else ""


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
