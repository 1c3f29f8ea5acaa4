"""Writes backends/healthy/: what a healthy driver does in each case.

`python -m tests.write_healthy RESULTS…` takes for each row of each database the first column that
passed, or gave an answer that is expected, in the order in which the suite lists its backends.
"""

from __future__ import annotations

import sys
from pathlib import Path

from session_conformance.healthy import Recorded, write
from session_conformance.render.model import Cell, arrange
from session_conformance.results import Results, TraceRecord, read

# What a database needs to be told apart by; a system that has one driver here has no sibling.
DATABASES = ("sqlite", "postgresql", "mysql", "mariadb")


def fits(cell: Cell, trace: TraceRecord | None) -> bool:
    """Tell whether a cell shows how it should be."""
    good = cell.outcome in ("passed", "answered") and not cell.concern and not cell.declared
    return good and trace is not None and not trace.cut


def gather(results: Results, found: dict[str, dict[str, Recorded]]) -> None:
    """Add the traces of a results file to those that were found before."""
    for row in arrange(results).rows:
        for cell in row.cells:
            of = found.setdefault(cell.backend.database, {})
            trace = results.traces.get(cell.result.trace or "") if cell.result else None
            if row.name not in of and trace is not None and fits(cell, trace):
                of[row.name] = Recorded(cell.backend.id, cell.word, trace)


def main(files: list[str]) -> None:
    """Write the files of all databases."""
    found: dict[str, dict[str, Recorded]] = {}
    for file in files:
        gather(read(Path(file)), found)
    for database in DATABASES:
        write(database, found.get(database, {}))


if __name__ == "__main__":
    main(sys.argv[1:])
