"""The run in the Common Test Report Format, JSON that reporters of many CI services read.

Fields are those of version 0.0.0 of its specification, and among these only what every reader of
that version takes.
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from session_conformance.exits import Exit
from session_conformance.render.alarms import alarms
from session_conformance.render.block import cell_block
from session_conformance.render.environment import environment
from session_conformance.render.identity import Names
from session_conformance.render.marks import clean
from session_conformance.render.model import arrange
from session_conformance.render.sentence import judge
from session_conformance.render.taken import Taken, taken
from session_conformance.render.when import moment_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from session_conformance.render.model import Cell, Model, Row
    from session_conformance.results import BackendRecord, Results

TOOL = "session-conformance"
STATUSES = ("passed", "failed", "skipped", "pending", "other")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Test = dict[str, Any]


def ctrf(results: Results) -> str:
    """Return `results` in the Common Test Report Format: a line a test, times in milliseconds.

    A cell is called as in JUnit XML, with its class before its name, since readers tell tests apart
    by their names alone. What makes the run fail is `failed`, an answer is `other`, a declared
    difference or a lacking capability `skipped`, what was not run `pending`; `rawStatus` is the
    suite's own word where it is another one. Of a backend that was not reached there is one test,
    `other` where the run may do without.
    """
    model = arrange(results)
    tests = list(_tests(model))
    counts = Counter(test["status"] for test in tests)
    run = results.run
    start, stop = _span(results)
    head = {
        "tool": {"name": TOOL, "version": clean(run.suite)},
        "summary": {
            "tests": len(tests),
            **{status: counts[status] for status in STATUSES},
            "suites": len({test["suite"][0] for test in tests}),
            "start": start,
            "stop": stop,
        },
        "environment": {
            "reportName": clean(f"Session conformance {run.id}"),
            "appName": "SQLAlchemy",
            "appVersion": clean(run.sqlalchemy),
            "osVersion": clean(run.platform),
            "extra": {f"{TOOL}.versions": environment(results)},
        },
        "extra": {f"{TOOL}.run": _run(model)},
    }
    lines = ",\n".join(_dump(test) for test in tests)
    opening = f'{{"reportFormat":"CTRF","specVersion":"0.0.0","results":{_dump(head)[:-1]}'
    return f'{opening},"tests":[\n{lines}\n]}}}}\n'


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _span(results: Results) -> tuple[int, int]:
    """Return start and end; without an end, or without a time that is one, there is no span."""
    moment = moment_of(results.run.started)
    start = int((moment - _EPOCH).total_seconds() * 1000) if moment else 0
    return start, start + (_milliseconds(results.end.seconds) if results.end else 0)


def _milliseconds(seconds: float) -> int:
    return max(0, round(seconds * 1000))


def _run(model: Model) -> dict[str, Any]:
    """Return what the run was and came to, as far as tests do not say it."""
    run, end = model.results.run, model.results.end
    found: dict[str, Any] = {
        "id": clean(run.id),
        "complete": model.results.complete,
        "verdict": clean(judge(model).text),
    }
    if end is not None:
        found["exit_code"] = end.exit_code
    if run.shard is not None:
        found["shard"] = clean(run.shard)
    return found


def _tests(model: Model) -> Iterator[Test]:
    names = Names()
    for alarm in alarms(model):
        name = names.new(TOOL, alarm.name)
        yield _test(name, "failed", [TOOL], rawStatus=alarm.kind, message=alarm.message)
    for place, backend in enumerate(model.backends):
        if not backend.reached:
            yield _unreached(model, backend, names)
        for row in model.rows:
            cell = row.cells[place]
            name = names.of(cell)
            told = taken(cell)
            if told.kind != "unknown" or backend.reached:
                yield _cell(model, row, cell, name, told)


def _test(name: tuple[str, str], status: str, suite: list[str], **more: object) -> Test:
    test = {"name": ".".join(name), "status": status, "duration": 0, "suite": suite}
    return test | {key: value for key, value in more.items() if value not in (None, "")}


def _unreached(model: Model, backend: BackendRecord, names: Names) -> Test:
    end = model.results.end
    # Which backends were required is not in the file; where the run ended well, none of these was.
    may_lack = end is not None and end.complete and end.exit_code == Exit.GOOD
    return _test(
        names.new(backend.id, "reached"),
        "other" if may_lack else "failed",
        [clean(backend.id)],
        rawStatus="unreachable",
        message=clean(backend.reason or "the server was not reached"),
    )


def _cell(model: Model, row: Row, cell: Cell, name: tuple[str, str], told: Taken) -> Test:
    status = _status(cell, told.kind)
    test = _test(
        name,
        status,
        [clean(cell.backend.id), clean(cell.case.chapter)],
        rawStatus=clean(cell.word) if cell.word != status else None,
        message=told.message,
    )
    if cell.result is not None:
        test["duration"] = _milliseconds(cell.result.seconds)
    if cell.declared:
        test["extra"] = {f"{TOOL}.declared": clean(cell.declared.cause)}
    if told.fails:
        test["trace"] = cell_block(cell, row, model.results.traces, model.results.run)
        path, _, line = cell.case.source.rpartition(":")
        if path and line.isdigit():
            test |= {"filePath": clean(path), "line": int(line)}
    return test


def _status(cell: Cell, kind: str) -> str:
    if kind in ("failure", "error"):
        return "failed"
    if kind == "skipped":
        return "skipped"
    return {"passed": "passed", "not run": "pending"}.get(cell.outcome, "other")
