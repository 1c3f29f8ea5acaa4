"""What a driver supports, as Markdown to be pasted into its own documentation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from session_conformance.levels import FIRST, levels
from session_conformance.render.marks import plural
from session_conformance.render.model import Cell, Model, arrange
from session_conformance.render.paper import code, escape
from session_conformance.render.when import when

if TYPE_CHECKING:
    from session_conformance.results import BackendRecord, Results

NAMED = 3


def support(results: Results) -> str:
    """Return the support page of every backend that was reached, as Markdown.

    A column for each backend and a row for each level, with footnotes for what differs and what is
    not offered. A level that fails says so.
    """
    model = arrange(results)
    notes: list[str] = []
    backends = [backend for backend in model.backends if backend.reached]
    run = results.run
    found = [
        "## SQLAlchemy Session support",
        "",
        f"Checked by Session Conformance {escape(run.suite)} with SQLAlchemy "
        f"{escape(run.sqlalchemy)} on Python {escape(run.python)}, "
        f"{escape(when(run.started))}.",
        "",
    ]
    if not results.complete:
        found += ["**The run is incomplete: this says nothing of what did not run.**", ""]
    titles = [escape(_title(backend)) for backend in backends]
    found += [f"| level | {' | '.join(titles)} |", f"|---|{'---|' * len(titles)}"]
    for level in levels():
        row = [_level(model, backend, level.name, notes) for backend in backends]
        if any(row):
            text = f"**{level.name}**: {escape(level.text)}"
            found.append(f"| {text} | {' | '.join(cell or 'not run' for cell in row)} |")
    lacking = [_lacking(model, backend) for backend in backends]
    if any(lacking):
        found.append(f"| not offered | {' | '.join(cell or 'nothing' for cell in lacking)} |")
    found += ["", *(f"[{number}] {note}  " for number, note in enumerate(notes, 1))]
    return "\n".join(found).rstrip() + "\n"


def _title(backend: BackendRecord) -> str:
    driver = f"{backend.title} {backend.driver_version or ''}".strip()
    return f"{driver} on {backend.database_title} {backend.server_version or ''}".strip()


def _cells(model: Model, backend: BackendRecord) -> list[Cell]:
    return [cell for cell in model.cells() if cell.backend is backend and cell.known]


def _level(model: Model, backend: BackendRecord, level: str, notes: list[str]) -> str:
    cells = [
        cell
        for cell in _cells(model, backend)
        if (cell.case.level or FIRST) == level and cell.outcome != "unsupported"
    ]
    if not cells:
        return ""
    bad = [cell for cell in cells if cell.concern]
    numbers = _noted([cell for cell in cells if cell.declared and not cell.concern], notes)
    good = len(cells) - len(bad)
    text = f"✗ {len(bad)} of {len(cells)} fail" if bad else f"✓ {plural(good, 'result')}"
    return f"{text}, except {' '.join(f'[{number}]' for number in numbers)}" if numbers else text


def _noted(cells: list[Cell], notes: list[str]) -> list[int]:
    """Return the numbers of the footnotes of declared differences, one for each reason."""
    by_reason: dict[str, list[str]] = {}
    for cell in cells:
        if cell.declared:
            reason = (
                f"{cell.declared.cause}: {escape(cell.declared.why)} "
                f"({escape(cell.declared.source)})"
            )
            by_reason.setdefault(reason, []).append(cell.row)
    numbers = []
    for reason, rows in by_reason.items():
        named = ", ".join(code(row) for row in rows[:NAMED])
        more = f" and {len(rows) - NAMED} more" if len(rows) > NAMED else ""
        note = f"{named}{more}: {reason}"
        if note not in notes:
            notes.append(note)
        numbers.append(notes.index(note) + 1)
    return numbers


def _lacking(model: Model, backend: BackendRecord) -> str:
    needs = {
        cell.result.needs
        for cell in _cells(model, backend)
        if cell.result and cell.outcome == "unsupported" and cell.result.needs
    }
    return ", ".join(code(need) for need in sorted(needs))
