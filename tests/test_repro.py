"""Scripts of single cells: they run alone, and come to what the suite comes to."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from functools import cache
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from sqlalchemy import create_engine, inspect
from sqlalchemy import text as sql
from sqlalchemy.engine import make_url

from session_conformance.backend import BackendError, family, known, load
from session_conformance.cli import cli
from session_conformance.exits import UsageError
from session_conformance.repro import Finder, script

from .faulty import FAULTS
from .faulty.command import ROOT
from .faulty.fault import SQLITE
from .faulty.files import write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., subprocess.CompletedProcess[str]]

# Refuses what a script must do without, though it is installed here.
ALONE = """
import runpy, sys

class Refusing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"session_conformance", "pytest", "_pytest", "tests"}:
            raise ImportError(f"{name} is not for scripts")

sys.meta_path.insert(0, Refusing())
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@cache
def finder(backend: str) -> Finder:
    return Finder(known()[backend])


def text_of(case: str, backend: str = "sqlite-pysqlite") -> str:
    return script(finder(backend).find(case))


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run a script where nothing of this project can be imported; it must leave nothing behind."""

    def run(text: str, url: str | None = None) -> subprocess.CompletedProcess[str]:
        path = tmp_path / "repro.py"
        path.write_text(text, encoding="utf-8")
        (tmp_path / "temporary").mkdir(exist_ok=True)
        environment = {key: value for key, value in os.environ.items() if key[:6] != "PYTHON"}
        environment |= {"TMPDIR": str(tmp_path / "temporary"), "PYTHONDONTWRITEBYTECODE": "1"}
        environment.pop("DATABASE_URL", None)
        if url is not None:
            environment["DATABASE_URL"] = url
        ran = subprocess.run(
            [sys.executable, "-c", ALONE, str(path)], env=environment, text=True,
            capture_output=True, check=False, cwd=tmp_path,
        )  # fmt: skip
        assert list((tmp_path / "temporary").iterdir()) == []
        return ran

    return run


def test_a_promise_that_is_kept(run: Run) -> None:
    ran = run(text_of("commit.expires-every-object"))

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "INSERT INTO account (id, owner, balance)" in ran.stdout
    assert "(1, 'Ann', 100)  [1 row]" in ran.stdout
    assert ran.stdout.endswith("KEPT: every assertion held.\n")
    assert ran.stderr == ""


def test_the_case_comes_first_and_as_written() -> None:
    text = text_of("commit.expires-every-object")
    case = finder("sqlite-pysqlite").find("commit.expires-every-object")
    source = case.path.read_text(encoding="utf-8")

    body = text[text.index("def test_commit") : text.index("# What follows")].strip()
    assert body in source
    assert (
        text.index("def test_commit") < text.index("class Account") < text.index("class Database")
    )
    assert not re.search(r"^\s*(from|import) (session_conformance|pytest|\.)", text, re.MULTILINE)


def test_a_promise_that_is_not_kept_says_what_was_compared(run: Run) -> None:
    text = text_of("commit.expires-every-object").replace('== ["SELECT"]', '== ["DELETE"]')

    ran = run(text)

    assert ran.returncode == 1
    assert "with ['SELECT'] on the left and ['DELETE'] on the right" in ran.stdout
    assert "line" in ran.stdout
    assert "BROKEN: " in ran.stdout


def test_a_faulty_driver_is_seen_by_the_script_too(tmp_path: Path) -> None:
    fault = FAULTS["commit-rolls-back"]
    backend = load(write(tmp_path, fault, SQLITE))
    path = tmp_path / "repro.py"
    path.write_text(script(Finder(backend).find("commit.visible-elsewhere")), encoding="utf-8")

    ran = subprocess.run(
        [sys.executable, str(path)], env=os.environ | {"PYTHONPATH": f"{ROOT}/src:{ROOT}"},
        text=True, capture_output=True, check=False,
    )  # fmt: skip

    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert "BROKEN: " in ran.stdout


ANSWERED = {
    "isolation.g0-dirty-write/dml-SERIALIZABLE": "T1      UPDATE account",
    "isolation.g0-dirty-write/uow-SERIALIZABLE, WAL": "    T2  UPDATE account",
}


@pytest.mark.parametrize("case", ANSWERED)
def test_a_question_with_several_sessions(case: str, run: Run) -> None:
    ran = run(text_of(case))

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ANSWERED[case] in ran.stdout
    assert re.search(r"^ANSWER: prevented-by-[a-z-]+$", ran.stdout, re.MULTILINE)


# What a case may take besides the plain machinery, to one that takes it.
KINDS = {
    "a class of its own": "identity-map.get-composite",
    "a value of a list": "values-round-trip.null/datetime",
    "a function of its own": "ladder.early-return-skips-the-commit/by-hand",
    "a pattern of the ladder": "ladder.success-stores-the-work/factory-begin",
    "a constant of the machinery": "autobegin.long-form-equivalent/nested-with",
    "a shared table by its name": "capabilities.schemas",
    "a table by its name in text": "autobegin.begin-sends-no-sql",
    "what a metadata holds": "schema-changes.reflection-in-session",
    "a table as a constant": "flush.association-rows",
    "a refused commit": "ladder.commit-error-stores-nothing/session-scope",
    "pytest.raises": "rollback.failed-flush-blocks-session",
    "pytest.warns": "rollback.late-changes-warn",
    "a fixture of pytest": "pooling.initialised-once",
    "a listener": "events.mapper-events-use-connection",
    "a trigger": "generated-values.fetched-value-on-update",
    "a warning that is ignored": "values-round-trip.null/decimal",
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_need(kind: str, run: Run) -> None:
    ran = run(text_of(KINDS[kind]))

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "KEPT" in ran.stdout


@pytest.mark.parametrize(
    ("case", "answer"),
    [
        ("bulk-and-dml.rowcount-executemany/update", "all"),
        ("schema-changes.ddl-rolled-back/nothing", "stays"),
    ],
)
def test_a_question_about_a_table_named_in_a_string(case: str, answer: str, run: Run) -> None:
    ran = run(text_of(case))

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert f"ANSWER: {answer}\n" in ran.stdout


@pytest.mark.parametrize(
    "case",
    [
        "async-session.basic-cycle",
        "commit.expires-every-object",
        "isolation.g0-dirty-write/dml-SERIALIZABLE",
    ],
)
def test_an_async_driver(case: str, run: Run) -> None:
    pytest.importorskip("aiosqlite")

    ran = run(text_of(case, "sqlite-aiosqlite"))

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ("ANSWER: " if "isolation" in case else "KEPT: ") in ran.stdout


def test_in_memory(run: Run) -> None:
    assert run(text_of("values-round-trip.double", "sqlite-memory")).returncode == 0


@pytest.mark.servers
@pytest.mark.parametrize(
    ("backend", "case"),
    [
        ("postgresql-psycopg", "commit.expires-every-object"),
        ("postgresql-psycopg", "disconnects.mid-transaction"),
        ("postgresql-psycopg", "isolation.g1a-aborted-read/uow-REPEATABLE READ"),
        ("mysql-pymysql", "two-phase.prepare-flushes"),
        ("mariadb-pymysql", "pessimistic-locking.deadlock-one-victim"),
    ],
)
def test_on_a_server(backend: str, case: str, servers: dict[str, str], run: Run) -> None:
    url = servers[backend.partition("-")[0]]

    ran = run(text_of(case, backend), url)

    assert ran.returncode == 0, ran.stdout + ran.stderr
    made = re.findall("in the database “(session_conformance_repro_.*)”", ran.stdout)
    assert len(made) == 1
    assert made[0] not in databases(url)
    password = make_url(url).password
    assert not password or f":{password}@" not in ran.stdout


def databases(url: str) -> set[str]:
    """Return the databases of a server."""
    engine = create_engine(url)
    with engine.connect() as connection:
        found = connection.scalars(sql(family(url.partition("+")[0]).sql["databases"]))
        names = set(found)
    engine.dispose()
    return names


@pytest.mark.servers
def test_what_it_was_not_given_empty_stays_as_it_was(servers: dict[str, str], run: Run) -> None:
    """Where a user may make no database, the one of the URL is used, and only if it is empty."""
    owner = create_engine(servers["postgresql"], isolation_level="AUTOCOMMIT")
    limited = make_url(servers["postgresql"]).set(
        username="repro_limited", password="limited", database="repro_lent"
    )
    with owner.connect() as connection:
        for statement in (
            "DROP DATABASE IF EXISTS repro_lent", "DROP ROLE IF EXISTS repro_limited",
            "CREATE ROLE repro_limited LOGIN PASSWORD 'limited'",
            "CREATE DATABASE repro_lent OWNER repro_limited",
        ):  # fmt: skip
            connection.execute(sql(statement))
    given = create_engine(limited)
    url = limited.render_as_string(hide_password=False)
    case = text_of("commit.expires-every-object", "postgresql-psycopg")
    try:
        assert run(case, url).returncode == 0
        assert inspect(given).get_table_names() == []

        with given.begin() as connection:
            connection.execute(sql("CREATE TABLE account (id INTEGER)"))
        given.dispose()
        ran = run(case, url)

        assert ran.returncode == 3
        assert "is not empty" in ran.stdout
        assert inspect(given).get_table_names() == ["account"]
    finally:
        given.dispose()
        with owner.connect() as connection:
            connection.execute(sql("DROP DATABASE repro_lent"))
            connection.execute(sql("DROP ROLE repro_limited"))
        owner.dispose()


def test_a_file_that_is_there_is_not_touched(tmp_path: Path, run: Run) -> None:
    theirs = tmp_path / "theirs.db"
    theirs.write_bytes(b"not a database")
    before = sorted(tmp_path.rglob("*.db"))

    ran = run(text_of("commit.expires-every-object"), f"sqlite:///{theirs}")

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert theirs.read_bytes() == b"not a database"
    assert sorted(tmp_path.rglob("*.db")) == before


@pytest.mark.parametrize(
    ("url", "says"),
    [
        (None, "Set DATABASE_URL to a server, as postgresql+psycopg://"),
        ("nonsense", "DATABASE_URL is no URL"),
        ("mysql+pymysql://user@host/name", "this script is about postgresql"),
        ("postgresql://nobody:nothing@127.0.0.1:1/none", "Not carried out: OperationalError"),
    ],
)
def test_it_says_what_hinders_it(url: str | None, says: str, run: Run) -> None:
    ran = run(text_of("commit.expires-every-object", "postgresql-psycopg"), url)

    assert ran.returncode == 3
    assert says in ran.stdout + ran.stderr
    assert "Traceback" not in ran.stdout + ran.stderr
    assert "nothing" not in ran.stdout + ran.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["commit.expires-every-objekt", "sqlite-pysqlite"], "“commit.expires-every-object”"),
        (["commit.expires-every-object", "sqlite-pysqlit"], "“sqlite-pysqlite”"),
        (["commit.expires-every-object", "sqlite"], "is more than one backend"),
        (["commit.expires-every-object/x", "sqlite-pysqlite"], "has no variants"),
        (["isolation.g0-dirty-write", "sqlite-pysqlite"], "has variants: write"),
        (["isolation.g0-dirty-write/dml-SERIALISABLE", "sqlite-pysqlite"], "dml-SERIALIZABLE"),
        (["disconnects.mid-transaction", "sqlite-pysqlite"], "takes kill_connection"),
        (["disconnects.server-restart", "postgresql-psycopg"], "session-conformance run --case"),
    ],
)
def test_a_wrong_word_is_answered_with_the_right_one(words: list[str], says: str) -> None:
    ran = CliRunner().invoke(cli, ["repro", *words])

    assert isinstance(ran.exception, UsageError | BackendError)
    assert says in str(ran.exception)


def test_the_command_writes_a_file(tmp_path: Path, run: Run) -> None:
    file = tmp_path / "written.py"

    ran = CliRunner().invoke(
        cli, ["repro", "commit.expires-every-object", "sqlite-pysqlite", "-o", str(file)]
    )

    assert ran.exit_code == 0, ran.output
    assert run(file.read_text(encoding="utf-8")).returncode == 0
