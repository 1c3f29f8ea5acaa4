"""The commands and files that the documentation shows are what they are said to be."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING

import pytest

from session_conformance.backend import load
from session_conformance.cases import discover

from .faulty.command import ROOT, environment

if TYPE_CHECKING:
    from pathlib import Path

DRIVER = ROOT / "docs" / "check-your-driver.md"
DECLARE = ROOT / "docs" / "declare-a-difference.md"
HERE = "sqlite+pysqlite:////tmp/anywhere.db"


def blocks(file: Path, language: str) -> list[str]:
    """Return the fenced blocks of a language in a document."""
    text = file.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def commands() -> list[str]:
    """Return the commands that are shown, in their order."""
    shown = "\n".join(blocks(DRIVER, "console")).splitlines()
    return [line.removeprefix("$ ") for line in shown if line.startswith("$ ")]


def call(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    words = shlex.split(command.replace(HERE, f"sqlite+pysqlite:///{folder}/anywhere.db"))
    return subprocess.run(
        [sys.executable, "-m", *words],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )


def test_the_quick_way_goes_as_shown(tmp_path: Path) -> None:
    shown = [
        command.replace("session-conformance", "session_conformance") for command in commands()
    ]
    quick = [command for command in shown if "--quick" in command]
    alone = [command for command in shown if "--case" in command]
    support = [command for command in shown if "--support" in command]
    assert len(quick) == len(alone) == len(support) == 1

    for command in [*quick, *alone]:
        done = call(command, tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "YES. It carries a Session" in done.stdout
    table = call(support[0], tmp_path)

    assert "| **transactional**" in table.stdout
    assert not list(tmp_path.glob("anywhere.db*"))


@pytest.mark.thorough
def test_the_whole_check_goes_as_shown(tmp_path: Path) -> None:
    (whole,) = [command for command in commands() if command.endswith("anywhere.db")]

    done = call(whole.replace("session-conformance", "session_conformance"), tmp_path)

    assert done.returncode == 0, done.stdout + done.stderr


def test_the_declared_difference_can_be_read(tmp_path: Path) -> None:
    whole, capabilities = blocks(DECLARE, "toml")
    file = tmp_path / "postgresql-mydriver.toml"
    file.write_text(f"{whole}\n{capabilities}", encoding="utf-8")

    backend = load(file)

    assert set(tomllib.loads(whole)["differs"]) <= set(discover())
    assert backend.declared("pooling.rollback-on-return", None) is not None
    assert not backend.can("two_phase")
