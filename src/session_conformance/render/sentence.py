"""The verdict of a run, in one sentence and a few that explain it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from session_conformance.render.marks import DECLARED, listing, plural
from session_conformance.render.model import Model, arrange

if TYPE_CHECKING:
    from session_conformance.render.model import Cell, Row
    from session_conformance.results import BackendRecord, Results

Form = Literal["clean", "undeclared", "incomplete", "empty"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a run found: `headline` is its first line, `details` are whole sentences."""

    form: Form
    headline: str
    details: list[str]
    concerns: list[Cell]
    unreachable: list[BackendRecord]

    @property
    def text(self) -> str:
        """The headline and its details as one paragraph."""
        return " ".join([self.headline, *self.details])


def verdict(results: Results) -> Verdict:
    """Return the verdict of `results`.

    Its form is `incomplete` where the run did not come to its end, whatever else is true; `empty`
    where no cell ran; `undeclared` where at least one cell makes the run fail; else `clean`.
    """
    return judge(arrange(results))


def judge(model: Model) -> Verdict:
    """Return the verdict of an arranged run."""
    concerns = model.concerns()
    unreachable = [backend for backend in model.backends if not backend.reached]
    ran = sum(cell.known for cell in model.cells())
    form, headline = _headline(model, concerns, ran)
    details = [] if form == "empty" else _concern_details(model, form, concerns)
    left = model.results.end.left if model.results.end else []
    if left and form == "clean":
        form, headline = "undeclared", "Nothing undeclared, but something was left behind."
    shard = model.results.run.shard
    if shard is not None and ran:
        details.append(f"This is shard {shard}, a part of the cases.")
    if left:
        details.append(f"Left behind at the end: {listing(left)}.")
    if ran:
        details += _promises(model)
        details += _questions(model)
    if unreachable and not (form == "empty" and len(unreachable) == len(model.backends)):
        names = listing([backend.id for backend in unreachable])
        were = "was" if len(unreachable) == 1 else "were"
        details.append(f"{plural(len(unreachable), 'backend')} {were} not reached: {names}.")
    missing = sum(cell.outcome == "not run" for cell in model.cells())
    if missing and ran:
        details.append(f"{plural(missing, 'result')} missing: not run.")
    return Verdict(form, headline, details, concerns, unreachable)


def _headline(model: Model, concerns: list[Cell], ran: int) -> tuple[Form, str]:
    if not model.results.complete:
        end = model.results.end
        why = f" ({end.reason.rstrip('.')})" if end and end.reason else ""
        so_far = plural(ran, "result") if ran else "no result"
        return "incomplete", f"Incomplete run: it stopped before its end{why}, with {so_far}."
    if not ran:
        if model.backends and not any(backend.reached for backend in model.backends):
            return "empty", "Nothing ran: no backend was reached."
        return "empty", "Nothing ran: no case was selected."
    if concerns:
        return "undeclared", _concern_sentence(concerns)
    return "clean", "Nothing undeclared."


def _concern_sentence(concerns: list[Cell]) -> str:
    stale = sum(cell.expected == "s" for cell in concerns)
    parts = []
    if len(concerns) > stale:
        parts.append(plural(len(concerns) - stale, "undeclared result"))
    if stale:
        parts.append(plural(stale, "stale declaration"))
    return f"{listing(parts)}."


def _concern_details(model: Model, form: Form, concerns: list[Cell]) -> list[str]:
    found = (
        [] if form != "incomplete" or not concerns else [f"So far {_concern_sentence(concerns)}"]
    )
    kinds = Counter(cell.outcome for cell in model.cells())
    for word in ("error", "timeout", "crashed"):
        if kinds[word]:
            what = {"error": "ended in an error", "timeout": "timed out", "crashed": "crashed"}[
                word
            ]
            declared = sum(
                cell.outcome == word and cell.expected == DECLARED for cell in model.cells()
            )
            rest = ", as declared" if declared == kinds[word] else ""
            found.append(f"{plural(kinds[word], 'cell')} {what}{rest}.")
    return found


def _tally(rows: list[Row]) -> list[str]:
    words = {"driver": "by driver", "database": "by database", "mixed": "by both"}
    counts = {who: sum(row.who == who for row in rows) for who in words}
    return [
        f"{count} {'differs' if count == 1 else 'differ'} {words[who]}"
        for who, count in counts.items()
        if count
    ]


def _promises(model: Model) -> list[str]:
    rows = [row for row in model.rows if row.case.what == "promise" and row.who != "unknown"]
    if not rows:
        return []
    passed = [row for row in rows if all(c.outcome == "passed" for c in row.cells if c.known)]
    known = {cell.backend.id for row in rows for cell in row.cells if cell.known}
    place = f"on {min(known)}" if len(known) == 1 else f"on all {len(known)} backends"
    if len(passed) == len(rows):
        word = "The promise" if len(rows) == 1 else f"All {plural(len(rows), 'promise')}"
        return [f"{word} passed {place}."]
    parts = _tally(rows)
    alike = [row for row in rows if row.who in ("alike", "capability") and row not in passed]
    able = [row for row in alike if any(cell.outcome == "passed" for cell in row.cells)]
    alike = [row for row in alike if row not in able]
    offered = [
        row for row in alike if any(c.outcome != "unsupported" for c in row.cells if c.known)
    ]
    if offered:
        parts.append(f"{len(offered)} passed nowhere")
    if len(offered) < len(alike):
        count = len(alike) - len(offered)
        parts.append(f"{count} {'needs' if count == 1 else 'need'} what no backend here has")
    each = ", each variant counted," if any(row.variant is not None for row in rows) else ""
    where_able = f" and {len(able)} more on all that can" if able else ""
    return [
        f"{len(passed)} of {plural(len(rows), 'promise')}{each} passed {place}{where_able}"
        f"{'; ' if parts else ''}{listing(parts) if parts else ''}."
    ]


def _questions(model: Model) -> list[str]:
    rows = [row for row in model.rows if row.case.what == "question" and row.who != "unknown"]
    if not rows:
        return []
    asked = [row for row in rows if any(cell.outcome == "answered" for cell in row.cells)]
    alike = sum(row.who == "alike" for row in asked)
    able = sum(row.who == "capability" for row in asked)
    parts = [f"{alike} answered alike", *_tally(asked)] if asked else []
    if able:
        parts.insert(1, f"{able} more by all that can")
    if len(asked) < len(rows):
        count = len(rows) - len(asked)
        parts.append(f"{count} {'needs' if count == 1 else 'need'} what no backend here has")
    return [f"{plural(len(rows), 'question')}: {listing(parts)}."]
