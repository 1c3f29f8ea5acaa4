"""Drivers, databases and cases of other people, in repositories of their own, beside the wheel."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from session_conformance.backend import BackendError, load
from session_conformance.results import read

from .faulty.command import ROOT, environment, results_file
from .guest import bring

if TYPE_CHECKING:
    from pathlib import Path

    from session_conformance.results import Results

    from .guest import Installed

BACKEND = """\
title = "mine"
database = "sqlite"
drivername = "sqlite+pysqlite"
"""

HELPER = """\
from session_conformance import Account


def ann() -> Account:
    return Account(id=1, owner="Ann", balance=1)
"""

CASE = """\
from session_conformance import Account, Database, promise

from .helper import ann


@promise("mine.stores", "What is committed is stored.", docs="orm/session_basics.html")
def test_stores(db: Database) -> None:
    with db.session() as session:
        session.add(ann())
        session.commit()
    assert len(db.stored(Account)) == 1
"""


def write(folder: Path, **files: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    return folder


def results(folder: Path, said: str) -> Results:
    return read(results_file(folder / "reports" / "out", said))


def hostile(folder: Path) -> dict[str, str]:
    """Fill a folder with what could get in a run's way, and return such an environment."""
    for name in ("suite", "backends", "reports"):
        write(folder / name, __init__="raise RuntimeError('this is the host project')\n")
    write(folder, conftest="raise RuntimeError('conftest')\n")
    write(folder / "my_cases", conftest="raise RuntimeError('conftest')\n")
    (folder / "pytest.ini").write_text(
        "[pytest]\naddopts = --no-such-option -p no_such_plugin\npython_files = *_spec.py\n",
        encoding="utf-8",
    )
    return {"PYTEST_ADDOPTS": "--no-such-option", "PYTEST_PLUGINS": "no_such_plugin"}


@pytest.mark.parametrize("words", [[], ["--case", "mine"]])
def test_cases_of_ones_own_run_in_a_foreign_folder(
    installed: Installed, tmp_path: Path, words: list[str]
) -> None:
    env = hostile(tmp_path)
    write(tmp_path / "my_cases", helper=HELPER, test_mine=CASE)

    done = installed.command(
        "run", "--cases", "./my_cases", "--backend", "sqlite-pysqlite", *words,
        cwd=tmp_path, env=env,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr
    found = results(tmp_path, done.stdout).results
    assert [(one.case, one.outcome) for one in found] == [("mine.stores", "passed")]


def test_the_suites_own_cases_run_in_a_foreign_folder(installed: Installed, tmp_path: Path) -> None:
    env = hostile(tmp_path)

    done = installed.command(
        "run", "--case", "commit.flushes-pending", "--backend", "sqlite-pysqlite",
        cwd=tmp_path, env=env,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr
    found = results(tmp_path, done.stdout).results
    assert [(one.case, one.outcome) for one in found] == [("commit.flushes-pending", "passed")]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("db: Database", "db: Database, client: object", "there is no “client” to hand in"),
        ("\n\n@promise", "\n\n@pytest.fixture\ndef given(): ...\n\n\n@promise", "is a fixture"),
    ],
)
def test_fixtures_of_their_own_are_refused_with_a_sentence(
    tmp_path: Path, old: str, new: str, words: str
) -> None:
    write(
        tmp_path / "my_cases", helper=HELPER, test_mine="import pytest\n" + CASE.replace(old, new)
    )
    out = str(tmp_path / "out")

    done = subprocess.run(
        [sys.executable, "-m", "session_conformance", "run", "--cases", "my_cases", "--out", out],
        cwd=tmp_path, capture_output=True, text=True, check=False,
        env=environment(PYTHONPATH=str(ROOT / "src")),
    )  # fmt: skip

    assert done.returncode == 4
    assert re.match(r"session-conformance: my_cases/test_mine\.py:\d+:\d+: ", done.stderr)
    assert words in done.stderr
    assert not (tmp_path / "out").exists()


def test_what_packages_bring_is_found_and_run(installed: Installed, tmp_path: Path) -> None:
    points = (
        "[session_conformance.backends]\nmine = my_driver.conformance\nlost = my_driver.nowhere\n"
        "[session_conformance.cases]\nmy-cases = my_driver.cases\n"
    )
    files = {
        "__init__.py": "",
        "conformance/sqlite-mine.toml": BACKEND.replace('"sqlite"', '"acme"'),
        "conformance/databases/acme.toml": 'title = "Acme"\nstorage = "file"\n'
        "[capabilities]\nreturning = true\n",
        "conformance/sqlite-wrong.toml": BACKEND.replace("title", "titel"),
        "conformance/sqlite-pysqlite.toml": BACKEND,
        "cases/helper.py": HELPER,
        "cases/test_mine.py": CASE,
    }
    bring(tmp_path / "site", "my_driver", points, files)
    (tmp_path / "work").mkdir()

    def command(*words: str) -> subprocess.CompletedProcess[str]:
        return installed.command(*words, cwd=tmp_path / "work", path=[tmp_path / "site"])

    listed = command("backends", "--servers", "none")
    ran = command("run", "--backend", "sqlite-mine", "--cases", "my-cases")
    unaware = command("backends", "--servers", "none", "sqlite-pysqlite")

    assert listed.returncode == 0, listed.stderr
    assert re.search(r"^sqlite-mine +Acme through mine$", listed.stdout, re.MULTILINE)
    assert re.search(r"^sqlite-pysqlite ", listed.stdout, re.MULTILINE)
    warnings = sorted(listed.stderr.splitlines())
    assert len(warnings) == 3
    assert "lost of my_driver: my_driver.nowhere is not there" in warnings[0]
    assert "sqlite-pysqlite.toml is left out, its name is taken by" in warnings[1]
    assert "sqlite-wrong.toml is left out" in warnings[2]
    assert "Did you mean “title”?" in warnings[2]
    assert ran.returncode == 0, ran.stdout + ran.stderr
    found = results(tmp_path / "work", ran.stdout).results
    assert [(one.case, one.backend, one.outcome) for one in found] == [
        ("mine.stores", "sqlite-mine", "passed")
    ]
    assert unaware.stderr == ""


def test_a_database_is_described_beside_the_backend(tmp_path: Path) -> None:
    """Its hooks and answers lie there too, and it takes the place of the suite's of that name."""
    (tmp_path / "databases").mkdir()
    (tmp_path / "answers").mkdir()
    (tmp_path / "mine.toml").write_text(BACKEND, encoding="utf-8")
    (tmp_path / "databases" / "sqlite.toml").write_text(
        'title = "SQLite of mine"\nstorage = "file"\nhooks = "mine.py"\n', encoding="utf-8"
    )
    (tmp_path / "databases" / "mine.py").write_text("def prepare(c): ...\n", encoding="utf-8")
    (tmp_path / "answers" / "sqlite.toml").write_text(
        '["mine.asks"]\nsource = "page"\nanswers.one = [""]\n', encoding="utf-8"
    )

    found = load(tmp_path / "mine.toml")

    assert found.family.title == "SQLite of mine"
    assert found.family.hooks.prepare is not None
    assert [one.answer for one in found.expectations.of("mine.asks", None, None)] == ["one"]


def test_a_database_that_nobody_describes_is_told(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(BACKEND.replace('"sqlite"', '"acme"'), encoding="utf-8")

    with pytest.raises(BackendError, match="There is no database “acme”") as caught:
        load(tmp_path / "mine.toml")

    assert str(tmp_path / "databases" / "acme.toml") in str(caught.value)
