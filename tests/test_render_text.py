"""Markdown, JUnit XML, the closing table and the failure block."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from xml.etree import ElementTree as ET

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from session_conformance import render
from session_conformance.render.summary import LIMIT
from session_conformance.render.table import size
from session_conformance.results import CaseRecord, Detail, Result, Results

from .sample_results import sample
from .valid_results import valid_results

ANY = settings(
    max_examples=20, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
COLOR = re.compile(r"\x1b\[[\d;]*m")


def names(xml: str) -> list[tuple[str | None, str | None]]:
    root = ET.fromstring(xml)  # noqa: S314  ours
    return [(case.get("classname"), case.get("name")) for case in root.iter("testcase")]


@given(valid_results())
@ANY
def test_junit_parses_and_its_names_are_unique(results: Results) -> None:
    found = names(render.junit(results))

    assert len(found) == len(set(found))
    assert all(classname is not None and name is not None for classname, name in found)


def test_junit_counts_what_its_suites_hold() -> None:
    results = sample(24)
    root = ET.fromstring(render.junit(results))  # noqa: S314  ours
    outcomes = {
        suite.get("name"): {
            key: int(suite.get(key, "")) for key in ("tests", "failures", "skipped")
        }
        for suite in root
    }

    assert outcomes["mariadb-pymysql"] == {"tests": 26, "failures": 1, "skipped": 3}
    assert outcomes["sqlite-pysqlite"] == {"tests": 26, "failures": 0, "skipped": 2}
    assert root.get("tests") == str(sum(found["tests"] for found in outcomes.values()))


def test_junit_tells_two_cases_apart_that_would_share_a_name() -> None:
    results = sample(1)
    first = results.cases[0]
    short = first.id.removeprefix(f"{first.chapter}.")
    results.cases.append(dataclasses.replace(first, id=short))
    results.results += [dataclasses.replace(result, case=short) for result in results.results]

    found = names(render.junit(results))

    assert len(found) == len(set(found)) == 8


def test_junit_says_of_a_cell_what_its_elements_do_not_say() -> None:
    root = ET.fromstring(render.junit(sample(9)))  # noqa: S314  ours
    said: dict[str, set[str]] = {}
    for case in root.iter("testcase"):
        outcome = next((child.tag for child in case if child.tag != "properties"), "passed")
        found = sorted(str(item.get("name")) for item in case.iter("property"))
        said.setdefault(outcome, set()).add(" ".join(found))

    assert said == {
        "passed": {"", "answer"},
        "skipped": {"", "declared outcome"},
        "failure": {""},
    }


def test_junit_has_a_line_a_test() -> None:
    lines = render.junit(sample(3)).splitlines()

    assert sum(line.count("<testcase") for line in lines) == 12
    assert all(line.count("<testcase") < 2 for line in lines)
    assert not any(line.startswith(" ") for line in lines)


def test_junit_has_one_error_for_a_backend_that_was_not_reached() -> None:
    results = sample(2)
    results.backends[1] = dataclasses.replace(results.backends[1], reached=False, reason="refused")
    results.results = [r for r in results.results if r.backend != results.backends[1].id]
    suite = ET.fromstring(render.junit(results))[1]  # noqa: S314  ours

    assert [case.get("name") for case in suite.iter("testcase")] == ["reached"]
    assert [error.get("message") for error in suite.iter("error")] == ["refused"]


def test_junit_of_an_incomplete_run_is_not_green() -> None:
    results = sample(1)
    results.end = None

    assert [error.get("type") for error in ET.fromstring(render.junit(results)).iter("error")] == [  # noqa: S314  ours
        "incomplete"
    ]


def many(count: int) -> Results:
    results = sample(1)
    text = "A promise that is told at some length, so that the summary grows. " * 3
    for number in range(count):
        results.cases.append(
            CaseRecord(
                id=f"many.case-{number}",
                what="promise",
                chapter="many",
                text=text,
                docs="",
                source="",
                code="",
            )
        )
        for place, backend in enumerate(results.backends):
            results.results.append(
                Result(
                    case=f"many.case-{number}",
                    backend=backend.id,
                    outcome="failed" if place else "passed",
                    verdict="undeclared" if place else "expected",
                    detail=Detail(kind="assertion", message="assert 1 == 2 " * 20)
                    if place
                    else None,
                )
            )
    return results


def test_markdown_of_five_thousand_differences_stays_small_and_says_what_it_cut() -> None:
    text = render.markdown(many(5000))
    lines = text.split("\n")

    assert LIMIT - 100_000 < len(text.encode()) <= LIMIT
    assert re.search(r"… [\d\u2009]+ more rows cut; see report\.html\.", text)
    assert all(line.endswith("|") for line in lines if line.startswith("|"))
    assert "### Backends" in text
    assert all(f"`{backend.id}`" in text for backend in many(0).backends)


def test_markdown_shows_at_most_sixty_differing_rows() -> None:
    results = many(70)
    text = render.markdown(results)
    table = text[text.index("### What differs") : text.index("### Backends")]

    assert table.count("| `many.case-") == 60
    assert "… 10 more rows cut" in table


@given(valid_results())
@ANY
def test_markdown_tables_keep_their_columns(results: Results) -> None:
    widths: list[int] = []
    for line in render.markdown(results).split("\n"):
        if not line.startswith("|"):
            widths.clear()
            continue
        widths.append(len(re.findall(r"(?<!\\)\|", line)))
        assert len(set(widths)) == 1
        assert "<script" not in re.sub(r"`[^`]*`", "", line)


@given(valid_results(), st.integers(40, 160))
@ANY
def test_the_closing_table_keeps_its_layout_with_colour_and_its_width(
    results: Results, width: int
) -> None:
    plain = render.terminal(results, color=False, width=width)
    colored = render.terminal(results, color=True, width=width)

    assert COLOR.sub("", colored) == plain
    assert "\x1b" not in plain
    assert plain.endswith("\n")


def test_the_closing_table_names_what_differs_and_what_fails_the_run() -> None:
    results = sample(24)
    text = render.terminal(results, color=False, width=110)

    assert max(size(line) for line in text.splitlines()) <= 110
    assert re.search(r"commit\.\S+ +✓ passed +✓ passed +✓ passed +✗ᵈ1 failed +by database", text)
    assert re.search(r"^✗ \S+ on mariadb-pymysql: failed, undeclared$", text, re.MULTILINE)
    assert text.index("undeclared") < text.index("1 undeclared result.")


def test_the_closing_table_becomes_a_list_where_the_columns_do_not_fit() -> None:
    text = render.terminal(sample(24), color=False, width=60)

    assert "    ✓ passed: sqlite-pysqlite, postgresql-psycopg" in text
    assert max(size(line) for line in text.splitlines()) <= 72


def undeclared(results: Results) -> Result:
    return next(result for result in results.results if result.verdict == "undeclared")


def test_the_failure_block_says_promise_place_trace_command_and_declaration() -> None:
    results = sample(9)
    result = undeclared(results)

    text = render.failure(results, result)

    assert "After commit() no column of a persistent object is trusted" in text
    assert "assert sql.verbs == ['SELECT']" in text
    assert re.search(r"≠ +\d+ +SELECT .* ↯ OperationalError: server closed", text)
    assert f"session-conformance run --case {result.case} --backend mariadb-pymysql" in text
    assert "add to backends/mariadb-pymysql.toml" in text
    assert "\x1b" not in text


@given(valid_results())
@ANY
def test_the_declaration_in_a_failure_block_is_toml(results: Results) -> None:
    for result in results.results:
        text = render.failure(results, result)
        if "add to backends/" in text:
            block = text[text.rindex("add to backends/") :].split("\n", 1)[1]
            (found,) = tomllib.loads(block)["differs"].items()
            assert set(found[1]) >= {"outcome", "cause", "why", "source"}


def test_a_failure_block_needs_a_result_of_its_run() -> None:
    with pytest.raises(ValueError, match="none of these results"):
        render.failure(sample(1), undeclared(sample(9)))
