"""What a healthy driver of each database does in a case: `backends/healthy/NAME.json.xz`.

So that one driver alone can be shown beside one that keeps the promise, with no second server.
"""

from __future__ import annotations

import json
import lzma
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from .content import content
from .results import TraceRecord

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a healthy driver did in a cell: its backend's id, the word of its outcome, its trace."""

    backend: str
    word: str
    trace: TraceRecord


def file(database: str) -> Path:
    """Return where a database's traces are kept."""
    return content("backends") / "healthy" / f"{database}.json.xz"


@cache
def healthy(database: str) -> Mapping[str, Recorded]:
    """Return what is recorded of a database, by row (`case` or `case/variant`); else nothing."""
    path = file(database)
    if not path.exists():
        return {}
    data = json.loads(lzma.decompress(path.read_bytes()))
    return {
        row: Recorded(backend, word, TraceRecord(id=row, events=data["traces"][trace]))
        for row, (backend, word, trace) in data["rows"].items()
    }


def write(database: str, recorded: Mapping[str, Recorded]) -> None:
    """Write a database's traces; equal ones are kept once."""
    traces: dict[str, int] = {}
    rows = {
        row: (one.backend, one.word, traces.setdefault(json.dumps(one.trace.events), len(traces)))
        for row, one in sorted(recorded.items())
    }
    data = {"rows": rows, "traces": [json.loads(events) for events in traces]}
    path = file(database)
    path.parent.mkdir(exist_ok=True)
    packed = lzma.compress(json.dumps(data, separators=(",", ":")).encode(), preset=9)
    path.write_bytes(packed)
