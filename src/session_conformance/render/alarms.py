"""What makes a run fail besides its cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from session_conformance.exits import Exit
from session_conformance.render.marks import clean, listing
from session_conformance.render.taken import taken

if TYPE_CHECKING:
    from session_conformance.render.model import Model
    from session_conformance.results import End

#: Exit codes that cells and backends explain.
_TOLD = (Exit.UNDECLARED, Exit.UNREACHED)
_WORDS: dict[int, str] = {
    Exit.UNDECLARED: "something undeclared",
    Exit.INTERRUPTED: "interrupted",
    Exit.INTERNAL: "an internal error",
    Exit.USAGE: "wrong usage",
    Exit.NOTHING: "nothing was selected",
    Exit.UNREACHED: "a backend was not reached",
    Exit.WORSE: "worse than the baseline",
    Exit.UNREADABLE: "results could not be read",
}


@dataclass(frozen=True, slots=True)
class Alarm:
    """One reason; `kind` is `incomplete`, `left` or `exit`."""

    name: str
    kind: str
    message: str


def alarms(model: Model) -> list[Alarm]:
    """Return why the run failed where its cells do not say so.

    No file that a CI service reads may look well where the command did not end well.
    """
    end = model.results.end
    found = []
    if not model.results.complete:
        reason = end.reason if end and end.reason else "no end was recorded"
        found.append(Alarm("run.complete", "incomplete", clean(f"incomplete run: {reason}")))
    if end and end.left:
        message = clean(f"left behind at the end: {listing(end.left)}")
        found.append(Alarm("run.left-nothing", "left", message))
    if end and end.complete and not _explained(model, end, found):
        words = _WORDS.get(end.exit_code, "unknown")
        message = f"ended with exit code {end.exit_code}: {words}"
        found.append(Alarm("run.exit-code", "exit", message))
    return found


def _explained(model: Model, end: End, found: list[Alarm]) -> bool:
    if end.exit_code == Exit.GOOD:
        return True
    if end.exit_code not in _TOLD:
        return False
    return (
        bool(found)
        or any(taken(cell).fails for cell in model.cells())
        or not all(backend.reached for backend in model.backends)
    )
