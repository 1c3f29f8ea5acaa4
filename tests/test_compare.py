"""Two runs held against each other: what changed, what cannot be compared, and the exit code."""

from __future__ import annotations

import dataclasses
import json
import re
import textwrap
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator

from session_conformance import render
from session_conformance.baseline import slim, slim_text
from session_conformance.cli import cli
from session_conformance.content import content
from session_conformance.exits import Exit
from session_conformance.render.changes import KINDS, changes, kind
from session_conformance.render.changes_data import data
from session_conformance.render.changes_markdown import markdown
from session_conformance.render.changes_text import text
from session_conformance.render.model import Cell
from session_conformance.render.since import Since
from session_conformance.results import Declared, Detail, Result, Results, load, read

from .faulty.command import Ran, run
from .page_parts import page
from .sample_results import sample, text_of
from .valid_results import valid_results

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result as Said

ANY = settings(
    max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
DECLARED = Declared(outcome="failed", cause="driver", why="It forgets.", source="its manual")

HEAD = """
from session_conformance import Account, Database, promise, question
from sqlalchemy import select
"""
CASE = """
@promise("mine.{name}", "It holds of {name}.", docs="orm/session_basics.html")
def test_{name}(db: Database) -> None:
    with db.session() as session:
        assert session.scalar(select({selected})) == 1
"""
ASKED = """
@question(
    "mine.asked",
    "What is it?",
    docs="orm/session_basics.html",
    answers={{"one": "It is one.", "two": "It is two."}},
)
def test_asked(db: Database) -> None:
    with db.session() as session:
        session.scalar(select(1))
        db.answer("{answer}")
"""
BACKEND = """
title = "mine"
database = "sqlite"
drivername = "sqlite+pysqlite"
"""
DIFFERS = """
[differs."mine.declared"]
outcome = "failed"
cause = "driver"
why = "It selects two."
source = "its manual"
"""


def cases(folder: Path, answer: str, **selected: int) -> Path:
    """Write cases that each select a number and are kept where it is 1, and one question."""
    folder.mkdir()
    path = folder / "test_mine.py"
    parts = [CASE.format(name=name, selected=number) for name, number in selected.items()]
    path.write_text(HEAD + "".join(parts) + ASKED.format(answer=answer), encoding="utf-8")
    return path


def backend(folder: Path, differs: str = "") -> list[str]:
    folder.mkdir()
    path = folder / "sqlite-mine.toml"
    path.write_text(BACKEND + differs, encoding="utf-8")
    return ["--backend-file", str(path), "--backend", "sqlite-mine"]


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """A run in which one of four promises fails, undeclared."""
    folder = tmp_path_factory.mktemp("old")
    file = cases(folder / "cases", "one", breaks=1, mended=2, declared=1, gone=1)
    ran = run(["--cases", str(file), *backend(folder / "backend")], folder / "out")
    assert ran.code == Exit.UNDECLARED, ran.said
    return ran


@pytest.fixture(scope="module")
def new(tmp_path_factory: pytest.TempPathFactory, old: Ran) -> Ran:
    """A later run of these cases, compared with the first as it ran."""
    folder = tmp_path_factory.mktemp("new")
    file = cases(folder / "cases", "two", breaks=2, mended=1, declared=2, fresh=2)
    arguments = ["--cases", str(file), *backend(folder / "backend", DIFFERS)]
    ran = run([*arguments, "--baseline", str(old.out / "latest")], folder / "out")
    assert ran.code == Exit.UNDECLARED, ran.said
    return ran


def compare(*words: object) -> Said:
    return CliRunner().invoke(cli, ["compare", *map(str, words)], standalone_mode=False)


def code(*words: object) -> int:
    """Return the exit code of the whole command, as a shell gets it."""
    from session_conformance.cli import main

    with pytest.raises(SystemExit) as ended:
        main([str(word) for word in words])
    return int(ended.value.code or 0)


def save(folder: Path, name: str, results: Results) -> Path:
    path = folder / f"{name}.jsonl"
    path.write_text(text_of(results), encoding="utf-8")
    return path


def edited(results: Results, edit: Callable[[Result], Result | None]) -> Results:
    """Return the results with each one edited, or left out where the edit gives None."""
    found = [one for one in map(edit, results.results) if one is not None]
    return dataclasses.replace(results, results=found)


def broken(result: Result, **more: Any) -> Result:
    detail = Detail(kind="assertion", message="assert 2 == 1", line="assert it == 1")
    values: dict[str, Any] = {
        "outcome": "failed", "verdict": "undeclared", "answer": None, "declared": None,
        "detail": detail,
    }  # fmt: skip
    return dataclasses.replace(result, **values | more)


def listed(before: Results, after: Results) -> dict[str, list[tuple[str, str]]]:
    """Return the changes by list, as cases and backends."""
    return {
        name: [(change.row.name, change.new.backend.id) for change in found]
        for name, found in changes(before, after).by_kind.items()
    }


# Runs of the real command.


def test_each_result_is_listed_by_what_became_of_it(old: Ran, new: Ran) -> None:
    found = listed(old.results, new.results)

    on = "sqlite-mine"
    assert found == {
        "failing": [("mine.breaks", on), ("mine.declared", on)],
        "passing": [("mine.mended", on)],
        "answers": [("mine.asked", on)],
    }


def test_cases_of_one_run_alone_are_named_apart(old: Ran, new: Ran) -> None:
    found = changes(old.results, new.results)

    assert [row.name for row in found.new_rows] == ["mine.fresh"]
    assert [row.name for row, _ in found.fresh] == ["mine.fresh"]
    # The suite's own hash is the same, so a case that is missing was not chosen.
    assert found.gone_rows == []
    assert [(gap.side, gap.why, gap.count) for gap in found.gaps] == [("new", "not chosen", 1)]


def test_the_terminal_says_what_changed_in_order_of_weight(old: Ran, new: Ran) -> None:
    said = compare(old.file, new.file)

    heads = re.findall(r"^[A-Z][A-Z ]+(?=  \d| *$)", said.output, flags=re.MULTILINE)
    assert heads == [
        "NEWLY FAILING",
        "NEW CASES AND BACKENDS THAT FAIL",
        "NEWLY PASSING",
        "ANSWERS CHANGED",
        "NEW CASES",
        "NOT COMPARABLE",
    ]
    assert "Worse: 2 results are newly failing." in said.output
    assert "✓ passed → ✗ failed, undeclared: sqlite-mine" in said.output
    assert "✓ passed → ✗ failed, declared: sqlite-mine" in said.output
    assert "A one → B two: sqlite-mine" in said.output
    assert all(len(line) <= 110 for line in said.output.splitlines())


def test_a_run_says_at_its_end_what_changed_and_keeps_the_baseline(old: Ran, new: Ran) -> None:
    folder = new.file.parent

    assert "Worse: 2 results are newly failing." in new.said
    assert "mine.breaks: ✓ passed → ✗ failed, undeclared: sqlite-mine" in new.said
    assert new.results.run.baseline == old.results.run.id
    assert read(folder / "baseline.jsonl").run.id == old.results.run.id
    assert "## Since the baseline" in (folder / "summary.md").read_text(encoding="utf-8")
    assert "id=changes" in (folder / "report.html").read_text(encoding="utf-8")


def test_a_report_that_is_made_again_still_knows_the_baseline(new: Ran, tmp_path: Path) -> None:
    CliRunner().invoke(cli, ["report", str(new.file), "--out", str(tmp_path)])

    before = new.file.with_name("report.html").read_text(encoding="utf-8")
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == before


def test_worse_though_declared_is_exit_code_11_of_a_run(old: Ran, tmp_path: Path) -> None:
    file = cases(tmp_path / "cases", "one", breaks=1, mended=1, declared=2)
    arguments = ["--cases", str(file), *backend(tmp_path / "backend", DIFFERS)]

    ran = run([*arguments, "--baseline", str(old.file)], tmp_path / "out")

    assert ran.code == Exit.WORSE, ran.said
    assert ran.results.end is not None
    assert ran.results.end.exit_code == Exit.WORSE


def test_a_baseline_that_is_none_stops_a_run_before_it_begins(tmp_path: Path) -> None:
    ran = run(["--baseline", str(tmp_path / "none"), "--case", "commit"], tmp_path / "out")

    assert ran.code == Exit.UNREADABLE
    assert not (tmp_path / "out").exists()


# Exit codes.


def test_a_file_compared_with_itself_shows_nothing(old: Ran, capsys: Any) -> None:
    assert code("compare", old.file, old.out / "latest") == Exit.GOOD
    said = capsys.readouterr().out
    assert "Nothing is worse." in said
    assert "5 of 5 compared results came out alike." in said


def test_newly_failing_is_11(old: Ran, new: Ran) -> None:
    assert code("compare", old.file, new.file) == Exit.WORSE


def test_a_case_that_failed_and_is_gone_is_no_regression(old: Ran, tmp_path: Path) -> None:
    without = edited(old.results, lambda one: None if one.case == "mine.mended" else one)
    without.cases = [case for case in without.cases if case.id != "mine.mended"]
    without.run = dataclasses.replace(without.run, suite_hash="another")

    found = changes(old.results, without)

    assert [row.name for row in found.gone_rows] == ["mine.mended"]
    assert code("compare", old.file, save(tmp_path, "without", without)) == Exit.GOOD


def test_a_new_case_that_fails_is_worse_only_if_strict(
    old: Ran, tmp_path: Path, capsys: Any
) -> None:
    less = edited(old.results, lambda one: None if one.case == "mine.mended" else one)
    less.cases = [case for case in less.cases if case.id != "mine.mended"]
    file = save(tmp_path, "less", less)

    assert code("compare", file, old.file) == Exit.GOOD
    assert "Nothing is worse." in capsys.readouterr().out
    assert code("compare", file, old.file, "--strict") == Exit.WORSE
    assert "Worse, strictly: 1 new result fails." in capsys.readouterr().out


@pytest.mark.parametrize("text", ["", "no results\nat all\n", '{"kind": "end"}\n'])
def test_what_cannot_be_read_is_12(old: Ran, tmp_path: Path, text: str) -> None:
    path = tmp_path / "other"
    path.write_text(text, encoding="utf-8")

    assert code("compare", old.file, path) == Exit.UNREADABLE
    assert code("compare", path, old.file) == Exit.UNREADABLE
    assert code("baseline", path, "-o", tmp_path / "out") == Exit.UNREADABLE


def test_standard_input_is_no_file(old: Ran) -> None:
    assert code("compare", "-", old.file) == Exit.UNREADABLE


def test_nothing_in_common_is_12_and_says_so(old: Ran, tmp_path: Path, capsys: Any) -> None:
    other = save(tmp_path, "other", sample(3))

    assert code("compare", old.file, other) == Exit.UNREADABLE
    assert "nothing could be compared" in capsys.readouterr().err


# What is compared.


def cell(outcome: str, expected: str | None = None, answer: str | None = None) -> Cell:
    record = sample(1)
    verdicts: dict[str | None, Any] = {"u": "undeclared", "s": "stale"}
    values: dict[str, Any] = {
        "outcome": outcome,
        "verdict": verdicts.get(expected, "expected"),
        "declared": DECLARED if expected in ("d", "s") else None,
        "answer": answer,
    }
    result = dataclasses.replace(record.results[0], **values)
    return Cell("a", record.cases[0], record.backends[0], result)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (cell("passed"), cell("passed"), None),
        (cell("passed"), cell("failed", "u"), "failing"),
        (cell("passed"), cell("failed", "d"), "failing"),
        (cell("passed"), cell("passed", "s"), "failing"),
        (cell("passed"), cell("unsupported"), "failing"),
        (cell("failed", "d"), cell("failed", "u"), "failing"),
        (cell("failed", "u"), cell("crashed", "u"), "failing"),
        (cell("failed", "d"), cell("timeout", "d"), "failing"),
        (cell("answered", answer="a"), cell("answered", "u", "b"), "failing"),
        (cell("answered", answer="a"), cell("failed", "u"), "failing"),
        (cell("unsupported"), cell("failed", "u"), "failing"),
        (cell("unsupported"), cell("answered", "u", "a"), "failing"),
        (cell("failed", "u"), cell("failed", "u"), None),
        (cell("crashed", "u"), cell("failed", "u"), "otherwise"),
        (cell("error", "u"), cell("failed", "d"), "otherwise"),
        (cell("failed", "u"), cell("passed"), "passing"),
        (cell("failed", "d"), cell("passed", "s"), "passing"),
        (cell("failed", "d"), cell("passed"), "passing"),
        (cell("passed", "s"), cell("passed"), "passing"),
        (cell("unsupported"), cell("passed"), "passing"),
        (cell("answered", "u", "a"), cell("answered", None, "a"), "passing"),
        (cell("answered", answer="a"), cell("answered", answer="b"), "answers"),
        (cell("answered", "u", "a"), cell("answered", None, "b"), "answers"),
        (cell("failed", "u"), cell("failed", "d"), "declared"),
        (cell("failed", "u"), cell("unsupported"), "declared"),
        (cell("unsupported"), cell("failed", "d"), "declared"),
    ],
)
def test_what_a_change_is_called(old: Cell, new: Cell, expected: str | None) -> None:
    assert kind(old, new) == expected


def test_what_all_drivers_of_a_database_share_is_one_line() -> None:
    before = edited(sample(9, drivers=4), lambda one: dataclasses.replace(one, declared=None))
    name = before.cases[0].id
    after = edited(
        before,
        lambda one: broken(one) if one.case == name and "postgresql" in one.backend else one,
    )

    said = text(changes(before, after))

    assert said.count("passed → ") == 1
    assert "✓ passed → ✗ failed, undeclared: all 4 PostgreSQL drivers" in said


def test_all_drivers_are_those_that_both_runs_reached() -> None:
    before = sample(3, drivers=3)
    before.backends[3] = dataclasses.replace(before.backends[3], reached=False)
    missing = before.backends[3].id
    after = sample(3, drivers=3)
    before = edited(before, lambda one: None if one.backend == missing else one)
    name = before.cases[0].id
    after = edited(
        after, lambda one: broken(one) if one.case == name and "postgresql" in one.backend else one
    )

    said = text(changes(before, after))

    assert "all 2 PostgreSQL drivers that both runs reached" in said
    assert f"{missing}: not reached in the old run, 3 results" in said


def test_a_change_names_the_version_that_moved_behind_it() -> None:
    before, after = sample(2, drivers=2), sample(2, drivers=2)
    ids = [backend.id for backend in after.backends]
    at = ids.index("postgresql-asyncpg")
    after.backends[at] = dataclasses.replace(after.backends[at], driver_version="1.5.0")
    after.run = dataclasses.replace(after.run, sqlalchemy="2.1.1")
    name = before.cases[0].id
    after = edited(
        after,
        lambda one: broken(one) if (one.case, one.backend) == (name, ids[at]) else one,
    )

    found = changes(before, after)

    moves = [str(move) for move in found.moved.moves]
    assert moves == ["SQLAlchemy 2.1.0 → 2.1.1", "asyncpg 1.4.2 → 1.5.0"]
    assert found.moved.text == (
        "The same in both: Python 3.13.5, suite 0.1.0, every server and 7 other drivers."
    )
    said = text(found)
    assert said.index("SQLAlchemy 2.1.0 → 2.1.1") < said.index("NEWLY FAILING")
    assert "      asyncpg 1.4.2 → 1.5.0\n" in said


def test_a_backend_of_one_run_alone_is_no_change_of_its_cases() -> None:
    before, after = sample(9), sample(9)
    gone = before.backends[1].id
    after.backends = [backend for backend in after.backends if backend.id != gone]
    after = edited(after, lambda one: None if one.backend == gone else one)

    there = changes(before, after)
    back = changes(after, before)

    assert ([one.id for one in there.gone_columns], there.changes) == ([gone], [])
    assert ([one.id for one in back.new_columns], back.changes) == ([gone], [])
    assert not there.worse()
    assert not back.worse()


def test_what_was_not_reached_is_neither_gone_nor_worse() -> None:
    before, after = sample(9), sample(9)
    after.backends[2] = dataclasses.replace(after.backends[2], reached=False, reason="no route")
    lost = after.backends[2].id
    after = edited(after, lambda one: None if one.backend == lost else one)

    found = changes(before, after)

    count = sum(one.backend == lost for one in before.results)
    gaps = [(one.backend.id, one.side, one.why, one.count) for one in found.gaps]
    assert gaps == [(lost, "new", "not reached", count)]
    assert (found.changes, found.gone_columns, found.gone_rows) == ([], [], [])
    assert f"{lost}: not reached in the new run: no route, {count} results" in text(found)


def test_a_run_that_stopped_is_compared_as_far_as_it_came() -> None:
    before, after = sample(9), sample(9)
    after = dataclasses.replace(after, results=after.results[:10], end=None)

    found = changes(before, after)

    assert found.joined == 10
    assert found.gone_rows == []
    assert {gap.why for gap in found.gaps} == {"cut off"}
    assert sum(gap.count for gap in found.gaps) == len(before.results) - 10
    assert "The new run is incomplete" in text(found)


def test_a_run_that_reached_nothing_has_no_cases_and_yet_none_is_gone() -> None:
    before, after = sample(9), sample(9)
    after.backends = [
        dataclasses.replace(one, reached=False, reason="no route") for one in after.backends
    ]
    after = dataclasses.replace(after, cases=[], results=[], traces={})

    found = changes(before, after)

    assert (found.joined, found.gone_rows) == (0, [])
    assert {gap.why for gap in found.gaps} == {"not reached"}
    assert sum(gap.count for gap in found.gaps) == len(before.results)


def test_what_is_left_behind_is_worse() -> None:
    before, after = sample(1), sample(1)
    assert after.end is not None
    after.end = dataclasses.replace(after.end, left=["1 thread"])

    found = changes(before, after)

    assert found.worse()
    assert not changes(after, after).worse()
    assert "LEFT BEHIND BY THE NEW RUN\n  1 thread" in text(found)


def test_the_older_run_comes_first_is_said_where_it_does_not() -> None:
    before, after = sample(1), sample(1)
    before.run = dataclasses.replace(before.run, started="2026-11-23T12:10:47+00:00")

    assert "The old run began after the new one" in text(changes(before, after))
    assert "began after" not in text(changes(after, before))


@given(valid_results())
@ANY
def test_any_results_compared_with_themselves_show_nothing(results: Results) -> None:
    found = changes(results, results)

    known = sum(cell.known for cell in found.new.cells())
    assert (found.joined, found.changes, found.fresh) == (known, [], [])
    assert (found.new_rows, found.gone_rows) == ([], [])
    assert {gap.side for gap in found.gaps} <= {"both"}
    assert found.moved.moves == []
    assert not found.worse(strict=True)


@given(valid_results(), valid_results())
@ANY
def test_every_result_is_compared_or_told_apart(before: Results, after: Results) -> None:
    found = changes(before, after)

    both = {backend.id for backend in found.common}
    rows = {(row.case.id, row.variant) for row in found.old.rows}
    fresh = {(row.name, cell.backend.id) for row, cell in found.fresh}
    for row in found.new.rows:
        for one in row.cells:
            compared = one.backend.id in both and (row.case.id, row.variant) in rows
            concern = one.concern and one.known
            assert not concern or compared or (row.name, one.backend.id) in fresh
    assert found.joined <= sum(one.known for one in found.new.cells())
    assert set(found.by_kind) <= set(KINDS)


@given(valid_results(), valid_results())
@ANY
def test_any_two_results_make_whole_pages(before: Results, after: Results) -> None:
    found = changes(before, after)
    made = page(render.html(after, found))

    assert made.broken == []
    assert len(made.ids) == len(set(made.ids))
    assert {link[1:] for link in made.links if link.startswith("#")} <= set(made.ids)
    assert "\x1b" not in text(found) + markdown(found) + render.brief(found)
    assert json.loads(json.dumps(data(found)))["worse"] == found.worse()


# Other forms.


def test_json_has_an_entry_for_each_result(old: Ran, new: Ran) -> None:
    said = json.loads(compare(old.file, new.file, "--format", "json").output)

    assert said["worse"] is True
    assert said["compared"] == 4
    assert said["same"] == 0
    assert said["changes"]["answers"] == [
        {
            "case": "mine.asked",
            "variant": None,
            "backend": "sqlite-mine",
            "old": {"outcome": "answered", "answer": "one", "verdict": "expected",
                    "declared": False},
            "new": {"outcome": "answered", "answer": "two", "verdict": "expected",
                    "declared": False},
        }
    ]  # fmt: skip
    assert [one["case"] for one in said["changes"]["failing"]] == ["mine.breaks", "mine.declared"]
    assert [one["case"] for one in said["changes"]["new_and_failing"]] == ["mine.fresh"]


def test_markdown_says_the_same(old: Ran, new: Ran) -> None:
    said = compare(old.file, new.file, "--markdown").output

    assert said.startswith("## What changed\n\n**Worse: 2 results are newly failing.**")
    assert "### Newly failing (2)" in said
    assert "- `mine.breaks`: ✓ passed → ✗ failed, undeclared: sqlite-mine" in said
    assert said == compare(old.file, new.file, "--format", "markdown").output


def test_the_report_counts_on_its_first_screen_and_tells_on_pages(old: Ran, new: Ran) -> None:
    found = changes(old.results, new.results)
    made = page(render.html(new.results, found))
    told = " ".join(" ".join(made.text).split())

    assert {"changes", "changes/failing", "changes/answers", "changes/new-cases"} <= set(made.ids)
    assert made.links.count("#changes/failing") == 1
    assert "Since the baseline Worse: 2 results are newly failing." in told
    # Once on the case's own page, once on the page of changes.
    assert told.count("A one → then B two sqlite-mine") == 2


def test_a_report_without_a_baseline_says_nothing_of_one(new: Ran) -> None:
    made = page(render.html(new.results))

    assert "changes" not in made.ids
    assert "Since the baseline" not in " ".join(made.text)


def test_what_is_counted_is_what_is_listed(old: Ran, new: Ran) -> None:
    since = Since(changes(old.results, new.results))

    assert [(name, count) for name, _, count in since.counts] == [
        ("failing", 2), ("fresh", 1), ("passing", 1), ("answers", 1), ("new-cases", 1), ("gaps", 1)
    ]  # fmt: skip


# The baseline.


def test_a_baseline_says_what_its_results_say(old: Ran, new: Ran, tmp_path: Path) -> None:
    file = tmp_path / "base.jsonl"

    assert code("baseline", old.file, "-o", file) == Exit.GOOD

    assert listed(read(file), new.results) == listed(old.results, new.results)
    assert changes(old.results, read(file)).changes == []
    assert code("compare", file, new.file) == Exit.WORSE
    assert data(changes(read(file), new.results)) == data(changes(old.results, new.results))


def test_a_baseline_is_a_small_results_file_in_the_order_of_names(old: Ran) -> None:
    schema = json.loads((content("reports") / "results.schema.json").read_text(encoding="utf-8"))
    validator = Draft202012Validator(schema)
    lines = slim_text(sample(24, drivers=3)).splitlines()

    for line in lines:
        validator.validate(json.loads(line))
    assert len("\n".join(lines)) < len(text_of(sample(24, drivers=3))) / 2
    found = [json.loads(line) for line in lines if '"kind": "result"' in line]
    names = [(one["case"], one.get("variant", ""), one["backend"]) for one in found]
    assert names == sorted(names)
    assert len(found) == len(sample(24, drivers=3).results)
    assert str(old.out) not in slim_text(old.results)


@given(valid_results())
@ANY
def test_a_baseline_reads_as_it_was_meant(results: Results) -> None:
    made = Results.of(
        record for line in slim_text(results).split("\n") if line and (record := load(line))
    )

    assert made == slim(results)
    assert changes(results, made).changes == []


def test_help_names_the_exit_codes() -> None:
    said = " ".join(textwrap.dedent(compare("--help").output).split())

    assert "Exit codes: 0 nothing is worse, 11 something is, 12 a file cannot be read" in said
