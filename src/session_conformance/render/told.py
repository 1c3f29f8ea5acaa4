"""What a cell told of itself, as far as two runs of it would tell the same."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from session_conformance.render.marks import DECLARED

if TYPE_CHECKING:
    from session_conformance.render.model import Cell

# Where an object lay in memory differs between two runs of one case.
_MEMORY = re.compile(r"0x[0-9a-f]{6,}")


def plainly(cell: Cell) -> str:
    """Return in a line why a cell is not what it should be, empty where it says nothing."""
    if cell.declared is not None and cell.expected == DECLARED:
        return f"{cell.declared.cause}: {cell.declared.why}"
    detail = cell.result.detail if cell.result else None
    if detail is None:
        return ""
    line = detail.line if detail.kind == "assertion" else None
    return (line or detail.message).strip().partition("\n")[0]


def told(cell: Cell) -> tuple[str | None, ...]:
    """Return the texts of a cell's detail, without what differs from run to run."""
    detail = cell.result.detail if cell.result else None
    if detail is None:
        return ()
    texts = [detail.message, detail.line, *detail.explanation, detail.exception]
    return tuple(_MEMORY.sub("0x", text) if text else text for text in texts)
