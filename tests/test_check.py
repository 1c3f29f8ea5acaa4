"""`session-conformance check`: drivers that the suite does not know, sound and faulty."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .faulty import dialects
from .faulty.command import Ran, run
from .faulty.fault import FAULTS, HEALTHY, SQLITE
from .faulty.installed import install, installed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import TypeAlias

    Check: TypeAlias = Callable[..., Ran]

SOME = "commit,rollback,opening-and-closing,flush"
SCREEN = 40


@pytest.fixture(scope="module")
def environ(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment in which the faulty drivers are installed like anybody's."""
    folder: Path = tmp_path_factory.mktemp("installed")
    install(folder)
    return installed(folder)


@pytest.fixture
def check(tmp_path: Path, environ: dict[str, str]) -> Check:
    """Run the command with reports of its own."""

    def call(*words: str) -> Ran:
        return run(words, tmp_path / "out", env=environ, name="check")

    return call


def url_of(fault: str, tmp_path: Path) -> str:
    """Return a URL of SQLite through the driver that has a fault."""
    return f"{dialects.drivername(FAULTS[fault], SQLITE)}:///{tmp_path}/here.db"


def test_a_sound_driver_that_nobody_knows_passes(check: Check, tmp_path: Path) -> None:
    ran = check(url_of(HEALTHY, tmp_path), "--case", SOME)

    assert ran.code == 0, ran.said
    assert "\nYES. It carries a Session: " in ran.said
    assert "✓ core" in ran.said
    assert ran.results.backends[0].settings["journal_mode"] == "delete"
    assert list(tmp_path.glob("*.db")) == []


@pytest.mark.parametrize(
    ("fault", "likely"),
    [
        ("rollback-commits", "rollback() commits instead."),
        ("commit-ignored", "commit() does nothing."),
        ("rowcount-zero", "UPDATE and DELETE report no row."),
        ("foreign-keys-off", "Foreign keys are not enforced."),
    ],
)
def test_one_fault_is_one_cause(check: Check, tmp_path: Path, fault: str, likely: str) -> None:
    ran = check(url_of(fault, tmp_path), "--case", SOME)

    screen = ran.said.splitlines()[-SCREEN:]
    causes = [line for line in screen if line[:3] == "1. "]
    assert ran.code == 1, ran.said
    assert len(causes) == 1
    assert any("likely" in line and likely in line for line in screen), "\n".join(screen)
    assert any(line.startswith("NO. ") for line in screen)


def test_what_is_broken_is_proven(check: Check, tmp_path: Path) -> None:
    ran = check(url_of("rollback-commits", tmp_path), "--case", "rollback.removes-inserts")

    assert "promise   " in ran.said
    assert "assert db.stored(Account) == []" in ran.said
    assert "again     session-conformance check sqlite+faulty_rollback_commits:///" in ran.said
    assert "Left contains one more item" in ran.said
    assert "Use -v" not in ran.said
    assert "script    session-conformance repro rollback.removes-inserts sqlite-faulty" in ran.said
    assert f"--backend-file {tmp_path}/out/sqlite-faulty-rollback-commits.toml" in ran.said
    assert '[differs."rollback.removes-inserts"]' in ran.said


def test_the_first_difference_to_a_healthy_driver_is_marked(check: Check, tmp_path: Path) -> None:
    ran = check(url_of("rowcount-zero", tmp_path), "--case", "commit.flushes-pending")

    assert ran.code == 1
    marked = [line for line in ran.said.splitlines() if "≠" in line]
    assert len(marked) == 1
    assert "→ 0 rows" in marked[0]
    assert "sqlite-pysqlite, recorded (passed):" in ran.said


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (
            "insert-crashes",
            "The interpreter died: Aborted, in rewrite (tests/faulty/statements.py:",
        ),
        ("commit-hangs", "A call does not return: "),
    ],
)
def test_a_driver_that_takes_its_process_along_gets_a_whole_report(
    check: Check, tmp_path: Path, fault: str, told: str
) -> None:
    words = ["--limit", "1", "--case", "commit.visible-elsewhere,queries.percent-colon-and-marks"]
    ran = check(url_of(fault, tmp_path), *words)

    assert ran.code == 1, ran.said
    assert ran.results.complete
    assert {result.outcome for result in ran.results.results} & {"crashed", "timeout"}
    causes = [line for line in ran.said.splitlines() if line[:3] in ("1. ", "2. ")]
    assert causes[0].startswith(f"1. {told}"), ran.said
    assert len(causes) == 1
    assert "Current thread" not in ran.said


@pytest.mark.parametrize(
    ("words", "said", "code"),
    [
        ([], "Name what to check", 4),
        (["no url at all://"], "no URL of SQLAlchemy", 4),
        (["nosuchdialect+x://u@h/d"], "SQLAlchemy knows no dialect", 4),
        (["sqlite"], "means 5 backends", 4),
        (["sqlit-pysqlite"], "Did you mean “sqlite-pysqlite”?", 4),
        (["postgresql+psycopg://u:hidden@127.0.0.1:1/d"], "Nothing listens there", 10),
    ],
)
def test_what_cannot_be_checked_is_said(
    check: Check, words: list[str], said: str, code: int
) -> None:
    ran = check(*words, "--case", "commit")

    assert said in ran.said
    assert ran.code == code
    assert "hidden" not in ran.said
    assert "Traceback" not in ran.said


def test_a_quick_check_asks_what_finds_most(check: Check, tmp_path: Path) -> None:
    ran = check(url_of("commit-ignored", tmp_path), "--quick", "--case", "commit")

    assert ran.code == 1
    first = ran.said.splitlines()
    assert any(line.startswith("✗ ") for line in first[:20]), "\n".join(first[:20])
