"""JUnit XML: one suite a backend, names unique and stable, declared differences as skipped."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from session_conformance.render.block import cell_block
from session_conformance.render.marks import DECLARED, clean
from session_conformance.render.model import Cell, Model, Row, arrange

if TYPE_CHECKING:
    from session_conformance.results import BackendRecord, Results

RUN = "session-conformance"


def junit(results: Results) -> str:
    """Return the JUnit XML of `results`.

    What was not run is absent; a backend that was not reached is one error; an incomplete run has
    one error more, in a suite of its own. Any result that makes the run fail is a failure or error.
    """
    model = arrange(results)
    root = ET.Element("testsuites", name=RUN)
    names: set[tuple[str, str]] = set()
    if not results.complete:
        suite = ET.SubElement(root, "testsuite", name=RUN)
        case = ET.SubElement(suite, "testcase", classname=RUN, name="run.complete", time="0.000")
        reason = results.end.reason if results.end and results.end.reason else "no end was recorded"
        ET.SubElement(case, "error", message=clean(f"incomplete run: {reason}"), type="incomplete")
        _count(suite)
    for place, backend in enumerate(model.backends):
        _suite(root, model, place, backend, names)
    for key in ("tests", "failures", "errors", "skipped"):
        root.set(key, str(sum(int(suite.get(key, "0")) for suite in root)))
    ET.indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _suite(
    root: ET.Element, model: Model, place: int, backend: BackendRecord, names: set[tuple[str, str]]
) -> None:
    suite = ET.SubElement(root, "testsuite", name=clean(backend.id))
    suite.set("timestamp", clean(model.results.run.started))
    properties = ET.SubElement(suite, "properties")
    for name, value in (
        ("server_version", backend.server_version),
        ("driver_version", backend.driver_version),
        ("sqlalchemy", model.results.run.sqlalchemy),
        ("suite", model.results.run.suite),
    ):
        if value:
            ET.SubElement(properties, "property", name=name, value=clean(value))
    if not backend.reached:
        case = ET.SubElement(suite, "testcase", classname=clean(backend.id), name="reached")
        case.set("time", "0.000")
        message = clean(backend.reason or "the server was not reached")
        ET.SubElement(case, "error", message=message, type="unreachable")
    for row in model.rows:
        cell = row.cells[place]
        if cell.known:
            _case(suite, model, row, cell, names)
    _count(suite)


def _case(
    suite: ET.Element, model: Model, row: Row, cell: Cell, names: set[tuple[str, str]]
) -> None:
    path, _, number = cell.case.source.rpartition(":")
    case = ET.SubElement(suite, "testcase")
    classname, name = _name(row, cell, names)
    case.set("classname", classname)
    case.set("name", name)
    case.set("file", clean(path or cell.case.source))
    if path and number.isdigit():
        case.set("line", number)
    case.set("time", f"{cell.result.seconds if cell.result else 0:.3f}")
    properties = ET.SubElement(case, "properties")
    ET.SubElement(properties, "property", name="outcome", value=cell.outcome)
    if cell.answer:
        ET.SubElement(properties, "property", name="answer", value=clean(cell.answer))
    if cell.declared:
        ET.SubElement(properties, "property", name="declared", value=clean(cell.declared.cause))
    _outcome(case, model, row, cell)


def _outcome(case: ET.Element, model: Model, row: Row, cell: Cell) -> None:
    result = cell.result
    if result is None:
        return
    if cell.concern or (
        cell.expected is None and cell.outcome in ("failed", "error", "timeout", "crashed")
    ):
        tag = "error" if cell.outcome in ("error", "timeout", "crashed") else "failure"
        what = ET.SubElement(case, tag, type=cell.outcome)
        message = result.detail.message if result.detail else cell.word
        if cell.expected == "s":
            declared = result.declared.outcome if result.declared else "different"
            message = f"stale: declared as {declared}, but {cell.word}"
        what.set("message", clean(message))
        what.text = cell_block(cell, row, model.results.traces, model.results.run)
    elif (
        cell.expected == DECLARED and result.declared and cell.outcome not in ("passed", "answered")
    ):
        ET.SubElement(case, "skipped", message=clean(f"declared: {result.declared.why}"))
    elif cell.outcome == "unsupported":
        ET.SubElement(
            case, "skipped", message=clean(f"unsupported: needs {result.needs or 'a capability'}")
        )


def _name(row: Row, cell: Cell, names: set[tuple[str, str]]) -> tuple[str, str]:
    """Return class and name; the full id, then a number, tells two apart that would be one."""
    classname = clean(f"{cell.backend.id}.{cell.case.chapter}")
    short = clean(row.name.removeprefix(f"{cell.case.chapter}."))
    wanted = short
    number = 1
    while (classname, wanted) in names:
        wanted = clean(row.name) if number == 1 else f"{clean(row.name)} ({number})"
        number += 1
    names.add((classname, wanted))
    return classname, wanted


def _count(suite: ET.Element) -> None:
    cases = suite.findall("testcase")
    suite.set("tests", str(len(cases)))
    for key, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(key, str(sum(case.find(tag) is not None for case in cases)))
    suite.set("time", f"{sum(float(case.get('time', '0')) for case in cases):.3f}")
