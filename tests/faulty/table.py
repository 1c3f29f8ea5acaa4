"""Writes docs/detection.md: `python -m tests.faulty.table`."""

from __future__ import annotations

import sys
import tempfile
from collections import defaultdict
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from session_conformance.backend import choose, known
from session_conformance.gather import probe, resolve, server_url
from session_conformance.servers import ServerError, find

from . import broken
from .command import ROOT
from .detect import RUNS, at, catches, over
from .fault import FAULTS, GOOD, HEALTHY, SERVERS, Fault

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

FILE = ROOT / "docs" / "detection.md"
NAMED = 3

HEAD = """# Which cases catch which fault

Written by `python -m tests.faulty.table`, from real runs of the faulty drivers in `tests/faulty/`:
thin layers over good drivers, {faults} of them, each of which breaks one rule. A column is the good
driver underneath; its number says how many cases were not as they should be, and the last column
names the first three. Each fault was run on the cases that its entry names, and on those that
[catalogue/broken.tsv](catalogue/broken.tsv) names for it; the healthy layer on every case.

`tests/test_detection.py` holds the suite to it: a fault must be caught by the cases that its entry
names, and the healthy layer must be flagged by nothing.{not_yet} Each case of the catalogue that a
defective driver breaks most likely must be broken by a fault: {high} cases, in broken.tsv.

"""
NOT_YET = """ A fault of which the entry says “not yet” was run on every case, and must not be
caught."""


def cell(fault: Fault, good: str, caught: Collection[str]) -> str:
    """Return what the table says of a fault over a good backend."""
    if good not in fault.over:
        return ""
    if good in fault.not_yet:
        return f"not yet: {fault.not_yet[good]}"
    return str(len(caught)) if caught else "0"


def first(fault: Fault, caught: Collection[str]) -> str:
    """Return the cases that the table names: those of the fault's entry before the others."""
    entry = [name for good in fault.over for name in fault.expected(good)]
    own = [name.partition("/")[0] for name in (*fault.caught_by, *entry)]
    order = sorted(caught, key=lambda case: (own.index(case) if case in own else len(own), case))
    return ", ".join(f"`{case}`" for case in order[:NAMED])


def text(caught: Mapping[tuple[str, str], Collection[str]], high: int) -> str:
    """Return the page for what was caught: fault and good backend to cases."""
    titles = [f"{known()[good].family.title} {known()[good].title}" for good in GOOD]
    lines = [
        "| fault | what it breaks | " + " | ".join(titles) + " | caught by |",
        "| --- | --- | " + " | ".join("---:" for _ in titles) + " | --- |",
    ]
    for fault in FAULTS.values():
        cells = [cell(fault, good, caught.get((fault.id, good), ())) for good in GOOD]
        every = {case for good in GOOD for case in caught.get((fault.id, good), ())}
        cells.append(first(fault, every) or "nothing")
        lines.append(f"| `{fault.id}` | {fault.what} | " + " | ".join(cells) + " |")
    not_yet = NOT_YET if any(fault.not_yet for fault in FAULTS.values()) else ""
    head = HEAD.format(faults=len(FAULTS) - 1, high=high, not_yet=not_yet)
    return head + "\n".join(lines) + "\n"


@contextmanager
def servers() -> Iterator[dict[str, str]]:
    """Give URLs by database, of servers that are named by the environment, found or started."""
    backends = choose(list(SERVERS))
    named = resolve((), backends)
    probes = {str(it.family.service): probe(it) for it in backends if it.id not in named}
    with find(probes, say=print) as found:
        given = {}
        for backend in backends:
            server = found.get(str(backend.family.service))
            if isinstance(server, ServerError):
                raise SystemExit(f"{backend.family.title}: {server}")
            url = named[backend.id][0] if server is None else server_url(backend, server)
            given[backend.family.id] = url.render_as_string(hide_password=False)
        yield given


def main() -> None:
    """Run everything and write the page."""
    caught: dict[tuple[str, str], set[str]] = defaultdict(set)
    for (case, good), names in broken.read().items():
        for name in names:
            caught[name, good].add(case)
    with servers() as urls, tempfile.TemporaryDirectory() as scratch:
        for good in GOOD:
            folder = Path(scratch) / good
            faults = (FAULTS[HEALTHY], *over(good))
            ran = {
                kind: RUNS[kind](good, folder / kind, at(good, urls))
                for kind in {fault.kind(good) for fault in faults}
            }
            for fault in faults:
                found = catches(ran[fault.kind(good)], fault, good)
                caught[fault.id, good] |= {name.partition("/")[0] for name in found}
            count = sum(1 for (_, where), cases in caught.items() if where == good and cases)
            sys.stdout.write(f"{good}: {count} faults caught\n")
            sys.stdout.flush()
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(text(caught, len(broken.high())), encoding="utf-8")


if __name__ == "__main__":
    main()
