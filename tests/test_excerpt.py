"""A report of a part of a run."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from session_conformance.commands.report import report
from session_conformance.render.excerpt import excerpt
from session_conformance.results import ResultsError

from .sample_results import sample, text_of

if TYPE_CHECKING:
    from pathlib import Path


def test_no_words_leave_everything() -> None:
    results = sample(9)

    assert excerpt(results) is results


def test_what_was_chosen_is_left_and_nothing_else() -> None:
    results = sample(24, drivers=2)
    chapter = results.cases[0].chapter
    part = excerpt(results, [chapter], ["sqlite", "mysql-pymysql"])

    wanted = [
        result
        for result in results.results
        if result.case.startswith(f"{chapter}.")
        and (result.backend.startswith("sqlite-") or result.backend == "mysql-pymysql")
    ]
    assert part.results == wanted
    assert {case.chapter for case in part.cases} == {chapter}
    assert {backend.database for backend in part.backends} == {"sqlite", "mysql"}
    assert set(part.traces) == {result.trace for result in wanted if result.trace}
    assert part.run.excerpt == f"{len(wanted)} of {len(results.results)} results"


def test_a_variant_leaves_its_siblings_out() -> None:
    results = sample(24)
    case = next(case for case in results.cases if len(case.variants) > 1)
    part = excerpt(results, [f"{case.id}/{case.variants[1]}"])

    assert [one.variants for one in part.cases] == [[case.variants[1]]]


@pytest.mark.parametrize(
    ("cases", "backends"), [(["no-such"], []), ([], ["oracle"]), (["commit", "no-such"], [])]
)
def test_a_word_that_chooses_nothing_is_an_error(cases: list[str], backends: list[str]) -> None:
    with pytest.raises(ResultsError, match=r"nothing called (no-such|oracle)\."):
        excerpt(sample(24), cases, backends)


def test_the_report_says_that_it_is_an_excerpt(tmp_path: Path) -> None:
    file = tmp_path / "results.jsonl"
    file.write_text(text_of(sample(9)), encoding="utf-8")
    words = [str(file), "--backend", "sqlite", "--out", str(tmp_path / "part"), "--format", "html"]
    ran = CliRunner().invoke(report, words)

    assert ran.exit_code == 0, ran.output
    text = (tmp_path / "part" / "report.html").read_text(encoding="utf-8")
    assert re.search(r"an excerpt: \d+ of \d+ results", text)


@pytest.mark.parametrize("words", [[], ["--bundle", "--out", "x"]])
def test_a_part_is_no_run(tmp_path: Path, words: list[str]) -> None:
    file = tmp_path / "results.jsonl"
    file.write_text(text_of(sample(3)), encoding="utf-8")

    assert CliRunner().invoke(report, [str(file), "--case", "commit", *words]).exit_code == 2
