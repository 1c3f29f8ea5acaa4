"""Which cases a known fault of a driver breaks: `suite/faults.tsv`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from .content import content

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Signature:
    """A fault's traces: its id, the database it was seen on, one sentence, the cases it breaks."""

    fault: str
    database: str
    what: str
    cases: frozenset[str]


def file() -> Path:
    """Return where the signatures are kept."""
    return content("suite") / "faults.tsv"


def parse(lines: str) -> list[Signature]:
    """Read signatures: a line each, of fault, database, sentence and cases, between tabs."""
    found = []
    for line in lines.splitlines():
        fault, database, what, cases = line.split("\t")
        found.append(Signature(fault, database, what, frozenset(cases.split())))
    return found


def text(signatures: Iterable[Signature]) -> str:
    """Return the file's text, in an order that does not depend on how it was found."""
    ordered = sorted(signatures, key=lambda one: (one.fault, one.database))
    return "".join(
        f"{one.fault}\t{one.database}\t{one.what}\t{' '.join(sorted(one.cases))}\n"
        for one in ordered
    )


@cache
def signatures() -> tuple[Signature, ...]:
    """Read the signatures that come with the suite."""
    return tuple(parse(file().read_text(encoding="utf-8")))


#: By how many cases a quick check finds each fault, where so many do.
TIMES = 2
#: Thousands of parameters and megabytes take a quarter of a quick check for two of its cases.
LONG = frozenset({"flush.wide-rows-over-parameter-limit", "values-round-trip.binary-large"})


@cache
def quick() -> tuple[str, ...]:
    """Return the cases of a quick check: those that find the most different faults first.

    Each fault on each database is found by `TIMES` of them, or by all that find it. One that is
    `LONG` is among them only where no other finds the fault.
    """
    short = {(one.fault, one.database): one.cases - LONG or one.cases for one in signatures()}
    left = {fault: (cases, min(TIMES, len(cases))) for fault, cases in short.items()}
    everything = sorted({case for cases in short.values() for case in cases})
    found: list[str] = []
    while left:
        hits = {case: sum(case in cases for cases, _ in left.values()) for case in everything}
        best = max(everything, key=lambda case: hits[case])
        everything.remove(best)
        found.append(best)
        missing = {key: (cases, n - (best in cases)) for key, (cases, n) in left.items()}
        left = {key: (cases, n) for key, (cases, n) in missing.items() if n}
    return tuple(found)
