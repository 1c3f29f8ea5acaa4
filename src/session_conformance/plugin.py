"""The pytest plugin of a worker process: it turns cases into cells and runs them.

Loaded with `-p session_conformance.plugin` by our own command and by nothing else: registered for
everybody it would meddle with other people's test runs.
"""

from __future__ import annotations

import atexit
import dataclasses
import inspect
import json
import os
import random
import re
import signal
import sys
import time
import traceback
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
from _pytest.runner import runtestprotocol  # as plugins that run a test again take it

from . import death
from .backend import load
from .borrowing import Borrower
from .bridge import Bridge
from .condition import Condition, conditions
from .database import Database, UnsupportedError
from .declare import Case, case_of
from .leftovers import Unheard, collecting_after, forget_frames, forget_what_stays, uncollected
from .levels import level_of
from .outcome import decide
from .probed import hold
from .redact import Secrets
from .results import CaseRecord, Detail, Result, TraceRecord, dump
from .selection import Selection
from .shard import Shard
from .storage import Storage, unpack
from .tidiness import Threads
from .trace import trace_id
from .verdict import judge
from .versions import is_of
from .watchdog import Watchdog

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from types import FrameType

    from .backend import Backend
    from .results import Outcome

PLAN = "session_conformance"
WORKER = pytest.StashKey["Worker"]()
#: The seconds that a database may take to be made, on a busy machine too.
MAKING = 30.0
PASSED = pytest.StashKey[set[int]]()
RECORD = pytest.StashKey[dict[str, str]]()


class EscapedError(Exception):
    """A case let out what is no ordinary exception: an interrupt, an exit, a skip."""


class Worker:
    """What one worker process knows: its plan, its databases, its watchdog."""

    def __init__(self, plan: dict[str, Any], name: str) -> None:
        self.plan = plan
        self.name = name
        self.backends: dict[str, Backend] = {
            key: load(Path(path)).at(plan["versions"][key], plan["ways"][key])
            for key, path in plan["backends"].items()
        }
        self.places = {
            key: unpack(data, self.backends[key]) for key, data in plan["places"].items()
        }
        self.secrets = Secrets(str(place.url.password or "") for place in self.places.values())
        self.selection = Selection(plan["cases"])
        self.shard = Shard.parse(plan["shard"]) if plan["shard"] else None
        self._threads = Threads()
        self._conditions: dict[str, list[Condition]] = {}
        self._directory = Path(plan["directory"])
        death.listen(self._directory / f"dead-{name}.txt")
        self.watchdog = Watchdog(self._directory / f"stuck-{name}.json")
        self._borrower = Borrower(plan["lender"], self.watchdog, self.secrets)
        self._databases: dict[str, Database] = {}
        self._traces: set[str] = set()
        # One event loop for all async drivers of this worker, kept from cell to cell.
        self._bridges: dict[bool, Bridge] = {}
        self.interrupted = False
        # Whether cells have run after which nobody looked for garbage.
        self.unsearched = False
        signal.signal(signal.SIGINT, self._interrupt)
        self._pid_file = self._directory / f"{name}.pid"
        self._pid_file.write_text(str(os.getpid()), encoding="ascii")

    def _interrupt(self, _number: int, _frame: FrameType | None) -> None:
        # Once is enough: the controlling process passes on what a terminal sends to all.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        # Told apart from a KeyboardInterrupt that a case raises itself and lets escape.
        self.interrupted = True
        raise KeyboardInterrupt

    def limit(self, backend: str) -> float:
        """Return the seconds that a cell may take on a backend."""
        return self.backends[backend].limit(self.plan["limit"])

    def conditions(self, backend: str) -> list[Condition]:
        """Return under which conditions a backend is asked a question about isolation."""
        if backend not in self._conditions:
            family = self.backends[backend].family
            self._conditions[backend] = conditions(
                self.plan["levels"][backend], family.configurations
            )
        return self._conditions[backend]

    def takes(self, case: str, variant: str | None, backend: str) -> bool:
        """Tell whether a cell was chosen and is in this run's share."""
        chosen = self.selection.takes(case, variant, backend)
        return chosen and (self.shard is None or self.shard.takes(case))

    def told(self, result: Result, ran: Ran) -> dict[str, str]:
        """Return what goes to the controlling process: lines of the results file.

        A trace goes there once. As text, since the channel takes long for anything in parts.
        """
        lines = {"result": dump(result)}
        if result.trace is not None and result.trace not in self._traces:
            self._traces.add(result.trace)
            lines["trace"] = dump(TraceRecord(id=result.trace, events=ran.rows, cut=ran.cut))
        return lines

    def stop_if_interrupted(self) -> None:
        """Raise the interrupt that a case's own `except` may have swallowed."""
        if self.interrupted:
            raise KeyboardInterrupt

    def search_garbage(self) -> None:
        """Let the finalizers of earlier cells complain before anybody listens for this one's."""
        if self.unsearched:
            forget_what_stays()
            self.unsearched = False

    def database(self, backend: str) -> Database:
        """Return the database of this worker on a backend; made when first asked for."""
        if backend not in self._databases:
            with self.watchdog.paused(MAKING):
                self._make(backend)
        return self._databases[backend]

    def free(self, backend: str) -> None:
        """End every connection to the database of this worker on a backend, if it is made yet."""
        if backend in self._databases:
            self._databases[backend].free()

    def _make(self, backend: str) -> None:
        storage = Storage(self.places[backend], self.name)
        storage.create()
        of = self.backends[backend]
        if of.is_async not in self._bridges:
            self._bridges[of.is_async] = Bridge(of.is_async)
        bridge = self._bridges[of.is_async]
        self._databases[backend] = bridge.call(
            lambda: Database(of, storage, self.secrets.cut, bridge, self._borrower)
        )

    def close(self) -> None:
        """Drop what this worker made."""
        left: list[str] = []
        for backend, database in self._databases.items():
            try:
                left += database.close()
            except Exception as error:
                # One that cannot be closed must not keep the others from it.
                why = self.secrets.cut(str(error)).splitlines()
                left.append(f"{backend} ({type(error).__name__}: {why[0] if why else ''})")
        self._databases.clear()
        self.watchdog.close()
        for bridge in self._bridges.values():
            bridge.close()
        self._bridges.clear()
        left += self._threads.left()
        (self._directory / f"left-{self.name}.json").write_text(json.dumps(left), encoding="utf-8")
        self._pid_file.unlink(missing_ok=True)


def pytest_configure(config: pytest.Config) -> None:
    """Take up the plan that the controlling process sent along."""
    workerinput = getattr(config, "workerinput", None)
    if workerinput is not None and PLAN in workerinput:
        config.stash[WORKER] = Worker(workerinput[PLAN], workerinput["workerid"])
        # The channel's own thread never ends; a driver in C would count what it keeps as leaks.
        atexit.register(end_at_once)


def end_at_once() -> None:
    """End this process without the interpreter's own clearing up; what was written is kept."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(0)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Give everything back, before this worker says that it is done and is ended."""
    worker = session.config.stash.get(WORKER, None)
    if worker is not None:
        worker.close()


@pytest.hookimpl(trylast=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make a cell of each case on each reached backend; last, so that its id stands behind."""
    worker = metafunc.config.stash.get(WORKER, None)
    if worker is None or "db" not in metafunc.fixturenames:
        return
    names = list(worker.places)
    if "condition" in metafunc.fixturenames:
        # Of all that any backend has, so that the answers stand side by side.
        all_of_them = dict.fromkeys(found for name in names for found in worker.conditions(name))
        pairs = [(found, name) for name in names for found in all_of_them]
        ids = [f"{found}-@{name}" for found, name in pairs]
        metafunc.parametrize(("condition", "db"), pairs, indirect=["db"], ids=ids)
    else:
        metafunc.parametrize("db", names, indirect=True, ids=[f"@{name}" for name in names])


@pytest.fixture
def db(request: pytest.FixtureRequest) -> Database:
    """The database of the cell's backend."""
    found: Database = request.config.stash[WORKER].database(request.param)
    return found


def identity(item: pytest.Item) -> tuple[Case, str | None, str] | None:
    """Return case, variant and backend of a test item, None for one that is no cell."""
    function = getattr(item, "function", None)
    case = case_of(function)
    callspec = getattr(item, "callspec", None)
    if case is None or callspec is None or "db" not in callspec.params:
        return None
    variant, _, backend = re.sub(r"(^|-)@", "\0", callspec.id).partition("\0")
    return case, variant or None, backend


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the chosen cells, one backend after the other, or in the order of the seed."""
    worker = config.stash.get(WORKER, None)
    if worker is None:
        return
    cells = [(item, found) for item in items if (found := identity(item))]
    takes = worker.takes
    chosen = any(worker.selection.takes(case.id, *cell) for _, (case, *cell) in cells)
    needed = {
        (need, backend)
        for _, (case, variant, backend) in cells
        if takes(case.id, variant, backend)
        for need in case.needs
    }
    cells = [
        (item, (case, variant, backend))
        for item, (case, variant, backend) in cells
        if takes(case.id, variant, backend) or (case.probes, backend) in needed
    ]
    as_of = worker.plan["as_of"]
    cells = [(item, cell) for item, cell in cells if is_of(cell[0].since, as_of)]
    order = list(worker.places)
    cells.sort(key=lambda cell: order.index(cell[1][2]))
    seed = worker.plan["seed"]
    if seed is not None:
        random.Random(seed).shuffle(cells)  # noqa: S311
    first = {case: place for place, case in enumerate(worker.plan["first"])}
    cells.sort(key=lambda cell: first.get(cell[1][0].id, len(first)))
    # What a backend's file says it can do decides which other cells are run at all.
    cells.sort(key=lambda cell: cell[1][0].probes is None)
    # A cell that cannot be run is known by now: it costs a line, and not a test.
    unsupported = {id(item): lacks for item, cell in cells if (lacks := lack(worker, item, cell))}
    items[:] = [item for item, _ in cells if id(item) not in unsupported]
    forget_what_stays()
    if worker.name == "gw0":
        _write_collection(
            Path(worker.plan["directory"]), cells, list(unsupported.values()), chosen=chosen
        )


def lack(worker: Worker, item: pytest.Item, cell: tuple[Case, str | None, str]) -> Result | None:
    """Return the result of a cell whose backend lacks what the case names, None for any other."""
    case, variant, backend = cell
    need = next((need for need in case.needs if not worker.backends[backend].can(need)), None)
    message = f"The backend has no {need}."
    condition = item.callspec.params.get("condition")  # type: ignore[attr-defined]
    if need is None and condition is not None and condition not in worker.conditions(backend):
        need, message = "isolation_levels", f"The database has no “{condition}”."
    if need is None:
        return None
    detail = Detail(kind="capability", message=message)
    return Result(
        case=case.id, variant=variant, backend=backend, outcome="unsupported",
        verdict="expected", needs=need, detail=detail,
    )  # fmt: skip


def _write_collection(
    directory: Path,
    cells: list[tuple[pytest.Item, tuple[Case, str | None, str]]],
    unsupported: list[Result],
    *,
    chosen: bool,
) -> None:
    """Tell the controlling process what there is; under xdist it collects nothing itself.

    `unsupported` are the results of the cells that need not be run, `chosen` tells whether the
    words of the run choose anything, be it in another share of it.
    """
    cases: dict[str, CaseRecord] = {}
    for item, (case, variant, _) in cells:
        if case.id not in cases:
            cases[case.id] = _case_record(item, case)
        variants = cases[case.id].variants
        if variant and variant not in variants:
            variants.append(variant)
    ids = [[item.nodeid, case.id, variant, backend] for item, (case, variant, backend) in cells]
    data = {
        "cases": [dataclasses.asdict(case) for case in cases.values()],
        "cells": ids,
        "unsupported": [dump(result) for result in unsupported],
        "chosen": chosen,
    }
    (directory / "collected.json").write_text(json.dumps(data), encoding="utf-8")


def _case_record(item: pytest.Item, case: Case) -> CaseRecord:
    function = item.function  # type: ignore[attr-defined]
    lines, start = inspect.getsourcelines(function)
    return CaseRecord(
        id=case.id,
        what=case.what,
        chapter=case.chapter,
        text=case.text,
        docs=case.docs,
        source=f"{short(function.__code__.co_filename)}:{start}",
        code="".join(lines),
        needs=list(case.needs),
        answers=dict(case.answers),
        since=case.since,
        level=level_of(case.chapter),
    )


def short(path: str) -> str:
    """Return a case file's path from its suite folder on: the same in every installation."""
    parts = Path(path).parts
    parts = parts[len(parts) - 1 - parts[::-1].index("suite") :] if "suite" in parts else parts[-1:]
    return "/".join(parts)


def pytest_assertion_pass(item: pytest.Item, lineno: int) -> None:
    """Note that an assertion was evaluated and held."""
    item.stash.setdefault(PASSED, set()).add(lineno)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Run a cell under the watch of the clock, and tell of it once.

    That each test begins, was set up, was torn down and is over would be four more messages, which
    took a tenth of the time of a run.
    """
    worker = item.config.stash.get(WORKER, None)
    cell = identity(item)
    if worker is None or cell is None:
        return None
    case, variant, backend = cell

    def free() -> None:
        worker.free(backend)

    watched = {"case": case.id, "variant": variant, "backend": backend}
    worker.watchdog.begin(watched, free, worker.limit(backend))
    try:
        reports = runtestprotocol(item, log=False, nextitem=nextitem)
    finally:
        worker.watchdog.end()
    for report in reports:
        if report.when == "call" or not report.passed:
            item.ihook.pytest_runtest_logreport(report=report)
    return True


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a cell where its engine can work, decide its outcome and put everything back."""
    worker = pyfuncitem.config.stash.get(WORKER, None)
    cell = identity(pyfuncitem)
    if worker is None or cell is None:
        return None
    case, variant, backend = cell
    database = cast("Database", pyfuncitem.funcargs["db"])
    ran = _run_body(pyfuncitem, database)
    passed = pyfuncitem.stash.get(PASSED, set())
    answer: str | None = None
    needs: str | None = None
    if isinstance(ran.error, UnsupportedError):
        needs = str(ran.error)
        outcome: Outcome = "unsupported"
        detail: Detail | None = Detail(kind="capability", message=f"The backend has no {needs}.")
    else:
        with uncollected():
            outcome, detail, answer = decide(
                case, pyfuncitem.function, ran.error, passed, database, ran.left
            )
    stack = worker.watchdog.end()
    if stack is not None:
        outcome = "timeout"
        detail = Detail(
            kind="timeout",
            message=f"Over its {worker.limit(backend):g} s; its connections were ended.",
            traceback=stack,
        )
    if case.probes:
        outcome, detail = hold(
            case.probes, worker.backends[backend].can(case.probes), outcome, detail
        )
        needs = case.probes if outcome == "unsupported" else None
    result = judge(
        worker.backends[backend],
        Result(
            case=case.id,
            variant=variant,
            backend=backend,
            outcome=outcome,
            verdict="expected",
            answer=answer,
            facts={
                name: worker.secrets.cut(value) if isinstance(value, str) else value
                for name, value in database.facts.items()
            },
            detail=_clean(detail, worker.secrets),
            needs=needs,
            trace=trace_id(ran.rows),
            seconds=round(ran.seconds, 6),
            worker=worker.name,
        ),
        worker.plan["versions"][backend],
    )  # fmt: skip
    pyfuncitem.stash[RECORD] = worker.told(result, ran)
    if needs:
        pytest.skip(f"The backend has no {needs}.")
    if ran.error is not None and not isinstance(ran.error, Exception | pytest.fail.Exception):
        # Neither ends the run nor turns the cell into a skipped one.
        raise EscapedError(type(ran.error).__name__) from ran.error
    if ran.error is not None:
        raise ran.error
    return True


@dataclasses.dataclass(slots=True)
class Ran:
    """What the body of a cell did."""

    error: BaseException | None = None
    seconds: float = 0.0
    rows: list[list[Any]] = dataclasses.field(default_factory=list)
    cut: int = 0
    left: list[str] = dataclasses.field(default_factory=list)


@cache
def parameters(function: Callable[..., Any]) -> frozenset[str]:
    """Return the names of a case's parameters."""
    return frozenset(inspect.signature(function).parameters)


def _run_body(item: pytest.Function, database: Database) -> Ran:
    ran = Ran()
    worker = item.config.stash[WORKER]
    wanted = parameters(item.function)
    arguments = {name: value for name, value in item.funcargs.items() if name in wanted}

    def before() -> None:
        database.begin_cell()
        ran.seconds = -time.perf_counter()

    def body() -> None:
        try:
            item.function(**arguments)
        except BaseException as raised:
            ran.error = raised
        worker.stop_if_interrupted()

    def after() -> None:
        ran.seconds += time.perf_counter()
        ran.rows, ran.cut = database.recorder.rows()
        statements = database.recorder.statements
        ran.left = database.end_cell()
        database.recorder.statements = statements

    def started() -> None:
        before()
        body()

    def whole() -> None:
        started()
        after()

    if not database.bridge.is_async:
        worker.unsearched = True
        whole()
        return ran
    worker.search_garbage()
    with Unheard() as unheard:
        with collecting_after():
            if inspect.iscoroutinefunction(item.function):
                database.bridge.call(before)
                try:
                    database.bridge.run(item.function(**arguments))
                except BaseException as raised:
                    ran.error = raised
            else:
                database.bridge.call(started)
            left = database.bridge.leftovers()
            worker.stop_if_interrupted()
            forget_frames(ran.error)
        database.bridge.call(after)
        ran.left += left + database.bridge.leftovers() + unheard.found
    return ran


def _clean(detail: Detail | None, secrets: Secrets) -> Detail | None:
    if detail is None:
        return None
    return dataclasses.replace(
        detail,
        message=secrets.cut(detail.message),
        explanation=[secrets.cut(line) for line in detail.explanation],
        where=_shorten(detail.where),
        traceback=secrets.cut(detail.traceback) if detail.traceback else None,
    )


def _shorten(where: str | None) -> str | None:
    if where is None:
        return None
    path, _, line = where.rpartition(":")
    return f"{short(path)}:{line}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let the cell's record ride on pytest's report to the controlling process."""
    with uncollected():
        report = yield
    worker = item.config.stash.get(WORKER, None)
    cell = identity(item)
    if worker is None or cell is None:
        return report
    record = item.stash.get(RECORD, None)
    if record is None and call.excinfo is not None:
        record = {"result": dump(_hindered(worker, cell, call.excinfo.value))}
    if record is not None:
        item.stash[RECORD] = {}
    if record:
        report.session_conformance = record  # type: ignore[attr-defined]
    return report


def _hindered(worker: Worker, cell: tuple[Case, str | None, str], error: BaseException) -> Result:
    """The result of a cell that never came to its body."""
    case, variant, backend = cell
    message = worker.secrets.cut(f"{type(error).__name__}: {error}")
    told = worker.secrets.cut("".join(traceback.format_exception(error)))
    detail = Detail(kind="exception", message=message.splitlines()[0], traceback=told)
    result = Result(
        case=case.id, variant=variant, backend=backend, outcome="error", verdict="expected",
        detail=detail, worker=worker.name,
    )  # fmt: skip
    return judge(worker.backends[backend], result)
