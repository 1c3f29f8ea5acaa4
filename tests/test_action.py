"""The GitHub action: its step is run as GitHub would, but for pip."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from .faulty.command import ROOT, environment

if TYPE_CHECKING:
    from pathlib import Path

STEP = ROOT / ".github" / "check.sh"


def action() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    return found


def perform(folder: Path, url: str, **more: str) -> tuple[int, dict[str, str], str, str]:
    """Run the step; return its exit code, its outputs, its summary, and what pip was asked for."""
    asked = folder / "pip"
    python = folder / "python"
    # All but pip is real: this environment must stay as it is.
    pip = f'if [ "$2" = pip ]; then echo "$@" >>{asked}; exit; fi'
    python.write_text(f'#!/bin/sh\n{pip}\nexec {sys.executable} "$@"\n', encoding="utf-8")
    python.chmod(0o755)
    outputs, summary = folder / "outputs", folder / "summary"
    done = subprocess.run(
        ["bash", str(STEP)],
        cwd=folder,
        env=environment(
            SESSION_CONFORMANCE_URL=url,
            ACTION=str(ROOT),
            PYTHON=str(python),
            RUNNER_TEMP=str(folder),
            GITHUB_OUTPUT=str(outputs),
            GITHUB_STEP_SUMMARY=str(summary),
            **more,
        ),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    lines = outputs.read_text(encoding="utf-8").splitlines() if outputs.exists() else []
    told = dict(line.split("=", 1) for line in lines)
    said = summary.read_text(encoding="utf-8") if summary.exists() else done.stdout + done.stderr
    return done.returncode, told, said, asked.read_text(encoding="utf-8")


def test_the_step_checks_and_tells(tmp_path: Path) -> None:
    words = {"AS_OF": "0.1", "QUICK": "true", "REQUIREMENTS": "one two==2"}

    code, told, said, pip = perform(tmp_path, f"sqlite:///{tmp_path}/a.db", **words)

    assert code == 0, said
    assert set(told) == set(action()["outputs"])
    assert told["exit-code"] == "0"
    assert int(told["cells"]) > 100
    assert told["failed"] == "0"
    assert said.startswith("## Session conformance")
    assert pip.endswith(f"{ROOT} one two==2\n")


def test_a_url_that_leads_nowhere_fails_the_step(tmp_path: Path) -> None:
    code, told, said, _ = perform(tmp_path, "nosuchdialect+x://u:hidden@h/d")

    assert code == 4
    assert told == {"exit-code": "4"}
    assert "hidden" not in said


def test_every_input_is_handed_to_the_step() -> None:
    (step,) = action()["runs"]["steps"]
    handed = set(re.findall(r"inputs\.([a-z-]+)", " ".join(step["env"].values())))

    assert handed == set(action()["inputs"])
    assert "inputs." not in step["run"]


@pytest.mark.parametrize("name", sorted(action()["runs"]["steps"][0]["env"]))
def test_the_step_reads_what_it_is_handed(name: str) -> None:
    texts = STEP.read_text(encoding="utf-8") + (ROOT / "action.yml").read_text(encoding="utf-8")
    reads = re.findall(r"\$\{?([A-Z_]+)", texts)

    assert name in reads or name == "SESSION_CONFORMANCE_URL"
