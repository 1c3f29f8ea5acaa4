"""What will bite a team that tests on one database and runs on another."""

from __future__ import annotations

import textwrap
import tomllib
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from session_conformance.condition import NO_LEVELS
from session_conformance.content import content
from session_conformance.exits import UsageError
from session_conformance.phenomenon import PHENOMENON

if TYPE_CHECKING:
    from session_conformance.results import BackendRecord, CaseRecord, Result, Results

#: How much a difference hurts, the worst first: name to heading.
HURTS = {
    "silent": "Data lost or changed, and nothing raised",
    "error": "Errors that come at one of them only",
    "visibility": "Other values seen",
    "waiting": "Waiting at one of them only",
    "lacking": "Not to be had at one of them",
}


CAPABILITIES = "capabilities"


@dataclass(slots=True)
class Difference:
    """One case in which two backends behave otherwise; a pair of words for each of its variants."""

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
    mine, theirs = _by_name(results, one), _by_name(results, other)
    for key in sorted(mine.keys() & theirs.keys()):
        left, right = mine[key], theirs[key]
        if (left.outcome, left.answer) == (right.outcome, right.answer):
            continue
        case = cases[left.case]
        if "unsupported" in (left.outcome, right.outcome) and case.chapter != CAPABILITIES:
            # What is lacking is said once, by the case that tries it.
            continue
        hurts = _hurts(case, left, right)
        known = found.setdefault(case.id, Difference(case, hurts))
        known.hurts = min(known.hurts, hurts, key=list(HURTS).index)
        known.pairs[_said(case, left), _said(case, right)].append(key[1])
    return sorted(found.values(), key=lambda one: (list(HURTS).index(one.hurts), one.case.id))


def _by_name(results: Results, backend: BackendRecord) -> dict[tuple[str, str], Result]:
    """Return a backend's results by case and variant, of the levels only the default one."""
    levels = {level for found in results.backends for level in found.isolation_levels} - NO_LEVELS
    by_name = {}
    for result in results.results:
        if result.backend != backend.id:
            continue
        variant = result.variant or ""
        way, dash, rest = variant.partition("-")
        level = rest if dash and rest.partition(",")[0] in levels else variant
        if level.partition(",")[0] in levels or level == "only level":
            if level not in (backend.default_isolation_level, "only level"):
                continue
            variant = way if level != variant else ""
        if result.outcome == "unsupported" and level != variant and not result.answer:
            # Asked at a level that there is not.
            continue
        by_name[result.case, variant] = result
    return by_name


def _hurts(case: CaseRecord, left: Result, right: Result) -> str:
    said = advice().get(case.id, {}).get("hurts")
    if "unsupported" in (left.outcome, right.outcome):
        return "lacking"
    if said:
        return str(said)
    if set(case.answers) == set(PHENOMENON):
        answers = {left.answer, right.answer}
        if "allowed" in answers:
            return "silent"
        return "error" if "prevented-by-an-error" in answers else "waiting"
    return "visibility" if case.what == "question" else "error"


def _said(case: CaseRecord, result: Result) -> str:
    if result.answer is not None:
        return case.answers.get(result.answer, result.answer)
    if result.outcome == "passed":
        return "As promised."
    if result.outcome == "unsupported":
        return f"Not to be had ({result.needs})."
    why = (
        result.declared.why if result.declared else (result.detail.message if result.detail else "")
    )
    return f"Not as promised: {why}"


def advice() -> dict[str, dict[str, Any]]:
    """Return what is known to help: case to `hurts` and `text`."""
    path = content("suite") / "advice.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def text(
    found: list[Difference], one: BackendRecord, other: BackendRecord, *, width: int = 100
) -> str:
    """Return the page for a terminal."""
    titles = [f"{backend.database_title} ({backend.id})" for backend in (one, other)]
    levels = [backend.default_isolation_level or "no level to choose" for backend in (one, other)]
    lines = [
        f"{titles[0]} at {levels[0]}, and {titles[1]} at {levels[1]}:",
        f"{len(found)} cases in which they differ, those that hurt most first.",
    ]
    hurts = None
    for difference in found:
        if difference.hurts != hurts:
            hurts = difference.hurts
            lines += ["", HURTS[hurts].upper()]
        lines += ["", *_wrapped(difference.case.text, width, "  ")]
        for (left, right), variants in difference.pairs.items():
            named = ", ".join(variant for variant in variants if variant)
            if named and len(difference.pairs) > 1:
                lines += _wrapped(f"({named})", width, "    ")
            lines += _wrapped(f"{one.database_title}: {left}", width, "    ")
            lines += _wrapped(f"{other.database_title}: {right}", width, "    ")
        told = advice().get(difference.case.id, {}).get("text")
        if told:
            lines += _wrapped(told, width, "    → ")
        lines += [f"    {difference.case.id}"]
    return "\n".join(lines) + "\n"


def _wrapped(said: str, width: int, indent: str) -> list[str]:
    return textwrap.wrap(
        said, max(width, 40), initial_indent=indent, subsequent_indent=" " * len(indent)
    )
