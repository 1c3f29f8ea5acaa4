"""Writes docs/detection.md: `python -m tests.faulty.table`, every fault on every case."""

from __future__ import annotations

import sys
import tempfile
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from session_conformance.backend import choose, known
from session_conformance.gather import probe, resolve, server_url
from session_conformance.servers import ServerError, find

from .command import ROOT
from .detect import RUNS, at, catches, over, run_caught
from .fault import EVERYWHERE, FAULTS, HEALTHY, SERVERS, Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

FILE = ROOT / "docs" / "detection.md"
NAMED = 3

HEAD = """# Which cases catch which fault

Written by `python -m tests.faulty.table`, from real runs of the faulty drivers in `tests/faulty/`:
thin layers over good drivers, each of which breaks one rule. A column is a database and the good
driver underneath. Each fault was run on {cases} cases, those that some fault's entry names; a cell
says how many of them were not as they should be, and names the first three. The healthy layer, and
the faults that nothing catches yet, were run on every case; faults that hang or crash only on the
cases their own entries name. `tests/test_detection.py` holds the suite to it: a fault must be
caught by the cases that its entry names, a fault of which the entry says “not yet” must not be
caught, and the healthy layer must be flagged by nothing.

"""


def cell(fault: Fault, good: str, caught: dict[str, str]) -> str:
    """Return what the table says of a fault over a good backend."""
    if good not in fault.over:
        return ""
    if not caught:
        return "nothing" if fault.id == HEALTHY else f"not yet: {fault.not_yet.get(good, '?')}"
    cases = {name.partition("/")[0] for name in caught}
    first = [name.partition("/")[0] for name in fault.caught_by]
    named = sorted(cases, key=lambda case: (case not in first, case))[:NAMED]
    return f"{len(cases)}: " + ", ".join(f"`{case}`" for case in named)


def text(caught: dict[tuple[str, str], dict[str, str]]) -> str:
    """Return the page for what was caught: fault and good backend to cases."""
    titles = [f"{known()[good].family.title} · {known()[good].title}" for good in EVERYWHERE]
    lines = [
        "| fault | what it breaks | " + " | ".join(titles) + " |",
        "| --- | --- | " + " | ".join("---" for _ in titles) + " |",
    ]
    for fault in FAULTS.values():
        cells = [cell(fault, good, caught.get((fault.id, good), {})) for good in EVERYWHERE]
        lines.append(f"| `{fault.id}` | {fault.what} | " + " | ".join(cells) + " |")
    named = {case for fault in FAULTS.values() for case in fault.caught_by if not fault.deadly}
    return HEAD.format(cases=len(named)) + "\n".join(lines) + "\n"


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
    caught: dict[tuple[str, str], dict[str, str]] = {}
    with servers() as urls, tempfile.TemporaryDirectory() as scratch:
        for good in EVERYWHERE:
            folder = Path(scratch) / good
            faults = (FAULTS[HEALTHY], *over(good))
            runs = RUNS | {"caught": partial(run_caught, widely=True)}
            ran = {
                kind: runs[kind](good, folder / kind, at(good, urls))
                for kind in {fault.kind(good) for fault in faults}
            }
            for fault in faults:
                caught[fault.id, good] = catches(ran[fault.kind(good)], fault, good)
            count = sum(1 for (_, where), cases in caught.items() if where == good and cases)
            sys.stdout.write(f"{good}: {count} faults caught\n")
            sys.stdout.flush()
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(text(caught), encoding="utf-8")


if __name__ == "__main__":
    main()
