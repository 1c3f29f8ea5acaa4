"""Writes suite/faults.tsv: which cases of a quick check each fault breaks.

`python -m tests.faulty.signatures [BACKEND…]` puts every fault over the good backends that are
named, all of `OVER` where none is, and runs it on the cases of a quick check. By that file
`session-conformance check` recognises the likely cause of failures. The lines of databases that
are not named stay as they are.
"""

from __future__ import annotations

import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from session_conformance.backend import known
from session_conformance.faults import Signature, file, parse, text

from .broken import high
from .coverage import say
from .detect import LIMIT, at, over, own_server_cases, run_on
from .fault import MARIADB, MYSQL, POSTGRESQL, SQLITE, Fault
from .servers import servers

if TYPE_CHECKING:
    from session_conformance.results import Result

OVER = (SQLITE, POSTGRESQL, MYSQL, MARIADB)


def cases() -> list[str]:
    """Return the cases of a quick check."""
    return [case for case in high() if case not in own_server_cases()]


def signatures(good: str, folder: Path, where: list[str]) -> list[Signature]:
    """Run every fault over a good backend, and return which cases each one breaks."""
    faults = [fault for fault in over(good) if not fault.deadly]
    runs = run_on(good, faults, cases(), folder, ["--limit", LIMIT, *where])
    return [one for one in gather(good, faults, runs.results) if one.cases]


def gather(good: str, faults: list[Fault], results: list[Result]) -> list[Signature]:
    """Return which cases each fault broke over a good backend."""
    broken: dict[str, set[str]] = defaultdict(set)
    for result in results:
        # On a busy machine a case may be late for other reasons than its fault.
        if result.verdict != "expected" and result.outcome != "timeout":
            broken[result.backend].add(result.case)
    family = known()[good].family.id
    return [
        Signature(fault.id, family, fault.what, frozenset(broken[fault.backend(good)]))
        for fault in faults
    ]


def main(goods: list[str]) -> None:
    """Run everything and write the file."""
    families = {known()[good].family.id for good in goods}
    path = file()
    before = parse(path.read_text(encoding="utf-8")) if path.exists() else []
    found = [one for one in before if one.database not in families]
    with servers() as urls, tempfile.TemporaryDirectory() as scratch:
        for good in goods:
            say(f"{good}: {len(over(good))} faults on {len(cases())} cases")
            found += signatures(good, Path(scratch) / good, at(good, urls))
            path.write_text(text(found), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:] or list(OVER))
