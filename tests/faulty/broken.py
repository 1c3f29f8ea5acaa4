"""docs/catalogue/broken.tsv: which faults break which case that a driver may well break."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from session_conformance.cases import discover

from .command import ROOT
from .fault import GOOD

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE = ROOT / "docs" / "catalogue" / "broken.tsv"

# Case and good backend, to ids of faults over it.
Broken = dict[tuple[str, str], set[str]]


def high() -> list[str]:
    """Return the promises of the rows that a defective driver breaks most likely."""
    with (ROOT / "docs" / "catalogue" / "rows.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    promises = {name for name, (case, _) in discover().items() if case.what == "promise"}
    return [row["id"] for row in rows if row["likelihood"] == "high" and row["id"] in promises]


def read() -> Broken:
    """Return what the file says: case and good backend, to ids of faults over it."""
    if not FILE.exists():
        return {}
    lines = [line.split("\t") for line in FILE.read_text(encoding="utf-8").splitlines()]
    return {(case, good): set(faults.split(" ")) for case, good, faults in lines}


def text(broken: Mapping[tuple[str, str], set[str]]) -> str:
    """Return the file's text, in the order of the catalogue's rows."""
    return "".join(
        f"{case}\t{good}\t{' '.join(sorted(broken[case, good]))}\n"
        for case in high()
        for good in GOOD
        if broken.get((case, good))
    )


def left(broken: Mapping[tuple[str, str], set[str]]) -> list[str]:
    """Return the `high` cases that no fault breaks."""
    done = {case for case, _ in broken}
    return [case for case in high() if case not in done]
