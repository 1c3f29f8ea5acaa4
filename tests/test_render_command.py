"""`session-conformance report`."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from click.testing import CliRunner

from session_conformance.commands.report import report

from .sample_results import sample, text_of

if TYPE_CHECKING:
    from pathlib import Path


def test_one_file_is_rendered_beside_itself(tmp_path: Path) -> None:
    (tmp_path / "results.jsonl").write_text(text_of(sample(9)), encoding="utf-8")

    result = CliRunner().invoke(report, [str(tmp_path)])

    assert result.exit_code == 0
    assert "1 undeclared result." in result.output
    assert {path.name for path in tmp_path.iterdir()} == {
        "results.jsonl", "report.html", "summary.md", "junit.xml", "ctrf.json", "badges"
    }  # fmt: skip


def test_an_incomplete_file_is_rendered_and_told_by_exit_code_2(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    path.write_text(text_of(sample(2))[:-40], encoding="utf-8")

    result = CliRunner().invoke(report, [str(path)])

    assert result.exit_code == 2
    assert result.output.startswith("Incomplete run")
    assert "Incomplete run" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_a_file_that_is_no_results_file_is_exit_code_12(tmp_path: Path) -> None:
    path = tmp_path / "other.jsonl"
    for text in ("", "{}\n{}\n", "not json\nat all\n", '{"kind": "end"}\n'):
        path.write_text(text, encoding="utf-8")

        result = CliRunner().invoke(report, [str(path)])

        assert result.exit_code == 12, text
        assert result.output.startswith("Error: ")
        assert "Traceback" not in result.output


def test_a_missing_file_is_exit_code_12(tmp_path: Path) -> None:
    assert CliRunner().invoke(report, [str(tmp_path / "none.jsonl")]).exit_code == 12


def test_files_of_one_backend_are_not_combined(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_text(text_of(sample(1)), encoding="utf-8")

    result = CliRunner().invoke(
        report, [str(tmp_path / "a"), str(tmp_path / "b"), "--out", str(tmp_path / "out")]
    )

    assert result.exit_code == 12
    assert not (tmp_path / "out").exists()


def test_files_of_several_machines_become_one_report(tmp_path: Path) -> None:
    for place, name in enumerate(("a", "b")):
        part = sample(3)
        chosen = part.backends[place * 2 : place * 2 + 2]
        part.run = dataclasses.replace(part.run, id=name)
        part.backends = chosen
        part.results = [r for r in part.results if r.backend in {backend.id for backend in chosen}]
        (tmp_path / name).write_text(text_of(part), encoding="utf-8")

    result = CliRunner().invoke(
        report, [str(tmp_path / "a"), str(tmp_path / "b"), "--out", str(tmp_path / "out")]
    )

    assert result.exit_code == 0
    assert "mariadb-pymysql on" not in result.output
    assert "href=#backend/mariadb-pymysql" in (tmp_path / "out" / "report.html").read_text("utf-8")
