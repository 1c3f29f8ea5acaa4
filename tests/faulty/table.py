"""Writes docs/detection.md: `python -m tests.faulty.table`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from session_conformance.backend import known

from . import broken
from .command import ROOT
from .fault import FAULTS, GOOD, HEALTHY, Fault

if TYPE_CHECKING:
    from collections.abc import Collection

FILE = ROOT / "docs" / "detection.md"
NAMED = 3

HEAD = """# Which cases catch which fault

The faulty drivers in `tests/faulty/` are thin layers over good drivers, {faults} of them, each of
which breaks one rule. A column is the good driver underneath: its number says how many cases are
known to catch the fault there, those that its entry names and those of
[catalogue/broken.tsv](catalogue/broken.tsv). The last column names the first three.

`tests/test_detection.py` holds the suite to it, by real runs: each fault is caught by the cases
that its entry names, what broken.tsv names is broken, and the healthy layer is flagged by
nothing.{not_yet} Each of the {high} cases that a defective driver breaks most likely is broken by a
fault.

Written by `python -m tests.faulty.table`; broken.tsv by `python -m tests.faulty.coverage`.

"""
NOT_YET = """ A fault of which the entry says “not yet” is run on every case, and must not be
caught."""


def catching(fault: Fault, good: str, told: broken.Broken) -> set[str]:
    """Return the cases that catch a fault over a good backend, `told` being the file's."""
    named = {name.partition("/")[0] for name in fault.expected(good)}
    found = {case for (case, at), ids in told.items() if at == good and fault.id in ids}
    return named | found


def cell(fault: Fault, good: str, caught: Collection[str]) -> str:
    """Return what the table says of a fault over a good backend."""
    if good not in fault.over:
        return ""
    return f"not yet: {fault.not_yet[good]}" if good in fault.not_yet else str(len(caught))


def first(fault: Fault, caught: Collection[str]) -> str:
    """Return the cases that the table names: those of the fault's entry before the others."""
    entry = [name.partition("/")[0] for good in fault.over for name in fault.expected(good)]
    order = sorted(caught, key=lambda case: entry.index(case) if case in entry else len(entry))
    return ", ".join(f"`{case}`" for case in order[:NAMED]) or "nothing"


def text() -> str:
    """Return the page."""
    titles = [f"{known()[good].family.title} {known()[good].title}" for good in GOOD]
    lines = [
        "| fault | what it breaks | " + " | ".join(titles) + " | caught by |",
        "| --- | --- | " + " | ".join("---:" for _ in titles) + " | --- |",
    ]
    told = broken.read()
    for fault in FAULTS.values():
        caught = {good: catching(fault, good, told) for good in fault.over}
        cells = [cell(fault, good, caught.get(good, ())) for good in GOOD]
        # By name, so that the page is the same each time.
        cells.append(first(fault, sorted(set().union(*caught.values()))))
        lines.append(f"| `{fault.id}` | {fault.what} | " + " | ".join(cells) + " |")
    not_yet = NOT_YET if any(fault.not_yet for fault in FAULTS.values()) else ""
    faults = sum(name != HEALTHY for name in FAULTS)
    head = HEAD.format(faults=faults, high=len(broken.high()), not_yet=not_yet)
    return head + "\n".join(lines) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
