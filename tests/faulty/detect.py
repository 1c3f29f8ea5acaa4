"""Runs faulty backends through the real command, many at once: each fault is a column."""

from __future__ import annotations

from typing import TYPE_CHECKING

from session_conformance.backend import known

from .command import Ran, run
from .fault import FAULTS, HEALTHY, Fault
from .files import options

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# Long enough for every case that a faulty driver does not hinder, on a busy machine too.
LIMIT = "10"
DEADLY_LIMIT = "1"


def over(good: str) -> list[Fault]:
    """Return the faults that are put over a good backend, without the healthy layer."""
    return [fault for fault in FAULTS.values() if good in fault.over and fault.id != HEALTHY]


def at(good: str, servers: dict[str, str]) -> list[str]:
    """Return the options that say where the server of a good backend is."""
    database = known()[good].family.id
    return ["--url", f"{database}={servers[database]}"] if database in servers else []


def _run(
    good: str, faults: Sequence[Fault], folder: Path, more: Sequence[str], seconds: float
) -> Ran:
    folder.mkdir(parents=True, exist_ok=True)
    words = options(folder, [(fault, good) for fault in faults])
    return run([*words, "--jobs", "2", *more], folder / "out", seconds=seconds)


def _own_cases(faults: Sequence[Fault], good: str) -> list[str]:
    """Choose for each fault the cases that its own entry names."""
    cells = [f"{case}@{fault.backend(good)}" for fault in faults for case in fault.expected(good)]
    return ["--case", ",".join(cells)]


def run_caught(good: str, folder: Path, more: Sequence[str], *, widely: bool = False) -> Ran:
    """Run the faults that are caught: each on its own cases, or `widely` on those of all."""
    faults = [fault for fault in over(good) if fault.expected(good) and not fault.deadly]
    words = [*_own_cases(faults, good), "--limit", LIMIT, *more]
    if widely:
        words[1] = ",".join(sorted({case for fault in faults for case in fault.expected(good)}))
    return _run(good, faults, folder, words, 600.0)


def run_clean(good: str, folder: Path, more: Sequence[str]) -> Ran:
    """Run the healthy layer, and the faults that nothing catches yet, on every case."""
    faults = [FAULTS[HEALTHY], *(fault for fault in over(good) if good in fault.not_yet)]
    return _run(good, faults, folder, more, 1200.0)


def run_deadly(good: str, folder: Path, more: Sequence[str]) -> Ran:
    """Run the faults that cost a process or its time, on the cases that must catch them."""
    faults = [fault for fault in over(good) if fault.deadly]
    words = [*_own_cases(faults, good), "--limit", DEADLY_LIMIT, *more]
    return _run(good, faults, folder, words, 300.0)


def catches(ran: Ran, fault: Fault, good: str) -> dict[str, str]:
    """Return the cells that caught a fault over a good backend: case or case/variant, outcome."""
    return {
        f"{result.case}/{result.variant}" if result.variant else result.case: result.outcome
        for result in ran.results.results
        if result.backend == fault.backend(good) and result.verdict != "expected"
    }


RUNS = {"caught": run_caught, "clean": run_clean, "deadly": run_deadly}
