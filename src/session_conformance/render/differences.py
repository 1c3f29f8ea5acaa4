"""What will bite a team that tests on one database and runs on another."""

from __future__ import annotations

import textwrap
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from session_conformance.advice import HURTS, advice
from session_conformance.exits import UsageError
from session_conformance.phenomenon import PHENOMENON
from session_conformance.render.variant import ONLY, apart, levels

if TYPE_CHECKING:
    from session_conformance.results import BackendRecord, CaseRecord, Result, Results

CAPABILITIES = "capabilities"

#: Results by case and by the way in which it was asked.
ByName = dict[tuple[str, str], "Result"]


@dataclass(slots=True)
class Difference:
    """One case in which two backends behave otherwise; a pair of words for each of its ways."""

    case: CaseRecord
    hurts: str
    pairs: dict[tuple[str, str], list[str]] = field(default_factory=lambda: defaultdict(list))


def choose(results: Results, name: str) -> BackendRecord:
    """Return the backend that a name means: its own id, or a database, then its first driver.

    Raises:
        UsageError: the run has no such backend.

    """
    reached = [backend for backend in results.backends if backend.reached]
    for backend in reached:
        if name in (backend.id, backend.database):
            return backend
    known = sorted({word for backend in reached for word in (backend.database, backend.id)})
    raise UsageError(f"“{name}” is no backend of this run. Known: {', '.join(known)}.")


def differences(results: Results, one: BackendRecord, other: BackendRecord) -> list[Difference]:
    """Return in what two backends differ, each at its default isolation level, the worst first."""
    cases = {case.id: case for case in results.cases}
    found: dict[str, Difference] = {}
    named = by_name(results)
    mine, theirs = named.get(one.id, {}), named.get(other.id, {})
    for key in sorted(mine.keys() & theirs.keys()):
        left, right = mine[key], theirs[key]
        case = cases[left.case]
        hurts = hurt(case, left, right)
        if hurts is None:
            continue
        known = found.setdefault(case.id, Difference(case, hurts))
        known.hurts = min(known.hurts, hurts, key=list(HURTS).index)
        known.pairs[said(case, left), said(case, right)].append(key[1])
    return sorted(found.values(), key=lambda one: (list(HURTS).index(one.hurts), one.case.id))


def by_name(results: Results) -> dict[str, ByName]:
    """Return each backend's results by case and way, of the levels only its default one."""
    known = levels(results)
    defaults = {backend.id: backend.default_isolation_level for backend in results.backends}
    found: dict[str, ByName] = defaultdict(dict)
    for result in results.results:
        variant = apart(result.variant, known)
        if variant.level is not None:
            if variant.condition not in (defaults.get(result.backend), ONLY):
                continue
            if result.outcome == "unsupported":
                # Asked at a level that there is not.
                continue
        found[result.backend][result.case, variant.way] = result
    return found


def hurt(case: CaseRecord, left: Result, right: Result) -> str | None:
    """Return how much it hurts that two backends did this, None where it is no difference."""
    if (left.outcome, left.answer) == (right.outcome, right.answer):
        return None
    if "unsupported" in (left.outcome, right.outcome):
        # What is lacking is said once, by the case that tries it.
        return "lacking" if case.chapter == CAPABILITIES else None
    told = advice().get(case.id)
    if told and told.hurts:
        return told.hurts
    if set(case.answers) == set(PHENOMENON):
        answers = {left.answer, right.answer}
        if "allowed" in answers:
            return "silent"
        return "error" if "prevented-by-an-error" in answers else "waiting"
    return "visibility" if case.what == "question" else "error"


def said(case: CaseRecord, result: Result) -> str:
    """Return in a sentence what became of a case on a backend."""
    if result.answer is not None:
        return case.answers.get(result.answer, result.answer)
    if result.outcome == "passed":
        return "As promised."
    if result.outcome == "unsupported":
        return f"Not to be had ({result.needs})."
    why = (
        result.declared.why if result.declared else (result.detail.message if result.detail else "")
    )
    what = "Not as promised" if result.outcome == "failed" else f"It came to “{result.outcome}”"
    return f"{what}: {why}"


def text(
    found: list[Difference], one: BackendRecord, other: BackendRecord, *, width: int = 100
) -> str:
    """Return the page for a terminal."""
    titles = [f"{backend.database_title} ({backend.id})" for backend in (one, other)]
    at = [backend.default_isolation_level or "no level to choose" for backend in (one, other)]
    lines = [
        f"{titles[0]} at {at[0]}, and {titles[1]} at {at[1]}:",
        f"{len(found)} cases in which they differ, those that hurt most first.",
    ]
    hurts = None
    for difference in found:
        if difference.hurts != hurts:
            hurts = difference.hurts
            lines += ["", HURTS[hurts].upper()]
        lines += ["", *_wrapped(difference.case.text, width, "  ")]
        for (left, right), ways in difference.pairs.items():
            named = ", ".join(way for way in ways if way)
            if named and len(difference.pairs) > 1:
                lines += _wrapped(f"({named})", width, "    ")
            lines += _wrapped(f"{one.database_title}: {left}", width, "    ")
            lines += _wrapped(f"{other.database_title}: {right}", width, "    ")
        told = advice().get(difference.case.id)
        if told and told.text:
            lines += _wrapped(told.text, width, "    → ")
        lines += [f"    {difference.case.id}"]
    return "\n".join(lines) + "\n"


def _wrapped(said: str, width: int, indent: str) -> list[str]:
    return textwrap.wrap(
        said, max(width, 40), initial_indent=indent, subsequent_indent=" " * len(indent)
    )
