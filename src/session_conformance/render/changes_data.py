"""What changed between two runs, for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from session_conformance.render.since import Since

if TYPE_CHECKING:
    from session_conformance.render.changes import Changes
    from session_conformance.render.model import Cell, Model, Row


def data(found: Changes, *, strict: bool = False) -> dict[str, Any]:
    """Return a comparison as plain data: one entry a result, by the name of its list.

    `worse` says what the exit code says; `strict` is as for `Changes.worse`.
    """
    since = Since(found, strict)
    lists: dict[str, list[dict[str, Any]]] = {
        kind: [
            _of(one.row, one.new) | {"old": _came(one.old), "new": _came(one.new)} for one in some
        ]
        for kind, some in found.by_kind.items()
    }
    if found.fresh:
        lists["new_and_failing"] = [
            _of(row, cell) | {"new": _came(cell)} for row, cell in found.fresh
        ]
    return {
        "worse": found.worse(strict=strict),
        "headline": since.headline,
        "old": _run(found.old),
        "new": _run(found.new),
        "moved": [
            {"what": move.name, "old": move.old, "new": move.new, "backends": list(move.backends)}
            for move in found.moved.moves
        ],
        "compared": found.joined,
        "same": found.same,
        "changes": lists,
        "new_cases": [row.name for row in found.new_rows],
        "gone_cases": [row.name for row in found.gone_rows],
        "new_backends": [backend.id for backend in found.new_columns],
        "gone_backends": [backend.id for backend in found.gone_columns],
        "not_comparable": [
            {"backend": gap.backend.id, "run": gap.side, "why": gap.why, "results": gap.count}
            for gap in found.gaps
        ],
        "left_behind": found.left,
    }


def _run(model: Model) -> dict[str, Any]:
    run = model.results.run
    return {
        "id": run.id,
        "started": run.started,
        "suite": run.suite,
        "suite_hash": run.suite_hash,
        "complete": model.results.complete,
    }


def _of(row: Row, cell: Cell) -> dict[str, Any]:
    return {"case": row.case.id, "variant": row.variant, "backend": cell.backend.id}


def _came(cell: Cell) -> dict[str, Any]:
    verdict = cell.result.verdict if cell.result else None
    declared = cell.declared is not None
    return {
        "outcome": cell.outcome, "answer": cell.answer, "verdict": verdict, "declared": declared,
    }  # fmt: skip
