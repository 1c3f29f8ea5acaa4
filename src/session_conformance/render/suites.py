"""JUnit XML: one suite a backend, names unique and stable, declared differences as skipped."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from session_conformance.render.alarms import alarms
from session_conformance.render.block import cell_block
from session_conformance.render.identity import Names
from session_conformance.render.marks import clean
from session_conformance.render.model import Cell, Model, Row, arrange
from session_conformance.render.taken import FAILING, Taken, taken

if TYPE_CHECKING:
    from collections.abc import Iterator

    from session_conformance.results import BackendRecord, Results

RUN = "session-conformance"


def junit(results: Results) -> str:
    """Return the JUnit XML of `results`.

    What was not run is absent; a backend that was not reached is one error; what makes the run fail
    besides its cells, such as an incomplete run, is one error each, in a suite of its own. Any
    result that makes the run fail is a failure or error. A test stands on a line.
    """
    model = arrange(results)
    names = Names()
    root = ET.Element("testsuites", name=RUN)
    raised = alarms(model)
    if raised:
        suite = ET.SubElement(root, "testsuite", name=RUN)
        for alarm in raised:
            _error(suite, names.new(RUN, alarm.name), alarm.kind, alarm.message)
        _count(suite)
    for place, backend in enumerate(model.backends):
        _suite(root, model, place, backend, names)
    for key in ("tests", "failures", "errors", "skipped"):
        root.set(key, str(sum(int(suite.get(key, "0")) for suite in root)))
    _lines(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _lines(root: ET.Element) -> None:
    """Begin a line with each suite and test; what is inside a test needs none."""
    root.text = "\n"
    for suite in root:
        suite.text = suite.tail = "\n"
        for child in suite:
            child.tail = "\n"


def _suite(
    root: ET.Element, model: Model, place: int, backend: BackendRecord, names: Names
) -> None:
    suite = ET.SubElement(root, "testsuite", name=clean(backend.id))
    suite.set("timestamp", clean(model.results.run.started))
    run = model.results.run
    versions = {
        "server_version": backend.server_version,
        "driver_version": backend.driver_version,
        "sqlalchemy": run.sqlalchemy,
        "suite": run.suite,
    }
    _properties(suite, ((name, value) for name, value in versions.items() if value))
    if not backend.reached:
        message = clean(backend.reason or "the server was not reached")
        _error(suite, names.new(backend.id, "reached"), "unreachable", message)
    for row in model.rows:
        cell = row.cells[place]
        name = names.of(cell)
        told = taken(cell)
        if told.kind != "unknown":
            _case(suite, model, row, cell, name, told)
    _count(suite)


def _error(suite: ET.Element, name: tuple[str, str], kind: str, message: str) -> None:
    case = ET.SubElement(suite, "testcase", classname=name[0], name=name[1], time="0.000")
    ET.SubElement(case, "error", message=message, type=kind)


def _case(
    suite: ET.Element, model: Model, row: Row, cell: Cell, name: tuple[str, str], told: Taken
) -> None:
    path, _, number = cell.case.source.rpartition(":")
    case = ET.SubElement(suite, "testcase", classname=name[0], name=name[1])
    case.set("file", clean(path or cell.case.source))
    if path and number.isdigit():
        case.set("line", number)
    case.set("time", f"{cell.result.seconds if cell.result else 0:.3f}")
    _properties(case, _said(cell, told))
    if told.fails:
        tag = "error" if told.kind == "error" else "failure"
        what = ET.SubElement(case, tag, type=cell.outcome, message=told.message)
        what.text = cell_block(cell, row, model.results.traces, model.results.run)
    elif told.kind == "skipped":
        ET.SubElement(case, "skipped", message=told.message)


def _said(cell: Cell, told: Taken) -> Iterator[tuple[str, str]]:
    """Yield what the elements of a test do not say: its answer, and what is declared of it."""
    if cell.answer:
        yield "answer", cell.answer
    if cell.declared:
        yield "declared", cell.declared.cause
    if told.kind == "skipped" and cell.outcome in FAILING:
        yield "outcome", cell.outcome


def _properties(parent: ET.Element, pairs: Iterator[tuple[str, str]]) -> None:
    found = None
    for name, value in pairs:
        if found is None:
            found = ET.SubElement(parent, "properties")
        ET.SubElement(found, "property", name=name, value=clean(value))


def _count(suite: ET.Element) -> None:
    cases = suite.findall("testcase")
    suite.set("tests", str(len(cases)))
    for key, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(key, str(sum(case.find(tag) is not None for case in cases)))
    suite.set("time", f"{sum(float(case.get('time', '0')) for case in cases):.3f}")
