"""Backend files: what is read from them, and what is told of a wrong one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from session_conformance.backend import BackendError, choose, family, known, load
from session_conformance.capability import CAPABILITIES
from session_conformance.storage import LONGEST_NAME, NAME, database_name

from .faulty.command import ROOT, environment, run

if TYPE_CHECKING:
    from pathlib import Path

GOOD = """
title = "mine"
database = "sqlite"
drivername = "sqlite+pysqlite"
"""

DIFFERS = """
[differs."commit.flushes-pending"]
outcome = "failed"
cause = "driver"
why = "it forgets"
source = "its documentation"
"""


def write(folder: Path, text: str, name: str = "mine") -> Path:
    path = folder / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", sorted(known()))
def test_every_file_of_the_suite_names_all_capabilities(name: str) -> None:
    backend = known()[name]

    assert backend.id == name
    assert set(backend.capabilities) == set(CAPABILITIES)
    assert backend.source == f"backends/{name}.toml"


def test_a_file_from_elsewhere_is_read(tmp_path: Path) -> None:
    backend = load(write(tmp_path, GOOD + DIFFERS))

    declared = backend.declared("commit.flushes-pending", None)
    assert (backend.id, backend.family) == ("mine", family("sqlite"))
    assert backend.source == str(tmp_path / "mine.toml")
    assert declared is not None
    assert declared.outcome == "failed"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (GOOD.replace("title", "titel"), "unknown key “titel”. Did you mean “title”?"),
        (GOOD + "[capabilities]\nsave_points = true", "Did you mean “savepoints”?"),
        (GOOD.replace('title = "mine"', ""), "the key “title” is missing"),
        (GOOD.replace("database", "# "), "the key “database” is missing"),
        (GOOD + "[differs", "is not valid TOML"),
        (GOOD + DIFFERS.replace('why = "it forgets"', ""), "the key “why” is missing"),
        (GOOD + DIFFERS.replace('"driver"', '"nobody"'), "cause is one of driver, database"),
        (GOOD + DIFFERS.replace('"failed"', '"green"'), "outcome is one of failed"),
        (GOOD + DIFFERS.replace("why", "wy"), "unknown key “wy”. Did you mean “why”?"),
        ('setup = "no_such_module"\n' + GOOD, "“no_such_module” cannot be imported"),
        ('answers = "mine.toml"\n' + GOOD, "there is no answers/mine.toml"),
    ],
)
def test_a_wrong_file_is_told_by_name_key_and_remedy(tmp_path: Path, text: str, words: str) -> None:
    path = write(tmp_path, text)

    with pytest.raises(BackendError) as caught:
        load(path)

    assert words in str(caught.value)
    assert str(path) in str(caught.value)


def test_an_unknown_name_is_told_with_the_nearest_one() -> None:
    with pytest.raises(BackendError, match=re.escape("Did you mean “sqlite-pysqlite”?")):
        choose(["sqlite-pysqlit"])


def test_a_file_takes_the_place_of_the_suites_own(tmp_path: Path) -> None:
    mine = load(write(tmp_path, GOOD, "sqlite-pysqlite"))

    assert choose(["sqlite-pysqlite"], [mine]) == [mine]


def test_a_run_on_a_file_alone(tmp_path: Path) -> None:
    case = str(ROOT / "suite" / "commit" / "test_expiry.py")

    ran = run(["--backend-file", str(write(tmp_path, GOOD)), "--cases", case], tmp_path / "out")

    assert ran.code == 0, ran.said
    assert {result.backend for result in ran.results.results} == {"mine"}


def test_a_run_takes_a_dialect_from_the_module_that_sets_it_up(tmp_path: Path) -> None:
    """The module is imported in the workers too: nothing else knows the dialect there."""
    (tmp_path / "my_driver.py").write_text(
        "from sqlalchemy.dialects import registry\n"
        "from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite\n\n\n"
        "class Mine(SQLiteDialect_pysqlite):\n"
        '    driver = "mine"\n'
        "    supports_statement_cache = True\n\n\n"
        'registry.register("sqlite.mine", __name__, "Mine")\n',
        encoding="utf-8",
    )
    text = 'setup = "my_driver"\n' + GOOD.replace("sqlite+pysqlite", "sqlite+mine")
    words = ["--backend-file", str(write(tmp_path, text)), "--case", "commit.flushes-pending"]

    ran = run(words, tmp_path / "out", env=environment(PYTHONPATH=str(tmp_path)))

    assert ran.code == 0, ran.said
    assert ran.result("commit.flushes-pending").outcome == "passed"


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    files = [write(tmp_path / "one", GOOD), write(tmp_path / "two", GOOD)]
    words = [word for path in files for word in ("--backend-file", str(path))]

    ran = run(words, tmp_path / "out")

    assert ran.code == 4
    assert "have one name" in ran.said


@pytest.mark.parametrize("backend", ["sqlite-pysqlite", "My.Driver", "x" * 80])
def test_a_database_name_is_short_and_says_whose_it_is(backend: str) -> None:
    name = database_name("0123abcd", "gw10", backend)

    found = NAME.fullmatch(name)
    assert found is not None
    assert found["run"] == "0123abcd"
    assert len(name) <= LONGEST_NAME


def test_two_backends_never_share_a_database() -> None:
    long = "postgresql-with-a-very-long-name-that-is-cut"

    names = {database_name("0123abcd", "gw0", f"{long}-{number}") for number in range(20)}

    assert len(names) == 20
