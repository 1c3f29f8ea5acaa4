"""Who differs, what the verdict says, and what makes two traces equal."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from session_conformance import render
from session_conformance.render.address import again, anchor, docs_url
from session_conformance.render.combine import combine
from session_conformance.render.model import arrange
from session_conformance.render.traces import align, line, normalise, values
from session_conformance.results import (
    BackendRecord,
    CaseRecord,
    Result,
    Results,
    ResultsError,
    Verdict,
)

from .sample_results import sample

COLUMNS = ["sqlite-a", "postgresql-a", "postgresql-b", "mysql-a", "mysql-b"]


def one_row(outcomes: str) -> Results:
    """Return results of one case; `outcomes` has a letter a column, `.` for a missing result."""
    results = sample(1)
    words: dict[str, Any] = {"p": "passed", "f": "failed", "u": "unsupported"}
    results.backends = [
        BackendRecord(
            id=name,
            title=name[-1],
            database=name[:-2],
            database_title=name[:-2],
            driver=name[-1],
            reached=True,
        )
        for name in COLUMNS
    ]
    results.cases = [
        CaseRecord(id="a.b", what="promise", chapter="a", text="", docs="", source="", code="")
    ]
    results.results = [
        Result(case="a.b", backend=name, outcome=words[letter], verdict="expected")
        for name, letter in zip(COLUMNS, outcomes, strict=True)
        if letter != "."
    ]
    return results


@pytest.mark.parametrize(
    ("outcomes", "who"),
    [
        ("ppppp", "alike"),
        ("fffff", "alike"),
        ("p.p.p", "alike"),
        (".....", "unknown"),
        ("fpppp", "database"),
        ("ppp" + "ff", "database"),
        ("u" + "pp" + "ff", "database"),
        ("ppfpp", "driver"),
        ("ppfpf", "driver"),
        ("p.f..", "database"),
        ("fpppf", "mixed"),
        ("fppuf", "database"),
        ("fpupp", "database"),
        ("uppuu", "capability"),
        ("ufffu", "capability"),
        ("uuuuu", "alike"),
        ("uu.uu", "alike"),
    ],
)
def test_a_row_is_classed_by_who_differs(outcomes: str, who: str) -> None:
    assert arrange(one_row(outcomes)).rows[0].who == who


def test_columns_are_grouped_by_database_and_otherwise_keep_their_order() -> None:
    results = one_row("ppppp")
    results.backends = [results.backends[n] for n in (3, 0, 2, 4, 1)]

    assert [backend.id for backend in arrange(results).backends] == [
        "mysql-a", "mysql-b", "sqlite-a", "postgresql-b", "postgresql-a"
    ]  # fmt: skip


def test_a_clean_run_says_that_nothing_is_undeclared() -> None:
    said = render.verdict(one_row("ppppp"))

    assert (said.form, said.text) == (
        "clean",
        "Nothing undeclared. The promise passed on all 5 backends.",
    )


def test_a_run_with_undeclared_results_counts_them_and_stale_declarations_apart() -> None:
    results = one_row("pfffp")
    told: list[tuple[int, Verdict]] = [(1, "undeclared"), (2, "undeclared"), (3, "stale")]
    for place, verdict in told:
        results.results[place] = dataclasses.replace(results.results[place], verdict=verdict)

    said = render.verdict(results)

    assert (said.form, said.headline) == (
        "undeclared",
        "2 undeclared results and 1 stale declaration.",
    )
    assert [cell.backend.id for cell in said.concerns] == [
        "postgresql-a",
        "postgresql-b",
        "mysql-a",
    ]


def test_an_incomplete_run_says_so_first_whatever_else_is_true() -> None:
    results = one_row("pfppp")
    results.results[1] = dataclasses.replace(results.results[1], verdict="undeclared")
    results.end = None

    said = render.verdict(results)

    assert said.form == "incomplete"
    assert said.headline == "Incomplete run: it stopped before its end, with 5 results."
    assert said.details[0] == "So far 1 undeclared result."


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ("aaaaa", "1 question: 1 answered alike."),
        ("abbaa", "1 question: 0 answered alike and 1 differs by database."),
        ("uuuaa", "1 question: 0 answered alike and 1 more by all that can."),
        ("uuuuu", "1 question: 1 needs what no backend here has."),
    ],
)
def test_questions_are_counted_by_who_could_be_asked(answers: str, said: str) -> None:
    results = one_row("p" * 5)
    results.cases = [dataclasses.replace(results.cases[0], what="question")]
    results.results = [
        dataclasses.replace(
            result,
            outcome="unsupported" if letter == "u" else "answered",
            answer=None if letter == "u" else letter,
        )
        for result, letter in zip(results.results, answers, strict=True)
    ]

    assert said in render.verdict(results).details


def test_a_run_of_nothing_says_so() -> None:
    assert render.verdict(one_row(".....")).headline == "Nothing ran: no case was selected."


def test_a_run_that_reached_nothing_says_so() -> None:
    results = one_row(".....")
    results.backends = [dataclasses.replace(backend, reached=False) for backend in results.backends]

    assert render.verdict(results).headline == "Nothing ran: no backend was reached."


@pytest.mark.parametrize(
    "text",
    [
        'INSERT INTO "account" (id, owner) VALUES (?, ?)',
        "INSERT INTO account (id, owner) VALUES (%s, %s)",
        "INSERT INTO `account` (id, owner) VALUES (%(id)s, %(owner)s)",
        "INSERT INTO account (id, owner)\n  VALUES (:id, :owner)",
        "INSERT INTO account (id, owner) VALUES ($1::INTEGER, $2::VARCHAR)",
        "INSERT INTO account (id, owner) VALUES (%(id)s::INTEGER, %(owner)s::VARCHAR(30))",
        "INSERT INTO account (id, owner) VALUES ($1::TIMESTAMP WITHOUT TIME ZONE, $2::INTEGER[])",
    ],
)
def test_what_never_matters_is_taken_out_of_sql(text: str) -> None:
    assert normalise(text) == "INSERT INTO account (id, owner) VALUES (?, ?)"


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("SELECT 'a \"b\" ? :c::int' FROM t", "SELECT 'a \"b\" ? :c::int' FROM t"),
        ("RELEASE SAVEPOINT sa_savepoint_12", "RELEASE SAVEPOINT sa_savepoint"),
        ("SELECT a::varchar || '::' FROM t", "SELECT a || '::' FROM t"),
    ],
)
def test_what_matters_stays_in_sql(text: str, same: str) -> None:
    assert normalise(text) == same


def test_parameters_are_shown_by_value_however_the_driver_took_them() -> None:
    assert values("{'id': 1, 'owner': 'Ann'}") == values("(1, 'Ann')") == values("[1, 'Ann']")
    assert values("(1, <object>") == "(1, <object>"


def test_lines_are_aligned_so_that_one_more_statement_is_one_difference() -> None:
    begin, insert, commit = (
        ["main", "begin", None, None, None, None],
        ["main", "sql", "INSERT INTO t", None, 1, None],
        ["main", "commit", None, None, None, None],
    )
    short, long = [line(e) for e in (begin, commit)], [line(e) for e in (begin, insert, commit)]

    steps = align([short, long, short])

    assert [step.same for step in steps] == [True, False, True]
    assert [item and item.verb for item in steps[1].lines] == [None, "INSERT", None]


def test_a_row_count_matters_where_rows_are_written() -> None:
    update = ["main", "sql", "UPDATE t SET a = ?", "(1,)", 1, None]
    select = ["main", "sql", "SELECT a FROM t", "()", 1, None]

    assert line(update).key != line([*update[:4], 0, None]).key
    assert line(select).key == line([*select[:4], -1, None]).key


def test_anchors_differ_for_different_parts() -> None:
    parts = [("a/b",), ("a", "b"), ("a@b",), ("a~2f~b",), ("a b",), ("a", None), ("a", "")]

    assert len({anchor("case", *found) for found in parts}) == len(parts)
    assert anchor("case", "flush.before-query") == "case/flush.before-query"


@pytest.mark.parametrize(
    ("release", "folder"), [("2.1.9", "21"), ("2.0.30", "20"), ("3.12.0b1", "312")]
)
def test_documentation_is_that_of_the_release(release: str, folder: str) -> None:
    url = docs_url("orm/session_basics.html#committing", release)

    assert url == f"https://docs.sqlalchemy.org/en/{folder}/orm/session_basics.html#committing"


def halves() -> tuple[Results, Results]:
    parts = []
    for place in (slice(0, 2), slice(2, 4)):
        whole = sample(9)
        ids = {backend.id for backend in whole.backends[place]}
        whole.run = dataclasses.replace(whole.run, id=f"{whole.run.id}-{place.start}")
        whole.backends = whole.backends[place]
        whole.results = [result for result in whole.results if result.backend in ids]
        parts.append(whole)
    return parts[0], parts[1]


def test_two_files_combined_in_either_order_give_the_same_bytes() -> None:
    one, other = halves()

    assert render.html(combine([one, other])) == render.html(combine([other, one]))
    assert len(combine([one, other]).results) == len(sample(9).results)


def test_a_combination_with_an_incomplete_part_is_incomplete() -> None:
    one, other = halves()
    other.end = None

    assert render.verdict(combine([one, other])).form == "incomplete"


def test_files_of_different_suites_are_not_combined() -> None:
    one, other = halves()
    other.run = dataclasses.replace(other.run, suite_hash="another")

    with pytest.raises(ResultsError, match="suite hash"):
        combine([one, other])


def released(results: Results, driver: str, server: str) -> Results:
    """Return results of the first backend alone, in a release."""
    first = dataclasses.replace(results.backends[0], driver_version=driver, server_version=server)
    return dataclasses.replace(
        results,
        run=dataclasses.replace(results.run, id=f"{driver} on {server}"),
        backends=[first],
        results=[result for result in results.results if result.backend == first.id],
    )


@pytest.mark.parametrize(
    ("releases", "names"),
    [
        ([("2.0", "3"), ("2.1", "3")], ["sqlite-pysqlite@2.0", "sqlite-pysqlite@2.1"]),
        ([("2.0", "3"), ("2.0", "4")], ["sqlite-pysqlite@3", "sqlite-pysqlite@4"]),
        (
            [("2.0", "3"), ("2.0", "4"), ("2.1", "4")],
            ["sqlite-pysqlite@2.0+3", "sqlite-pysqlite@2.0+4", "sqlite-pysqlite@2.1+4"],
        ),
    ],
)
def test_releases_of_a_backend_become_columns(
    releases: list[tuple[str, str]], names: list[str]
) -> None:
    parts = [released(sample(3), driver, server) for driver, server in releases]
    whole = combine(parts)

    assert [backend.id for backend in whole.backends] == names
    assert len({backend.title for backend in whole.backends}) == len(names)
    assert len(whole.results) == sum(len(part.results) for part in parts)
    assert all(cell.known for cell in arrange(whole).cells())
    assert render.html(combine(parts)) == render.html(combine(parts[::-1]))
    assert again("a.case", whole.backends[0], whole.run).endswith("--backend sqlite-pysqlite")


def test_files_that_hold_one_backend_twice_are_not_combined() -> None:
    with pytest.raises(ResultsError, match="sqlite-pysqlite"):
        combine([sample(1), sample(1)])
