"""How fast the suite is: cells per second, and what a cell costs beside its bare body."""

from __future__ import annotations

import inspect
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import SQLAlchemyError

from .bridge import Bridge
from .cases import functions
from .database import Database, UnsupportedError
from .results import read
from .storage import Storage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.engine import URL

    from .backend import Backend
    from .reach import Reached
    from .trace import Watch


class BareDatabase(Database):
    """A database that records only what a case itself watches."""

    @contextmanager
    def _watching(self) -> Iterator[Watch]:
        self.recorder.resume()
        try:
            with self.recorder.watch() as watch:
                yield watch
        finally:
            self.recorder.pause()

    def watch(self) -> Any:
        """Record inside, and nowhere else."""
        return self._watching()


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One backend: seconds, medians over the rounds.

    `cell` is what one more cell adds to a run of one job, `body` what the same bodies take in a
    plain loop, `fixed` what a run costs besides its cells.
    """

    backend: str
    cells: int
    cell: float
    body: float
    fixed: float

    @property
    def ratio(self) -> float:
        """How many times the bare body a cell takes."""
        return self.cell / self.body


def bare(reached: Reached, rounds: int) -> dict[str, float]:
    """Time bodies in a plain loop: of the cases that are the same everywhere.

    These are functions of `db` alone, need no capability, and end on this backend as they should
    without a declared difference.

    Returns:
        case id to the median seconds of its body.

    """
    backend = reached.place.backend
    storage = Storage(reached.place, f"bench{secrets.token_hex(2)}")
    storage.create()
    bridge = Bridge(backend.is_async)
    database = bridge.call(lambda: BareDatabase(backend, storage, str, bridge))
    taken: dict[str, list[float]] = {}
    try:
        for case, function in functions():
            plain = list(inspect.signature(function).parameters) == ["db"]
            if not plain or case.needs or case.probes or backend.declared(case.id, None):
                continue
            for number in range(rounds + 1):
                seconds = bridge.call(partial(_body, database, function))
                if seconds is None:
                    taken.pop(case.id, None)
                    break
                # The first round fills SQLAlchemy's caches; a worker has them filled as well.
                if number:
                    taken.setdefault(case.id, []).append(seconds)
    finally:
        database.close()
        bridge.close()
    return {case: statistics.median(times) for case, times in taken.items()}


def _body(database: Database, function: Callable[..., Any]) -> float | None:
    """Time one body; None where the backend lacks what it takes, or cannot do it twice."""
    database.begin_cell()
    database.recorder.pause()
    started = time.perf_counter()
    seconds: float | None = None
    # A type that is dropped and made again, say, is not found by a driver that keeps its number.
    with suppress(UnsupportedError, SQLAlchemyError):
        function(database)
        seconds = time.perf_counter() - started
    database.recorder.resume()
    database.recorder.written |= {"account", "entry"}
    database.end_cell()
    return seconds


def run_once(backend: Backend, url: URL | None, cases: list[str]) -> tuple[float, int]:
    """Time one run of one job as a process; return seconds and cells."""
    with tempfile.TemporaryDirectory(prefix="session-conformance-bench-") as folder:
        command = [sys.executable, "-m", "session_conformance", "run", "--backend", backend.id]
        command += ["--jobs", "1", "--out", folder, "--servers", "url"]
        for case in cases:
            command += ["--case", case]
        if url is not None:
            rendered = url.render_as_string(hide_password=False)
            command += ["--url", f"{backend.id}={rendered}"]
        started = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        seconds = time.perf_counter() - started
        path = next(Path(folder).glob("2*/results.jsonl"), None)
        if path is None:
            raise RuntimeError(f"The run failed: {done.stderr or done.stdout}")
        return seconds, len(read(path).results)


def measure(reached: Reached, rounds: int) -> Measure:
    """Measure one backend."""
    backend = reached.place.backend
    url = reached.place.url if backend.family.service else None
    bodies = bare(reached, rounds)
    cases = sorted(bodies)
    some = cases[: max(1, len(cases) // 10)]
    cell, fixed = [], []
    for _ in range(rounds):
        few_seconds, few = run_once(backend, url, some)
        all_seconds, every = run_once(backend, url, cases)
        each = (all_seconds - few_seconds) / max(1, every - few)
        cell.append(each)
        fixed.append(few_seconds - few * each)
    return Measure(
        backend=backend.id,
        cells=len(cases),
        cell=statistics.median(cell),
        body=statistics.fmean(bodies.values()),
        fixed=statistics.median(fixed),
    )


__all__ = ["Measure", "bare", "measure", "run_once"]
