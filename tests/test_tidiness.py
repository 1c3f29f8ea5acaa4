"""What a run leaves behind: nothing, or it says so and fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .faulty.command import ROOT, run

if TYPE_CHECKING:
    from pathlib import Path

LEAVING = ROOT / "tests" / "faulty" / "planted" / "leaving.py"


def test_what_is_left_behind_fails_the_run_and_is_named(tmp_path: Path) -> None:
    ran = run(["--backend", "sqlite-pysqlite", "--cases", str(LEAVING)], tmp_path / "out")

    assert ran.code == 1
    end = ran.results.end
    assert end is not None
    assert end.left == ["the thread left over", "left-over.txt, of sqlite-pysqlite"]
    assert "Nothing undeclared, but something was left behind." in ran.said
    assert "the thread left over" in ran.said


def test_a_tidy_run_leaves_nothing(tmp_path: Path) -> None:
    words = ["--backend", "sqlite-pysqlite", "--case", "commit.flushes-pending"]

    ran = run(words, tmp_path / "out")

    assert ran.code == 0, ran.said
    end = ran.results.end
    assert end is not None
    assert end.left == []
