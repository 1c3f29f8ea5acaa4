"""Installed beside a project, the suite leaves that project's own tests alone."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from configparser import ConfigParser
from typing import TYPE_CHECKING

import pytest

from .guest import bring, links

if TYPE_CHECKING:
    from pathlib import Path

    from .guest import Installed


def host(folder: Path, *words: str, path: list[Path]) -> str:
    """Return what pytest says in a host project, with nothing installed but what is in `path`."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTEST", "PYTHON"))
    }
    done = subprocess.run(
        [getattr(sys, "_base_executable", sys.executable), "-s", "-m", "pytest", *words],
        cwd=folder, capture_output=True, text=True, check=False,
        env=kept | {"PYTHONPATH": ":".join(map(str, path)), "COLUMNS": "100",
                    "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    # Times and addresses are other ones each time, and lines are drawn as long as these leave room.
    return re.sub(r"0x[0-9a-f]+|\d{9,}|\d+\.\d+s|\d{6,}_\d+|=+", "", done.stdout)


@pytest.mark.parametrize("word", ["--help", "--markers", "--fixtures", "--trace-config"])
def test_a_projects_own_pytest_is_as_it_was(
    installed: Installed, tmp_path: Path, word: str
) -> None:
    here = tmp_path / "python"
    here.mkdir()
    links(here, "pytest", "pluggy", "iniconfig", "packaging", "pygments")
    project = tmp_path / "project"
    project.mkdir()
    (project / "test_own.py").write_text("def test_own():\n    assert 1\n", encoding="utf-8")

    without = host(project, word, path=[here])
    beside = host(project, word, path=[here, installed.folder])

    assert beside == without


def test_a_plugin_would_be_seen(tmp_path: Path) -> None:
    """What the other test looks for can be found in this way."""
    here = tmp_path / "python"
    here.mkdir()
    links(here, "pytest", "pluggy", "iniconfig", "packaging", "pygments")
    without = host(tmp_path, "--markers", path=[here])
    hook = "def pytest_configure(config):\n    config.addinivalue_line('markers', 'loud: x')\n"
    bring(tmp_path / "more", "loud", "[pytest11]\nloud = loud\n", {"__init__.py": hook})

    assert host(tmp_path, "--markers", path=[here, tmp_path / "more"]) != without


def test_only_a_command_is_announced(installed: Installed) -> None:
    points = ConfigParser()
    points.read(next(installed.folder.glob("*.dist-info")) / "entry_points.txt")

    assert points.sections() == ["console_scripts"]
    assert dict(points["console_scripts"]) == {
        "session-conformance": "session_conformance.cli:main"
    }


def test_everything_lies_under_one_name(installed: Installed) -> None:
    with zipfile.ZipFile(installed.wheel) as wheel:
        names = wheel.namelist()

    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"session_conformance"}
    assert "session_conformance/docker-compose.yml" in names
    assert "session_conformance/suite/pytest.ini" in names
    assert not [name for name in names if "__pycache__" in name or "/out/" in name]
