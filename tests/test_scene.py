"""Several Sessions at once: what is seen to wait, and what becomes of those who do."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import pytest

from session_conformance.condition import Condition, Configuration, conditions, read

from .faulty.command import run

if TYPE_CHECKING:
    from pathlib import Path

HEAD = """
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError
from session_conformance import Account, Condition, Database, promise, question, two_accounts

def put(session, key, value):
    session.execute(update(Account).where(Account.id == key).values(balance=value))

def look(session):
    return session.scalars(select(Account.balance).order_by(Account.id)).all()
"""

# A file for each, so that a case that takes its process with it takes no other.
CASES = {
    "waits": """
        @promise("scene.waits", "Who writes what another has written waits.", docs="x")
        def test_waits(db: Database):
            db.given(*two_accounts())
            with db.together("T1", "T2") as (one, two):
                first = one.does(put, 1, 11)
                second = two.does(put, 1, 12)
                assert not first.waited and first.done
                assert second.waited and not second.ended
                one.commits()
                assert second.done
                two.commits()
            assert [account.balance for account in db.stored(Account)] == [12, 20]
    """,
    "queues": """
        @promise("scene.queues", "Steps told to one who waits come after it.", docs="x")
        def test_queues(db: Database):
            db.given(*two_accounts())
            with db.together("T1", "T2") as (one, two):
                one.does(put, 1, 11)
                two.does(put, 1, 12)
                later = two.does(look)
                two.commits()
                assert not later.ended
                one.rolls_back()
                assert list(later.value) == [12, 20]
            assert [account.balance for account in db.stored(Account)] == [12, 20]
    """,
    "skips": """
        @promise("scene.skips", "After an error the rest of an actor's steps is skipped.", docs="x")
        def test_skips(db: Database):
            db.given(*two_accounts())
            with db.together("T1") as (one,):
                one.does(put, 1, 11)
                wrong = one.does(lambda session: session.get_one(Account, 77))
                commit = one.commits()
                assert wrong.error is not None and commit.skipped
                assert not one.committed
            assert [account.balance for account in db.stored(Account)] == [10, 20]
    """,
    "ends": """
        @promise("scene.ends", "Who waits comes to an end by a limit of the database.", docs="x")
        def test_ends(db: Database):
            db.given(*two_accounts())
            with db.together("T1", "T2") as (one, two):
                two.does(db.limit_lock_wait)
                one.does(put, 1, 11)
                second = two.does(put, 1, 12, go_on=True)
                two.ends()
                assert second.ended and second.error is not None
                one.commits()
            assert [account.balance for account in db.stored(Account)] == [11, 20]
    """,
    "starts": """
        @promise("scene.starts", "Those who start together work at the same time.", docs="x")
        def test_starts(db: Database):
            from threading import Barrier
            both = Barrier(2, timeout=5)
            db.given(*two_accounts())
            with db.together("T1", "T2", unscheduled=True) as (one, two):
                steps = [one.starts(lambda session: (both.wait(), look(session))),
                         two.starts(lambda session: (both.wait(), look(session)))]
                one.ends()
                two.ends()
                assert [list(step.value[1]) for step in steps] == [[10, 20]] * 2
            assert [account.balance for account in db.stored(Account)] == [10, 20]
    """,
    "bugs": """
        @promise("scene.bugs", "A mistake in a step comes out of the scene as it is.", docs="x")
        def test_bugs(db: Database):
            with db.together("T1") as (one,):
                one.does(look)
                one.does(lambda session: 1 / 0)
            assert db.stored(Account) == []
    """,
}

RINGS = """
    @promise("scene.ring", "Of two that wait for each other the server refuses one.", docs="x")
    def test_ring(db: Database):
        db.given(*two_accounts())
        with db.together("T1", "T2") as (one, two):
            one.does(put, 1, 11)
            two.does(put, 2, 22)
            one.does(put, 2, 21)
            two.does(put, 1, 12)
            one.commits()
            two.commits()
            assert sorted([one.committed, two.committed]) == [False, True]
        assert len(db.stored(Account)) == 2
"""


def written(folder: Path, cases: dict[str, str]) -> Path:
    for name, text in cases.items():
        path = folder / "cases" / f"test_{name}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(HEAD + textwrap.dedent(text), encoding="utf-8")
    return folder / "cases"


@pytest.mark.parametrize("backend", ["sqlite-pysqlite", "sqlite-aiosqlite"])
def test_waiting_is_seen_without_a_server(tmp_path: Path, backend: str) -> None:
    folder = written(tmp_path, CASES)
    words = ["--backend", backend, "--cases", str(folder)]

    ran = run(words, tmp_path / "out")
    outcomes = {result.case: result.outcome for result in ran.results.results}

    assert outcomes == {
        "scene.waits": "passed",
        "scene.queues": "passed",
        "scene.skips": "passed",
        "scene.ends": "passed",
        "scene.starts": "passed",
        "scene.bugs": "error",
    }, ran.said
    found = ran.result("scene.bugs").detail
    assert found is not None
    assert found.exception == "builtins.ZeroDivisionError"


@pytest.mark.servers
@pytest.mark.parametrize("database", ["postgresql", "mysql", "mariadb"])
def test_waiting_is_seen_at_a_server(
    tmp_path: Path, servers: dict[str, str], database: str
) -> None:
    folder = written(tmp_path, {**CASES, "ring": RINGS})
    words = ["--backend", database, "--cases", str(folder)]
    words += ["--url", f"{database}={servers[database]}", "--allow-missing"]

    ran = run(words, tmp_path / "out")
    by_outcome = {(result.case, result.outcome) for result in ran.results.results}

    assert by_outcome == {
        ("scene.waits", "passed"),
        ("scene.queues", "passed"),
        ("scene.skips", "passed"),
        ("scene.ends", "passed"),
        ("scene.starts", "passed"),
        ("scene.ring", "passed"),
        ("scene.bugs", "error"),
    }, ran.said


def test_each_level_is_a_condition_and_each_configuration_of_it() -> None:
    wal = Configuration(name="WAL")
    off = Configuration(name="off", levels=("REPEATABLE READ",))

    found = conditions(["AUTOCOMMIT", "READ COMMITTED", "REPEATABLE READ"], [wal, off])

    assert [str(condition) for condition in found] == [
        "READ COMMITTED",
        "REPEATABLE READ",
        "READ COMMITTED, WAL",
        "REPEATABLE READ, WAL",
        "REPEATABLE READ, off",
    ]
    assert [str(condition) for condition in conditions([], [])] == ["only level"]
    assert Condition(level="SERIALIZABLE").engine_options == {"isolation_level": "SERIALIZABLE"}


def test_an_unknown_key_of_a_configuration_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown key “befor”"):
        read({"WAL": {"befor": ["PRAGMA journal_mode = WAL"]}})
