"""Badges of a run: one a backend, and one of the whole run. They hold counts, never a share."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from typing import TYPE_CHECKING

from session_conformance.render.alarms import alarms
from session_conformance.render.badge import Badge
from session_conformance.render.marks import STALE, clean, number, plural
from session_conformance.render.model import arrange
from session_conformance.render.taken import taken
from session_conformance.render.when import when

if TYPE_CHECKING:
    from collections.abc import Iterable

    from session_conformance.render.badge import Color
    from session_conformance.render.model import Cell, Model
    from session_conformance.results import BackendRecord, Results

LABEL = "session"
ALL = "all"
_PLAIN = re.compile(r"[a-z0-9][a-z0-9_-]*(\.[a-z0-9_-]+)*")
# Names that some file systems keep for themselves, and the badge of the whole run.
_KEPT = re.compile(rf"({ALL}|con|prn|aux|nul|com\d|lpt\d)(\..*)?")


def badges(results: Results) -> dict[str, str]:
    """Return the badges of `results` by file name: SVG and JSON for each backend and for all."""
    model = arrange(results)
    made = {ALL: _whole(model)}
    for place, backend in enumerate(model.backends):
        cells = [row.cells[place] for row in model.rows]
        made[file_name(backend.id)] = _one(model, backend, cells)
    found = {}
    for name, badge in made.items():
        found[f"{name}.svg"] = badge.svg()
        found[f"{name}.json"] = badge.endpoint()
    return found


def file_name(backend: str) -> str:
    """Return what the files of a backend's badge are called, without their ending.

    It is the id where that is safe in a path and an address everywhere, else what is safe of it and
    a hash, so that two backends never share a file.
    """
    if len(backend) <= 80 and _PLAIN.fullmatch(backend) and not _KEPT.fullmatch(backend):
        return backend
    safe = re.sub(r"[^a-z0-9]+", "-", backend.lower()).strip("-")[:60]
    digest = hashlib.sha256(backend.encode(errors="surrogatepass")).hexdigest()[:10]
    return "-".join(filter(None, ("backend", safe, digest)))


def _one(model: Model, backend: BackendRecord, cells: list[Cell]) -> Badge:
    if not model.results.complete:
        return _badge(model, backend.id, "incomplete", "grey")
    if not backend.reached:
        return _badge(model, backend.id, "unreachable", "grey")
    return _badge(model, backend.id, *_counted(cells))


def _whole(model: Model) -> Badge:
    end = model.results.end
    of = plural(len(model.backends), "backend")
    if end is None or not end.complete:
        return _badge(model, of, "incomplete", "grey")
    said, color = _counted(model.cells())
    unreached = sum(not backend.reached for backend in model.backends)
    if color == "blue" and alarms(model):
        said = "something left behind" if end.left else f"exit code {end.exit_code}"
        color = "vermilion"
    elif unreached:
        found = f"{number(unreached)} unreachable"
        said = found if color == "grey" else f"{said} · {found}"
        # Where the run ended well, it may do without them.
        color = "grey" if color == "blue" and end.exit_code else color
    return _badge(model, of, said, color)


def _counted(cells: Iterable[Cell]) -> tuple[str, Color]:
    """Return the counts of `cells`: what makes the run fail alone, or else what it found."""
    told = [(cell, what) for cell in cells if (what := taken(cell)).kind != "unknown"]
    failing = Counter(cell.expected == STALE for cell, what in told if what.fails)
    if failing:
        return _listed({"undeclared": failing[False], "stale": failing[True]}), "vermilion"
    outcomes = Counter(cell.outcome for cell, _ in told)
    counts = {word: outcomes[word] for word in ("passed", "answered")}
    counts["declared"] = sum(
        cell.declared is not None and what.kind == "skipped" for cell, what in told
    )
    if any(counts.values()):
        return _listed(counts), "blue"
    return ("nothing supported" if told else "nothing ran"), "grey"


def _listed(counts: dict[str, int]) -> str:
    return " · ".join(f"{number(count)} {word}" for word, count in counts.items() if count)


def _badge(model: Model, of: str, said: str, color: Color) -> Badge:
    run = model.results.run
    shard = f", shard {run.shard}" if run.shard else ""
    title = (
        f"{of}: {said}. Session conformance, {when(run.started)}{shard}, "
        f"suite {run.suite}, SQLAlchemy {run.sqlalchemy}"
    )
    return Badge(LABEL, clean(said), color, clean(title))
