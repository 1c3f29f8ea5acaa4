"""Writes docs/catalogue/broken.tsv: which faults break which case that a driver may well break.

`python -m tests.faulty.coverage [BACKEND…]` takes the good backends one after the other, all where
none is named. Over each it runs every fault on the cases that its entry names, then all faults on
the cases of `high` rows that nothing has broken so far. The lines of backends that are not named
stay in the file, and what they break counts as broken.
"""

from __future__ import annotations

import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from .broken import FILE, Broken, high, left, read, text
from .detect import LIMIT, at, catches, over, run_caught, run_deadly, run_on
from .fault import GOOD
from .servers import servers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .detect import Runs


def _found(good: str, runs: Runs) -> Iterator[tuple[str, str]]:
    """Give what a run over a good backend broke: case, fault."""
    for fault in over(good):
        for name, outcome in catches(runs, fault, good).items():
            # On a busy machine a case may be late for other reasons than its fault.
            if fault.deadly or outcome != "timeout":
                yield name.partition("/")[0], fault.id


def _add(broken: Broken, good: str, runs: Runs) -> None:
    wanted = set(high())
    for case, fault in _found(good, runs):
        if case in wanted:
            broken[case, good].add(fault)
    # Each step is kept: the whole takes its time.
    FILE.write_text(text(broken), encoding="utf-8")
    count = len(runs.results)
    say(f"{good}: {count} cells run, {len(left(broken))} of {len(wanted)} cases unbroken")


def say(line: str) -> None:
    """Show how far it is."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main(goods: Sequence[str]) -> None:
    """Run everything and write the file."""
    kept = {key: faults for key, faults in read().items() if key[1] not in goods}
    broken: Broken = defaultdict(set, kept)
    with servers() as urls, tempfile.TemporaryDirectory() as scratch:
        for good in goods:
            folder, where = Path(scratch) / good, at(good, urls)
            say(f"{good}: {len(over(good))} faults")
            _add(broken, good, run_caught(good, folder / "caught", where))
            if any(fault.deadly for fault in over(good)):
                _add(broken, good, run_deadly(good, folder / "deadly", where))
            if cases := left(broken):
                faults = [fault for fault in over(good) if not fault.deadly]
                limit = ["--limit", LIMIT]
                _add(broken, good, run_on(good, faults, cases, folder / "all", [*limit, *where]))
    for case in left(broken):
        say(f"unbroken: {case}")


if __name__ == "__main__":
    main(sys.argv[1:] or GOOD)
