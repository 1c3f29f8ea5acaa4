"""The tour: what a person sees, and that what they see is what happens."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest
from sqlalchemy import create_engine, inspect
from sqlalchemy.orm import Session

from session_conformance.backend import choose
from session_conformance.cli import main
from session_conformance.patterns import PATTERNS, Pattern, Work
from session_conformance.tour import AFTER, BEFORE, Stop, choose_one, climb, visit
from session_conformance.tour_text import Page

if TYPE_CHECKING:
    from collections.abc import Iterator

PATH_OF_CODE = Path(__file__).parent.parent / "src" / "session_conformance" / "patterns.py"


ENVIRONMENT = re.compile("SESSION_CONFORMANCE_|NO_COLOR|FORCE_COLOR|COLUMNS")


@dataclass(frozen=True)
class Done:
    returncode: object
    stdout: str
    stderr: str


class Tour(Protocol):
    def __call__(self, *arguments: str, **environment: str) -> Done: ...


@pytest.fixture
def tour(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Tour:
    """The command in this process; `whole` is where it is a process of its own."""
    for name in filter(ENVIRONMENT.match, list(os.environ)):
        monkeypatch.delenv(name)

    def call(*arguments: str, **environment: str) -> Done:
        with monkeypatch.context() as patch:
            for name, value in environment.items():
                patch.setenv(name, value)
            with pytest.raises(SystemExit) as ended:
                main(["tour", *arguments])
        return Done(ended.value.code, *capsys.readouterr())

    return call


@pytest.fixture(scope="module")
def whole() -> str:
    """The whole tour, as a process of its own prints it into a pipe."""
    environment = {name: value for name, value in os.environ.items() if not ENVIRONMENT.match(name)}
    done = subprocess.run(
        [sys.executable, "-m", "session_conformance", "tour"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        stdin=subprocess.DEVNULL,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


@pytest.fixture
def memory() -> Iterator[Stop]:
    with visit(choose_one(None, None), None, "url") as stop:
        yield stop


def rung(text: str, name: str) -> str:
    """The part of the tour's text that is about one pattern."""
    return re.split(r"^──+.*$", text.partition(f"· {name} ──")[2], flags=re.MULTILINE)[1]


def test_every_pattern_is_shown_in_order(whole: str) -> None:
    assert re.findall(r"^── \d+ of \d+ · (\S+) ─", whole, re.MULTILINE) == list(PATTERNS)


@pytest.mark.parametrize("name", PATTERNS)
def test_the_code_shown_is_in_the_module_that_runs(whole: str, name: str) -> None:
    source = PATH_OF_CODE.read_text(encoding="utf-8")
    code = PATTERNS[name].code
    shown = rung(whole, name)

    for line in code.splitlines():
        assert f"    {line}".rstrip() in shown.splitlines()
        assert line in source
    assert '"""' not in code


@pytest.mark.parametrize("name", PATTERNS)
def test_sql_and_transaction_are_numbered_in_order(whole: str, name: str) -> None:
    success, failure = rung(whole, name).split("An exception is raised in it")
    steps = r"^ {4}[ \d]\d  (?:\()?(\w+)"

    assert re.findall(steps, success, re.MULTILINE) == [
        "connection", "BEGIN", "SELECT", "UPDATE", "INSERT", "COMMIT", "connection",
    ]  # fmt: skip
    assert re.findall(steps, failure, re.MULTILINE) == [
        "connection", "BEGIN", "SELECT", "UPDATE", "INSERT", "ROLLBACK", "connection",
    ]  # fmt: skip
    assert "(2, 'Bob', 30)" in success


@pytest.mark.parametrize("name", PATTERNS)
def test_what_is_expired_and_stored_is_said(whole: str, name: str) -> None:
    success, failure = rung(whole, name).split("An exception is raised in it")

    assert "Ann's account   detached; expired: id, owner, balance" in success
    assert "stored          Ann with 70, Bob with 30" in success
    assert "stored          Ann with 100\n" in failure
    assert "came out        PaymentError, the very object that was raised" in failure


def test_the_end_names_where_the_patterns_part(whole: str) -> None:
    closing = " ".join(whole.partition("where they part:")[2].split())

    assert "On success, all 9 patterns alike:" in closing
    # Closing without rollback() leaves the objects with values that were never stored.
    assert "On an exception, by-hand, with-commit, factory-commit: " in closing


def test_one_rung_fits_80_columns_without_colors(tour: Tour) -> None:
    done = tour("--pattern", "nested-with", "--pause")

    assert done.returncode == 0, done.stderr
    assert "── 1 of 1 · nested-with ─" in done.stdout
    assert "with session.begin():" in done.stdout
    assert max(len(line) for line in done.stdout.splitlines()) == 80
    assert "\x1b" not in done.stdout


def test_colors_are_forced_and_refused(tour: Tour) -> None:
    forced = tour("--pattern", "by-hand", FORCE_COLOR="1")
    refused = tour("--pattern", "by-hand", FORCE_COLOR="1", NO_COLOR="1")

    assert "\x1b[" in forced.stdout
    assert "\x1b" not in refused.stdout
    assert re.sub(r"\x1b\[\d+m", "", forced.stdout) == refused.stdout


def test_memory_leaves_no_file(tour: Tour, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    done = tour("--pattern", "by-hand", TMPDIR=str(tmp_path))

    assert "in memory" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_a_url_is_visited_and_left_as_it_was(tour: Tour, tmp_path: Path) -> None:
    done = tour("--pattern", "by-hand", "--url", f"sqlite:///{tmp_path}/new.db")

    assert done.returncode == 0, done.stderr
    assert "stored          Ann with 70, Bob with 30" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_a_database_with_tables_is_refused(tour: Tour, tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/full.db")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE precious (x INTEGER)")

    done = tour("--url", f"sqlite:///{tmp_path}/full.db")

    assert done.returncode == 4
    assert "precious" in done.stderr
    assert inspect(engine).get_table_names() == ["precious"]
    engine.dispose()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--pattern", "by-hands"], 4, "Did you mean “by-hand”?"),
        (["--backend", "postgres"], 4, "Did you mean “postgresql”?"),
        (["--backend", "all"], 4, "The tour visits one database"),
        (["--url", "nosuch://127.0.0.1/x"], 4, "name one with --backend"),
        (["--backend", "mysql", "--url", "postgresql://u:geheim@127.0.0.1/x"], 4, "postgresql"),
        (["--backend", "mysql", "--url", "mysql://u:geheim@127.0.0.1:9/x"], 10, "correct host"),
        (["--backend", "mysql", "--servers", "url"], 10, "SESSION_CONFORMANCE_URL_MYSQL"),
    ],
)
def test_bad_input_gets_one_sentence_and_its_code(
    tour: Tour, arguments: list[str], code: int, message: str
) -> None:
    done = tour(*arguments)

    assert done.returncode == code
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert "geheim" not in done.stdout + done.stderr


def forgetful(engine: object, work: Work) -> None:
    """Closes without a commit."""
    with Session(engine) as session:  # type: ignore[arg-type]
        work(session)


def disguising(engine: object, work: Work) -> None:
    """Replaces the exception by another one of the same kind."""
    with Session(engine) as session, session.begin():  # type: ignore[arg-type]
        try:
            work(session)
        except Exception as error:
            raise type(error)(*error.args) from error


def careless(engine: object, work: Work) -> None:
    """Stores what failed."""
    with Session(engine) as session:  # type: ignore[arg-type]
        try:
            work(session)
        finally:
            session.commit()


LEAKED: list[Session] = []


def leaking(engine: object, work: Work) -> None:
    """Never closes."""
    session = Session(engine)  # type: ignore[arg-type]
    LEAKED.append(session)
    work(session)
    session.flush()


@pytest.mark.parametrize(
    ("function", "sentence"),
    [
        (forgetful, "The work was not stored."),
        (disguising, "The exception that came out is not the one that was raised."),
        (careless, "The failed work was stored."),
        (leaking, "It left behind: 1 connection(s) not returned to the pool."),
    ],
)
def test_a_wrong_pattern_is_named(memory: Stop, function: object, sentence: str) -> None:
    wrong = Pattern("wrong", function)  # type: ignore[arg-type]

    found = climb(memory.database, wrong)

    assert sentence in found.surprises
    assert "! " + sentence in Page(width=100).rung(found, 1, 1)
    assert "Not as it should be: wrong." in Page(width=100).closing([found])
    # What the wrong one left behind does not reach the next rung.
    assert climb(memory.database, PATTERNS["by-hand"]).surprises == []


@pytest.mark.parametrize("pattern", PATTERNS.values(), ids=PATTERNS)
def test_each_pattern_does_what_it_should(memory: Stop, pattern: Pattern) -> None:
    found = climb(memory.database, pattern)

    assert found.surprises == []
    assert (found.success.stored, found.failure.stored) == (AFTER, BEFORE)


def test_a_database_by_name_means_its_core_backend() -> None:
    assert all(choose_one(backend.family.id, None).core for backend in choose(["core"]))


@pytest.mark.parametrize("pattern", PATTERNS.values(), ids=PATTERNS)
def test_patterns_say_what_they_are_in_one_sentence(pattern: Pattern) -> None:
    assert re.fullmatch(r"[^.\n]+(\(\)[^.\n]*)*\.", pattern.sentence)
