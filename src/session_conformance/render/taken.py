"""What a CI service is to take a cell for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from session_conformance.render.marks import DECLARED, STALE, clean

if TYPE_CHECKING:
    from session_conformance.render.model import Cell

FAILING = ("failed", "error", "timeout", "crashed")


@dataclass(frozen=True, slots=True)
class Taken:
    """`failure` and `error` make the run fail, `unknown` did not run; both others did well."""

    kind: Literal["passed", "skipped", "failure", "error", "unknown"]
    message: str = ""

    @property
    def fails(self) -> bool:
        """True where the cell makes the run fail."""
        return self.kind in ("failure", "error")


def taken(cell: Cell) -> Taken:
    """Return what a CI service is to take `cell` for.

    A declared difference is skipped, so that it fails no job and yet is seen. An answer passes.
    """
    if cell.concern or (cell.expected is None and cell.outcome in FAILING):
        broke = cell.outcome in ("error", "timeout", "crashed")
        return Taken("error" if broke else "failure", clean(_why(cell)))
    if not cell.known:
        return Taken("unknown")
    if cell.expected == DECLARED and cell.declared and cell.outcome not in ("passed", "answered"):
        return Taken("skipped", clean(f"declared: {cell.declared.why}"))
    if cell.outcome == "unsupported":
        needs = cell.result.needs if cell.result else None
        return Taken("skipped", clean(f"unsupported: needs {needs or 'a capability'}"))
    return Taken("passed")


def _why(cell: Cell) -> str:
    if cell.expected == STALE:
        declared = cell.declared.outcome if cell.declared else "different"
        return f"stale: declared as {declared}, but {cell.word}"
    detail = cell.result.detail if cell.result else None
    return detail.message if detail else cell.word
