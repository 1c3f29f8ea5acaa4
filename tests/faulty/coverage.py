"""Writes docs/catalogue/broken.tsv: which faults break which case that a driver may well break.

`python -m tests.faulty.coverage` runs every fault over SQLite and PostgreSQL on each case of a
`high` row, and faults that cost a process or its time on their own cases.
"""

from __future__ import annotations

import csv
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

from session_conformance.cases import discover

from .command import ROOT, run
from .detect import at, catches, over, run_deadly
from .fault import POSTGRESQL, SQLITE
from .files import options
from .table import servers

FILE = ROOT / "docs" / "catalogue" / "broken.tsv"
LIMIT = "5"


def high() -> list[str]:
    """Return the cases of the rows that a defective driver breaks most likely."""
    with (ROOT / "docs" / "catalogue" / "rows.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    known = discover()
    return [row["id"] for row in rows if row["likelihood"] == "high" and row["id"] in known]


def broken(good: str, where: list[str], folder: Path) -> dict[str, set[str]]:
    """Return which faults over a good backend break which cases: case to ids of faults."""
    found: dict[str, set[str]] = defaultdict(set)
    faults = [fault for fault in over(good) if not fault.deadly]
    words = [*options(folder, [(fault, good) for fault in faults]), "--jobs", "2"]
    words += ["--limit", LIMIT, "--case", ",".join(high()), *where]
    ran = run(words, folder / "out", seconds=1800)
    deadly = run_deadly(good, folder / "deadly", where)
    for fault in over(good):
        for name in catches(deadly if fault.deadly else ran, fault, good):
            found[name.partition("/")[0]].add(fault.id)
    return found


def main() -> None:
    """Run everything and write the file."""
    found: dict[str, set[str]] = defaultdict(set)
    with servers() as urls, tempfile.TemporaryDirectory() as scratch:
        for good in (SQLITE, POSTGRESQL):
            folder = Path(scratch) / good
            folder.mkdir()
            for case, faults in broken(good, at(good, urls), folder).items():
                found[case] |= faults
            sys.stdout.write(f"{good}: {sum(case in found for case in high())} cases broken\n")
            sys.stdout.flush()
    lines = [f"{case}\t{' '.join(sorted(found[case]))}" for case in high()]
    FILE.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
