"""A file for a driver that the suite does not know: right, commented, and ready to be run."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from session_conformance import backend
from session_conformance.backend import load
from session_conformance.exits import UsageError
from session_conformance.lint import lint
from session_conformance.new_backend import new_backend
from session_conformance.new_backend_text import STATEMENTS
from session_conformance.reach import WrongUrlError

from .faulty.command import ROOT, environment, run

if TYPE_CHECKING:
    from pathlib import Path

DRIVER = """\
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite


class Mine(SQLiteDialect_pysqlite):
    driver = "mine"
    supports_statement_cache = True

    def do_rollback_to_savepoint(self, connection, name):
        raise NotImplementedError

    def visit_nothing(self): ...


registry.register("sqlite.mine", __name__, "Mine")
"""


def command(*words: str, folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "session_conformance", *words],
        cwd=folder, capture_output=True, text=True, check=False,
        env=environment(**{"PYTHONPATH": f"{ROOT / 'src'}:{folder}"} | env),
    )  # fmt: skip


def test_a_file_is_written_for_a_driver_that_registers_itself(tmp_path: Path) -> None:
    (tmp_path / "my_driver.py").write_text(DRIVER, encoding="utf-8")
    words = ["new-backend", "sqlite-mine", "--url", "sqlite+mine://", "--setup", "my_driver"]

    done = command(*words, folder=tmp_path)

    assert done.returncode == 0, done.stderr
    assert "driver   sqlite+mine" in done.stdout
    text = (tmp_path / "sqlite-mine.toml").read_text(encoding="utf-8")
    assert 'setup = "my_driver"\n' in text
    assert 'drivername = "sqlite+mine"\n' in text
    keys = re.findall(r"^(?:# )?(\w+) = ", text, re.MULTILINE)
    assert backend._BACKEND_KEYS - {"extra", "core", "python", "begin", "begin_attribute"} - {
        "connect_args", "engine", "capabilities", "differs",
    } <= set(keys)  # fmt: skip

    assert command("lint", "sqlite-mine.toml", folder=tmp_path).returncode == 0
    ran = run(
        ["--backend-file", str(tmp_path / "sqlite-mine.toml"), "--case", "capabilities"],
        tmp_path / "out", env=environment(PYTHONPATH=f"{ROOT / 'src'}:{tmp_path}"),
    )  # fmt: skip
    assert ran.code == 0, ran.said
    assert command(*words, folder=tmp_path).returncode == 4
    assert command(*words, "--no-probes", "--force", folder=tmp_path).returncode == 0


def test_what_departs_from_the_databases_file_is_found(tmp_path: Path) -> None:
    """Through a driver that cannot give back what many rows were given."""
    (tmp_path / "my_driver.py").write_text(
        DRIVER.replace(
            "    def visit_nothing(self): ...", "    insert_returning = update_returning = False"
        ),
        encoding="utf-8",
    )
    words = ["new-backend", "sqlite-mine", "--url", "sqlite+mine://", "--setup", "my_driver"]

    done = command(*words, folder=tmp_path)

    text = (tmp_path / "sqlite-mine.toml").read_text(encoding="utf-8")
    assert "unlike the database's file: insert_returning_many\n" in done.stdout, done.stderr
    assert "\ninsert_returning_many = false\n" in text
    assert "\n# delete_returning = true\n" in text


def test_a_database_of_its_own_gets_a_file_to_fill_in(tmp_path: Path) -> None:
    path = tmp_path / "acme-mine.toml"

    written = new_backend(path, "sqlite://", database="acme")

    assert written.family == tmp_path / "databases" / "acme.toml"
    assert written.found.has["fk_enforcement"] is False
    assert written.found.has["returning"] is True
    read = load(path)
    assert (read.family.id, read.family.storage, read.can("returning")) == ("acme", "file", True)
    assert [one.text() for one in lint([tmp_path])[0]] == []
    filled = written.family.read_text(encoding="utf-8").replace(
        '# on_connect = ["SET lock_timeout = 3"]', 'on_connect = ["PRAGMA foreign_keys = ON"]'
    )
    written.family.write_text(filled, encoding="utf-8")

    again = new_backend(path, "sqlite://", database="acme", force=True)

    assert again.family is None
    assert again.found.has["fk_enforcement"] is True
    assert written.family.read_text(encoding="utf-8") == filled


def test_each_statement_of_a_databases_file_is_explained() -> None:
    assert {name for name, _, _ in STATEMENTS} == backend.SQL_KEYS


@pytest.mark.parametrize(
    ("name", "url", "error", "words"),
    [
        ("My Driver.toml", "sqlite://", UsageError, "is no name of a backend's file"),
        ("mine.toml", "sqlite", WrongUrlError, "The URL is none"),
        ("mine.toml", "nothing://", WrongUrlError, "SQLAlchemy knows no dialect “nothing”"),
        ("there.toml", "sqlite://", UsageError, "is there already"),
    ],
)
def test_what_cannot_be_written_is_told(
    tmp_path: Path, name: str, url: str, error: type[Exception], words: str
) -> None:
    (tmp_path / "there.toml").write_text("mine", encoding="utf-8")

    with pytest.raises(error, match=words):
        new_backend(tmp_path / name, url)

    assert [path.name for path in tmp_path.iterdir()] == ["there.toml"]
    assert (tmp_path / "there.toml").read_text(encoding="utf-8") == "mine"


def test_somebodys_database_is_refused_and_left_as_it_was(tmp_path: Path) -> None:
    """Also where no file says how its tables are listed."""
    import sqlite3

    base = tmp_path / "base.db"
    with sqlite3.connect(base) as connection:
        connection.execute("CREATE TABLE invoice (id INTEGER)")
    connection.close()
    before = base.read_bytes()

    with pytest.raises(UsageError, match="is not empty"):
        new_backend(tmp_path / "acme-mine.toml", f"sqlite:///{base}", database="acme")

    assert base.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["base.db"]


@pytest.mark.servers
def test_a_server_behind_a_mysql_url_is_taken_for_what_it_is(
    tmp_path: Path, servers: dict[str, str]
) -> None:
    url = servers["mariadb"].replace("mariadb+", "mysql+")

    written = new_backend(tmp_path / "mariadb-mine.toml", url)

    text = written.backend.read_text(encoding="utf-8")
    assert 'database = "mariadb"\n' in text
    assert 'distribution = "PyMySQL"\n' in text
    found = written.found
    assert [name for name, has in found.has.items() if has != found.expected[name]] == []
    assert "conformance:" not in text
