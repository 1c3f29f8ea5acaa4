"""The closing table of a run, for a terminal."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from session_conformance.render.marks import MARKS, SUPERSCRIPT, VERDICTS, clean, plural
from session_conformance.render.model import WHO, Cell, Model, Row, arrange
from session_conformance.render.sentence import judge

if TYPE_CHECKING:
    from session_conformance.results import Results

ROWS = 30
NARROWEST = 36

_TRAILING = re.compile(r" +((?:\x1b\[0m)?)$")


def terminal(results: Results, *, color: bool, width: int) -> str:
    """Return the closing table: what differs, what makes the run fail, the counts, the verdict.

    `width` is in columns of the terminal, from 40 up. Colour never changes the layout. Every line
    ends with a newline.
    """
    model = arrange(results)
    paint = _Paint(color=color)
    width = max(width, 40)
    said = judge(model)
    found: list[str] = []
    if said.form != "empty":
        found += _differing(model, paint, width)
        found += _concerns(said.concerns, paint, width)
        found += _counts(model, paint, width)
        found += _notes(model, width)
    loud = "1;31" if said.form != "clean" else "1;34"
    head, *details = [clean(text) for text in (said.headline, *said.details)]
    found += [paint(loud, text) for text in _wrap(head, width)]
    for detail in details:
        found += _wrap(detail, width)
    return "".join(_TRAILING.sub(r"\1", text) + "\n" for text in found)


class _Paint:
    def __init__(self, *, color: bool) -> None:
        self._color = color

    def __call__(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._color and text else text


def size(text: str) -> int:
    """Return how many columns of a terminal `text` takes."""
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)
    none = sum(unicodedata.combining(letter) > 0 for letter in text)
    return len(text) + wide - none


def fit(text: str, width: int) -> str:
    """Return `text` padded or cut, with an ellipsis, to exactly `width` columns."""
    text = re.sub(r"\s+", " ", clean(text))
    if size(text) > width:
        while text and size(text) > width - 1:
            text = text[:-1]
        text += "…"
    return text + " " * (width - size(text))


def _wrap(text: str, width: int) -> list[str]:
    found = [""]
    for word in text.split():
        if found[-1] and size(found[-1]) + 1 + size(word) > width:
            found.append("")
        found[-1] += f" {word}" if found[-1] else word
    return found


def _sign(model: Model, cell: Cell, *, word: bool) -> str:
    over = SUPERSCRIPT[cell.expected] if cell.expected else ""
    number = model.note(cell)
    over += str(number) if number else ""
    return f"{cell.sign}{over} {cell.word}" if word else f"{cell.sign}{over}"


def _differing(model: Model, paint: _Paint, width: int) -> list[str]:
    rows = [row for row in model.rows if row.differs or row.concerns]
    if not rows:
        return []
    rows.sort(key=lambda row: not row.concerns)
    columns = _columns(model, rows)
    left = width - sum(column + 2 for column in columns) - 2 - len("by database")
    names = min(max(size(row.name) for row in rows), left)
    shown = rows[:ROWS]
    if names >= NARROWEST:
        found = _header(model, paint, names, columns)
        found += [_row(model, paint, row, names, columns) for row in shown]
    else:
        found = [text for row in shown for text in _stacked(model, paint, row, width)]
    if len(rows) > len(shown):
        found.append(f"… {plural(len(rows) - len(shown), 'more row')} in the report")
    return [*found, ""]


def _columns(model: Model, rows: list[Row]) -> list[int]:
    signs = [
        max(size(_sign(model, row.cells[n], word=True)) for row in rows)
        for n in range(len(model.backends))
    ]
    found = [max(size(b.driver), sign) for b, sign in zip(model.backends, signs, strict=True)]
    place = 0
    for title, members in model.databases():
        span = sum(found[place : place + len(members)]) + 2 * (len(members) - 1)
        found[place] += max(0, size(title) - span)
        place += len(members)
    return found


def _header(model: Model, paint: _Paint, names: int, columns: list[int]) -> list[str]:
    top, below = [" " * names], [" " * names]
    place = 0
    for title, members in model.databases():
        span = sum(columns[place : place + len(members)]) + 2 * (len(members) - 1)
        top.append(fit(title, span))
        below += [fit(b.driver, columns[place + n]) for n, b in enumerate(members)]
        place += len(members)
    return [paint("1", "  ".join(top).rstrip()), "  ".join(below)]


def _row(model: Model, paint: _Paint, row: Row, names: int, columns: list[int]) -> str:
    cells = [
        paint(cell.mark.ansi, fit(_sign(model, cell, word=True), columns[n]))
        for n, cell in enumerate(row.cells)
    ]
    return "  ".join([fit(row.name, names), *cells, WHO[row.who][0]])


def _stacked(model: Model, paint: _Paint, row: Row, width: int) -> list[str]:
    found = [fit(f"{row.name}  ({WHO[row.who][0]})", width)]
    for cells in row.groups():
        sign = _sign(model, cells[0], word=True)
        text = fit(f"{sign}: {', '.join(cell.backend.id for cell in cells)}", width - 4)
        cut = min(len(sign), len(text))
        found.append(f"    {paint(cells[0].mark.ansi, text[:cut])}{text[cut:]}")
    return found


def _concerns(cells: list[Cell], paint: _Paint, width: int) -> list[str]:
    if not cells:
        return []
    groups: dict[object, list[Cell]] = {}
    for cell in cells:
        key = cell.case.id, cell.behaviour, cell.expected, _told(cell)
        groups.setdefault(key, []).append(cell)
    found = []
    for group in list(groups.values())[:ROWS]:
        cell = group[0]
        word = VERDICTS[cell.expected or "u"][0]
        found.append(
            paint(cell.mark.ansi, fit(f"{cell.sign} {_where(group)}: {cell.word}, {word}", width))
        )
        if _told(cell):
            found.append(f"    {fit(_told(cell), width - 4)}")
    if len(groups) > ROWS:
        found.append(f"… and {len(groups) - ROWS} more")
    return [*found, ""]


def _told(cell: Cell) -> str:
    detail = cell.result.detail if cell.result else None
    return (detail.line or detail.message).strip() if detail else cell.case.text


def _where(cells: list[Cell]) -> str:
    rows = list(dict.fromkeys(cell.row for cell in cells))
    name = rows[0] if len(rows) == 1 else f"{cells[0].case.id} ({plural(len(rows), 'variant')})"
    return f"{name} on {', '.join(dict.fromkeys(cell.backend.id for cell in cells))}"


def _counts(model: Model, paint: _Paint, width: int) -> list[str]:
    words = [word for word in MARKS if any(cell.outcome == word for cell in model.cells())]
    extra = ["undeclared"] if any(cell.concern for cell in model.cells()) else []
    needed = sum(len(word) + 2 for word in [*words, *extra])
    names = max([8, *(size(backend.id) for backend in model.backends)])
    names = min(names, max(12, width - needed))
    found = [paint("1", "  ".join([" " * names, *words, *extra]))]
    for place, backend in enumerate(model.backends):
        cells = [row.cells[place] for row in model.rows]
        counts = [(word, sum(cell.outcome == word for cell in cells)) for word in words]
        numbers = [f"{count or '·':>{len(word)}}" for word, count in counts]
        numbers += [f"{sum(c.concern for c in cells) or '·':>{len(word)}}" for word in extra]
        painted = [
            paint(_shade(word), text) for (word, _), text in zip(counts, numbers, strict=False)
        ]
        found.append("  ".join([fit(backend.id, names), *painted, *numbers[len(words) :]]))
    unreached = [b for b in model.backends if not b.reached and b.reason]
    found += [fit(f"? {b.id}: {b.reason}", width) for b in unreached]
    return [*found, ""]


def _shade(word: str) -> str:
    return MARKS[word].ansi


def _notes(model: Model, width: int) -> list[str]:
    found = []
    for number, note in enumerate(model.notes, 1):
        found += _wrap(clean(f"{number}  {note.cause}: {note.why} ({note.source})"), width)
    return [*found, ""] if found else []
