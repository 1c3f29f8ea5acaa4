"""What `session-conformance check` ends with: the verdict on a driver, the proof of each no."""

from __future__ import annotations

import textwrap
from collections import Counter
from typing import TYPE_CHECKING

from session_conformance.levels import FIRST, Level, levels
from session_conformance.render.block import cell_block
from session_conformance.render.causes import Cause, causes
from session_conformance.render.marks import clean, plural
from session_conformance.render.model import Cell, Model, arrange
from session_conformance.render.sentence import judge

if TYPE_CHECKING:
    from session_conformance.results import BackendRecord, Results

# A screen holds a handful of causes, and the proof of some of them.
CAUSES = 5
PROOFS = 3
ALSO = 4


def proof(results: Results, *, color: bool, width: int) -> str:
    """Return the closing text of a check: proofs first, the verdict last.

    `width` is in columns of the terminal. Every line ends with a newline.
    """
    model = arrange(results)
    width = max(min(width, 110), 60)
    found: list[str] = []
    why = causes(model)
    # What is read first stands last, where the terminal's prompt comes up.
    shown = why[:PROOFS]
    for number, cause in reversed(list(enumerate(shown, 1))):
        found += _proof(number, len(why), cause, results, width)
    for backend in model.backends:
        cells = [cell for cell in model.cells() if cell.backend is backend]
        found += _backend(backend, cells, width)
    found += _list(why, width)
    found += _verdict(model, why, width)
    text = "\n".join(line.rstrip() for line in found) + "\n"
    return _painted(text) if color else text


def _painted(text: str) -> str:
    shades = {"✗": "31", "!": "35", "⧗": "35", "NO": "1;31", "YES": "1;34"}
    lines = []
    for line in text.split("\n"):
        first = line.strip().split(" ")[0].rstrip(".:")
        shade = shades.get(first)
        lines.append(f"\x1b[{shade}m{line}\x1b[0m" if shade else line)
    return "\n".join(lines)


def _proof(number: int, of: int, cause: Cause, results: Results, width: int) -> list[str]:
    head = f"── {number} of {plural(of, 'cause')} "
    cell = cause.first
    block = cell_block(cell, cause.rows[cell.row], results.traces, results.run)
    return [head + "─" * max(0, width - len(head)), *block.split("\n"), ""]


def _backend(backend: BackendRecord, cells: list[Cell], width: int) -> list[str]:
    server = f"{backend.database_title} {backend.server_version or ''}".strip()
    driver = f"{backend.driver} {backend.driver_version or ''}".strip()
    found = [clean(f"{backend.id}: {driver} on {server}")[:width]]
    if not backend.reached:
        return [*found, *_wrap(f"Not reached. {backend.reason or ''}", width, "  "), ""]
    by_level: dict[str, list[Cell]] = {}
    for cell in cells:
        if cell.known:
            by_level.setdefault(cell.case.level or FIRST, []).append(cell)
    found += [_level(level, by_level[level.name]) for level in levels() if level.name in by_level]
    lacking = Counter(
        cell.result.needs
        for cell in cells
        if cell.result and cell.outcome == "unsupported" and cell.result.needs
    )
    if lacking:
        named = ", ".join(f"{name} ({count})" for name, count in sorted(lacking.items()))
        found += _wrap(f"Not offered, with the cells that need it: {named}.", width, "  ")
    return [*found, ""]


def _level(level: Level, cells: list[Cell]) -> str:
    ran = [cell for cell in cells if cell.outcome != "unsupported"]
    bad = sum(cell.concern for cell in ran)
    declared = sum(bool(cell.declared) and not cell.concern for cell in ran)
    left = len(cells) - len(ran)
    parts = [f"{len(ran) - bad:>6} of {len(ran)} as they should be"]
    if declared:
        parts.append(f"{declared} declared as different")
    if left:
        parts.append(f"{left} not offered")
    sign = "✗" if bad else "✓"
    return f"  {sign} {level.name:<14}{', '.join(parts)}"


def _list(why: list[Cause], width: int) -> list[str]:
    found: list[str] = []
    for number, cause in enumerate(why[:CAUSES], 1):
        count = plural(len(cause.cells), "failure")
        found += _wrap(f"{number}. {clean(cause.title)}", width, "", "   ")
        if cause.likely:
            found += _wrap(f"likely  {cause.likely}", width, "   ", "           ")
        found.append(f"   {count}, first {cause.first.row} on {cause.first.backend.id}")
        others = list(dict.fromkeys(cell.row for cell in cause.cells[1:]))
        if others:
            more = f", … {len(others) - ALSO} more" if len(others) > ALSO else ""
            found += _wrap(f"also    {', '.join(others[:ALSO])}{more}", width, "   ", "           ")
        if cause.advice:
            found += _wrap(f"do      {cause.advice}", width, "   ", "           ")
        found.append("")
    if len(why) > CAUSES:
        rest = sum(len(cause.cells) for cause in why[CAUSES:])
        more = f"{plural(len(why) - CAUSES, 'cause')} more ({plural(rest, 'failure')})"
        found += [f"… and {more}: see report.html", ""]
    return found


def _verdict(model: Model, why: list[Cause], width: int) -> list[str]:
    said = judge(model)
    newer = model.results.run.newer
    found: list[str] = []
    if newer:
        found += _wrap(
            f"{plural(len(newer), 'case')} newer than {model.results.run.as_of} left out.", width
        )
    if said.form in ("incomplete", "empty"):
        return [*found, *_wrap(said.headline, width), *_wrap(" ".join(said.details), width)]
    count = sum(len(cause.cells) for cause in why)
    if why:
        text = (
            f"NO. {plural(count, 'failure')} of {plural(len(why), 'cause')}: this does not carry a "
            "Session as SQLAlchemy documents it."
        )
    elif not any(cell.known for cell in model.cells()):
        text = "Nothing ran."
    else:
        kept = sum(cell.outcome == "passed" for cell in model.cells())
        answers = sum(cell.outcome == "answered" for cell in model.cells())
        declared = sum(bool(cell.declared) for cell in model.cells())
        text = f"YES. It carries a Session: {plural(kept, 'promise')} kept"
        text += f", {plural(answers, 'question')} answered" if answers else ""
        text += f", {plural(declared, 'declared difference')}" if declared else ""
        text += "."
    return [*found, *_wrap(text, width)]


def _wrap(text: str, width: int, indent: str = "", hanging: str | None = None) -> list[str]:
    return textwrap.wrap(
        text, width, initial_indent=indent, subsequent_indent=indent if hanging is None else hanging
    )
