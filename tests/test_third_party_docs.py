"""What the pages for other people's drivers and cases show works: their examples are run."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING

import pytest

from session_conformance import differs, shipped

from .faulty.command import ROOT, environment

if TYPE_CHECKING:
    from pathlib import Path

FENCE = re.compile(r"^```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"# (?P<name>[\w/]+\.\w+)\n")


def fences(page: str) -> list[tuple[str, str]]:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return [(found["kind"], found["text"]) for found in FENCE.finditer(text)]


@pytest.mark.parametrize(("page", "commands"), [("add-a-database.md", 6), ("add-a-case.md", 2)])
def test_the_examples_of_a_page_work_one_after_the_other(
    tmp_path: Path, page: str, commands: int
) -> None:
    done = 0
    for kind, text in fences(page):
        if named := FILE.match(text):
            path = tmp_path / named["name"]
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        for line in text.splitlines() if kind == "sh" else ():
            program, *words = shlex.split(line)
            assert program == "session-conformance"
            ran = subprocess.run(
                [sys.executable, "-m", "session_conformance", *words],
                cwd=tmp_path, capture_output=True, text=True, check=False,
                env=environment(PYTHONPATH=f"{ROOT / 'src'}:{tmp_path}"),
            )  # fmt: skip
            assert ran.returncode == 0, f"{line}\n{ran.stdout}{ran.stderr}"
            done += 1

    assert done == commands


def test_the_declaration_that_is_shown_is_a_right_one() -> None:
    shown = [tomllib.loads(text) for kind, text in fences("add-a-database.md") if kind == "toml"]
    tables = [table for found in shown for table in found.get("differs", {}).values()]

    assert [list(differs.problems(table)) for table in tables] == [[]]


def test_the_entry_points_that_are_shown_are_those_that_are_read() -> None:
    shown = [tomllib.loads(text) for kind, text in fences("add-a-database.md") if kind == "toml"]
    groups = [set(found["project"]["entry-points"]) for found in shown if "project" in found]

    assert groups == [{shipped.BACKENDS, shipped.CASES}]
