"""Runs faulty backends through the real command, many at once: each fault is a column."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, TypeAlias

from session_conformance.backend import known
from session_conformance.cases import discover

from . import broken
from .command import run
from .fault import FAULTS, HEALTHY, Fault
from .files import options

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from session_conformance.results import Result

    from .command import Ran

# Long enough for every case that a faulty driver does not hinder, on a busy machine too.
LIMIT = "10"
DEADLY_LIMIT = "1"
# Each worker keeps connections to each backend, and a server has a hundred places.
AT_ONCE = 8

Cases: TypeAlias = Sequence[str] | Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Runs:
    """One run or several, each of some of the faults."""

    parts: Sequence[Ran]

    @property
    def complete(self) -> bool:
        """Whether each went to its end."""
        return all(ran.results.complete for ran in self.parts)

    @property
    def said(self) -> str:
        """What they said."""
        return "\n".join(ran.said for ran in self.parts)

    @property
    def results(self) -> list[Result]:
        """The results of all."""
        return [result for ran in self.parts for result in ran.results.results]

    @property
    def unreached(self) -> list[str]:
        """The backends that were not reached."""
        return [it.id for ran in self.parts for it in ran.results.backends if not it.reached]


def over(good: str) -> list[Fault]:
    """Return the faults that are put over a good backend, without the healthy layer."""
    return [fault for fault in FAULTS.values() if good in fault.over and fault.id != HEALTHY]


def at(good: str, servers: dict[str, str]) -> list[str]:
    """Return the options that say where the server of a good backend is."""
    database = known()[good].family.id
    return ["--url", f"{database}={servers[database]}"] if database in servers else []


def _batches(good: str, faults: Sequence[Fault]) -> Iterator[Sequence[Fault]]:
    size = AT_ONCE if known()[good].family.service else len(faults)
    for start in range(0, len(faults), size or 1):
        yield faults[start : start + size]


def run_on(
    good: str,
    faults: Sequence[Fault],
    cases: Cases,
    folder: Path,
    more: Sequence[str],
) -> Runs:
    """Run faults over a good backend.

    Args:
        good: the backend underneath.
        faults: as many as there are; a few at a time.
        cases: those of every fault, none for all there are; or those of each, by its id.
        folder: for backend files and reports.
        more: further options of the command.

    """
    parts = []
    for number, batch in enumerate(_batches(good, faults)):
        part = folder / str(number)
        part.mkdir(parents=True)
        words = [*options(part, [(fault, good) for fault in batch]), "--jobs", "2"]
        cells = _cells(good, batch, cases)
        own = [cell for cell in cells if cell.partition("@")[0] in own_server_cases()]
        if own:
            chosen = ["--case", ",".join(own)]
            parts.append(run([*words, *_without_url(more), *chosen], part / "own", seconds=3600.0))
            cells = [cell for cell in cells if cell not in own]
        if cells or not own:
            chosen = ["--case", ",".join(cells)] if cells else []
            parts.append(run([*words, *more, *chosen], part / "out", seconds=3600.0))
    return Runs(parts)


@cache
def own_server_cases() -> frozenset[str]:
    """Return the cases for which no server that is named by a URL will do."""
    return frozenset(name for name, (case, _) in discover().items() if "own_server" in case.needs)


def _without_url(words: Sequence[str]) -> list[str]:
    left = list(words)
    while "--url" in left:
        where = left.index("--url")
        del left[where : where + 2]
    return left


def _cells(good: str, faults: Sequence[Fault], cases: Cases) -> Sequence[str]:
    if not isinstance(cases, Mapping):
        return cases
    return [f"{case}@{fault.backend(good)}" for fault in faults for case in cases[fault.id]]


def _own_cases(faults: Sequence[Fault], good: str) -> Cases:
    """Choose for each fault the cases that its own entry names."""
    return {fault.id: fault.expected(good) for fault in faults}


def run_caught(good: str, folder: Path, more: Sequence[str]) -> Runs:
    """Run the faults that are caught, each on its own cases."""
    faults = [fault for fault in over(good) if fault.expected(good) and not fault.deadly]
    return run_on(good, faults, _own_cases(faults, good), folder, ["--limit", LIMIT, *more])


def run_broken(good: str, folder: Path, more: Sequence[str]) -> Runs:
    """Run the faults that break a case that a driver may well break, each on those cases."""
    cases: dict[str, list[str]] = defaultdict(list)
    for (case, where), names in broken.read().items():
        for name in names if where == good else ():
            cases[name].append(case)
    faults = [fault for fault in over(good) if fault.id in cases and not fault.deadly]
    return run_on(good, faults, cases, folder, ["--limit", LIMIT, *more])


def run_clean(good: str, folder: Path, more: Sequence[str]) -> Runs:
    """Run the healthy layer, and the faults that nothing catches yet, on every case."""
    faults = [FAULTS[HEALTHY], *(fault for fault in over(good) if good in fault.not_yet)]
    return run_on(good, faults, (), folder, more)


def run_deadly(good: str, folder: Path, more: Sequence[str]) -> Runs:
    """Run the faults that cost a process or its time, on the cases that must catch them."""
    faults = [fault for fault in over(good) if fault.deadly]
    limit = ["--limit", DEADLY_LIMIT]
    return run_on(good, faults, _own_cases(faults, good), folder, [*limit, *more])


def catches(runs: Runs, fault: Fault, good: str) -> dict[str, str]:
    """Return the cells that caught a fault over a good backend: case or case/variant, outcome."""
    return {
        f"{result.case}/{result.variant}" if result.variant else result.case: result.outcome
        for result in runs.results
        if result.backend == fault.backend(good) and result.verdict != "expected"
    }


RUNS = {
    "caught": run_caught,
    "broken": run_broken,
    "clean": run_clean,
    "deadly": run_deadly,
}
