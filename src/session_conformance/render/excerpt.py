"""A part of a run's results, for a report that is to be small."""

from __future__ import annotations

import dataclasses
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from session_conformance.render.marks import number
from session_conformance.results import ResultsError
from session_conformance.selection import Selection

if TYPE_CHECKING:
    from collections.abc import Sequence

    from session_conformance.results import BackendRecord, Results


def excerpt(results: Results, cases: Sequence[str] = (), backends: Sequence[str] = ()) -> Results:
    """Return the results of some cases on some backends; no words choose everything.

    Args:
        results: of a run.
        cases: chapters, ids or patterns, as `Selection` has them.
        backends: ids or databases, or patterns of them.

    Raises:
        ResultsError: nothing is left, or a word chooses nothing.

    """
    if not cases and not backends:
        return results
    chosen = [backend for backend in results.backends if _takes(backend, backends)]
    ids = {backend.id for backend in chosen}
    selection = Selection(list(cases))
    unknown = selection.unmatched((case.id for case in results.cases), ids) + [
        word for word in backends if not any(_takes(backend, [word]) for backend in chosen)
    ]
    if unknown:
        raise ResultsError(f"The results hold nothing called {', '.join(unknown)}.")
    kept = [
        result
        for result in results.results
        if result.backend in ids and selection.takes(result.case, result.variant, result.backend)
    ]
    variants: dict[str, set[str | None]] = {}
    for result in kept:
        variants.setdefault(result.case, set()).add(result.variant)
    traces = {result.trace for result in kept}
    return dataclasses.replace(
        results,
        run=dataclasses.replace(
            results.run, excerpt=f"{number(len(kept))} of {number(len(results.results))} results"
        ),
        backends=chosen,
        cases=[
            dataclasses.replace(case, variants=[one for one in case.variants if one in asked])
            for case in results.cases
            if (asked := variants.get(case.id))
        ],
        traces={name: trace for name, trace in results.traces.items() if name in traces},
        results=kept,
    )


def _takes(backend: BackendRecord, words: Sequence[str]) -> bool:
    names = (backend.id, backend.database)
    return not words or any(fnmatchcase(name, word) for word in words for name in names)
