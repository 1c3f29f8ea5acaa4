"""The Common Test Report Format, and what makes it and JUnit XML fail."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator

from session_conformance import render
from session_conformance.exits import Exit
from session_conformance.render.model import arrange
from session_conformance.results import Declared, Result, Results

from .ctrf_schema import REPORT, STATUSES
from .sample_results import sample
from .valid_results import valid_results

ANY = settings(
    max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
VALIDATOR = Draft202012Validator(REPORT)


def found(results: Results) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(render.ctrf(results))["results"]
    return report


def listed(results: Results) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = found(results)["tests"]
    return made


def one(results: Results, **changes: Any) -> dict[str, Any]:
    """Return the test of a run's first result, with `changes` made to that result."""
    changed = dataclasses.replace(results.results[0], **changes)
    results.results[0] = changed
    row = next(row for row in arrange(results).rows if row.case.id == changed.case)
    name = f"{changed.backend}.{row.name}"
    return next(test for test in listed(results) if test["name"] == name)


def fails(results: Results) -> tuple[int, int]:
    """Return how many tests fail in the one format and in the other."""
    root = ET.fromstring(render.junit(results))  # noqa: S314  ours
    return (
        found(results)["summary"]["failed"],
        int(root.get("failures", "")) + int(root.get("errors", "")),
    )


@given(valid_results())
@ANY
def test_any_valid_results_make_a_valid_report(results: Results) -> None:
    text = render.ctrf(results)

    VALIDATOR.validate(json.loads(text))
    assert text.encode().decode() == text


@pytest.mark.parametrize("drivers", [1, 3])
def test_a_run_makes_a_valid_report(drivers: int) -> None:
    Draft202012Validator.check_schema(REPORT)
    VALIDATOR.validate(json.loads(render.ctrf(sample(24, drivers))))


@given(valid_results())
@ANY
def test_the_summary_counts_the_tests(results: Results) -> None:
    report = found(results)
    counts = Counter(test["status"] for test in report["tests"])
    summary = report["summary"]

    assert summary["tests"] == len(report["tests"]) == sum(counts.values())
    assert {status: summary[status] for status in STATUSES} == {
        status: counts[status] for status in STATUSES
    }
    assert summary["stop"] >= summary["start"]


@given(valid_results())
@ANY
def test_each_name_is_there_once(results: Results) -> None:
    names = [test["name"] for test in listed(results)]

    assert len(names) == len(set(names))


def test_two_cells_whose_class_and_name_join_alike_are_told_apart() -> None:
    results = sample(1)
    (case,) = results.cases
    results.cases = [
        dataclasses.replace(case, id="a.b.c", chapter="a"),
        dataclasses.replace(case, id="c", chapter="a.b"),
    ]
    results.results = [
        dataclasses.replace(results.results[0], case=one.id) for one in results.cases
    ]

    assert [test["name"] for test in listed(results)][:2] == [
        "sqlite-pysqlite.a.b.c",
        "sqlite-pysqlite.a.b.c (2)",
    ]


@given(valid_results())
@ANY
def test_names_are_those_of_junit(results: Results) -> None:
    root = ET.fromstring(render.junit(results))  # noqa: S314  ours
    theirs = [f"{case.get('classname')}.{case.get('name')}" for case in root.iter("testcase")]
    known = [test["name"] for test in listed(results) if not unknown(test)]

    assert known == theirs


def unknown(test: dict[str, Any]) -> bool:
    """Tell whether JUnit XML leaves a test out; it has no word for one that did not run."""
    reached = test["name"].endswith(".reached") and len(test["suite"]) == 1
    return test["status"] == "pending" or (
        test["status"] == "other" and test.get("rawStatus") == "unreachable" and not reached
    )


@given(valid_results())
@ANY
def test_every_cell_is_in_it_or_its_backend_was_not_reached(results: Results) -> None:
    model = arrange(results)
    wanted = sum(
        cell.known or cell.backend.reached or cell.concern for cell in model.cells()
    ) + sum(not backend.reached for backend in model.backends)
    own = [test for test in listed(results) if test["suite"] == ["session-conformance"]]

    assert len(listed(results)) - len(own) == wanted


@given(valid_results())
@ANY
def test_neither_format_looks_well_where_the_run_did_not_end_well(results: Results) -> None:
    well = results.complete and results.end is not None and not results.end.exit_code
    concern = any(cell.concern for cell in arrange(results).cells())
    if not well or concern or (results.end and results.end.left):
        assert all(fails(results))


def test_an_answer_is_other_and_told_by_its_name() -> None:
    results = sample(9)
    asked = next(case for case in results.cases if case.what == "question")
    answers = [test for test in listed(results) if f"{asked.id}/" in f"{test['name']}/"]

    assert {test["status"] for test in answers} == {"other"}
    assert {test["rawStatus"] for test in answers} == {"lost", "refused"}


def test_an_answer_that_fails_the_run_is_failed() -> None:
    test = one(sample(9), outcome="answered", answer="lost", verdict="undeclared")

    assert (test["status"], test["rawStatus"]) == ("failed", "lost")


@pytest.mark.parametrize("outcome", ["failed", "error", "timeout", "crashed"])
def test_what_goes_wrong_is_failed_and_tells_how_and_where(outcome: Any) -> None:
    test = one(sample(2), outcome=outcome, verdict="undeclared")

    assert test["status"] == "failed"
    assert test.get("rawStatus", "failed") == outcome
    assert "session-conformance run --case" in test["trace"]
    assert test["filePath"].startswith("suite/")
    assert test["line"] > 0


def test_a_declared_difference_is_skipped_and_says_why() -> None:
    declared = Declared(outcome="failed", cause="driver", why="It forgets.", source="https://e.org")
    test = one(sample(2), outcome="failed", verdict="expected", declared=declared)

    assert test["status"] == "skipped"
    assert test["rawStatus"] == "failed"
    assert test["message"] == "declared: It forgets."
    assert test["extra"] == {"session-conformance.declared": "driver"}
    assert "trace" not in test


def test_a_stale_declaration_is_failed_though_its_case_passed() -> None:
    declared = Declared(outcome="failed", cause="driver", why="It forgets.", source="https://e.org")
    test = one(sample(2), outcome="passed", verdict="stale", declared=declared)

    assert (test["status"], test["rawStatus"]) == ("failed", "passed")
    assert test["message"] == "stale: declared as failed, but passed"


def test_what_is_lacking_is_skipped_and_what_did_not_run_is_pending() -> None:
    lacking = one(sample(2), outcome="unsupported", needs="savepoints")
    results = sample(2)
    gone: Result = results.results.pop()
    pending = [test for test in listed(results) if test["status"] == "pending"]

    assert (lacking["status"], lacking["rawStatus"]) == ("skipped", "unsupported")
    assert lacking["message"] == "unsupported: needs savepoints"
    assert [test["name"] for test in pending] == [f"{gone.backend}.{gone.case}"]


def test_a_passed_test_says_no_more_than_it_must() -> None:
    test = one(sample(2), outcome="passed", seconds=0.0244)

    assert set(test) == {"name", "status", "duration", "suite"}
    assert test["duration"] == 24


def unreached(code: Exit) -> Results:
    results = sample(2)
    lost = results.backends[1]
    results.backends[1] = dataclasses.replace(lost, reached=False, reason="refused")
    results.results = [result for result in results.results if result.backend != lost.id]
    assert results.end is not None
    results.end = dataclasses.replace(results.end, exit_code=int(code))
    return results


@pytest.mark.parametrize(
    ("code", "status"), [(Exit.UNREACHED, "failed"), (Exit.GOOD, "other"), (Exit.WORSE, "failed")]
)
def test_a_backend_that_was_not_reached_is_one_test(code: Exit, status: str) -> None:
    (test,) = [test for test in listed(unreached(code)) if "postgresql" in test["name"]]

    assert test["name"] == "postgresql-psycopg.reached"
    assert (test["status"], test["rawStatus"]) == (status, "unreachable")
    assert test["message"] == "refused"


def test_an_incomplete_run_is_seen() -> None:
    results = sample(2)
    results.end = None
    report = found(results)
    first = report["tests"][0]

    assert first["name"] == "session-conformance.run.complete"
    assert first["status"] == "failed"
    assert report["extra"]["session-conformance.run"]["complete"] is False
    assert report["extra"]["session-conformance.run"]["verdict"].startswith("Incomplete run")


@pytest.mark.parametrize(
    ("code", "left", "name"),
    [
        (Exit.WORSE, [], "run.exit-code"),
        (Exit.NOTHING, [], "run.exit-code"),
        (Exit.UNDECLARED, ["a thread"], "run.left-nothing"),
    ],
)
def test_what_fails_a_run_besides_its_cells_is_a_test(
    code: Exit, left: list[str], name: str
) -> None:
    results = sample(2)
    assert results.end is not None
    results.end = dataclasses.replace(results.end, exit_code=int(code), left=left)
    root = ET.fromstring(render.junit(results))  # noqa: S314  ours

    assert listed(results)[0]["name"] == f"session-conformance.{name}"
    assert [case.get("name") for case in root[0]] == [name]
    assert fails(results) == (1, 1)


def test_times_are_those_of_the_run_in_milliseconds() -> None:
    summary = found(sample(1))["summary"]

    assert summary["start"] == 1_795_349_447_000
    assert summary["stop"] - summary["start"] == 41_700


def test_versions_are_in_it_and_no_address() -> None:
    results = sample(1)
    results.backends[1] = dataclasses.replace(results.backends[1], url="postgresql://ann@db/t")
    versions = found(results)["environment"]["extra"]["session-conformance.versions"]

    assert versions["backends"]["postgresql-psycopg"]["server_version"] == "18.1"
    assert versions["python"] == "3.13.5"
    assert "ann@db" not in render.ctrf(results)
