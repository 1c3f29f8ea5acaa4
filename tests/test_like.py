"""A driver whose dialect is built on a known one: what is declared of that one holds for it too."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest
from sqlalchemy.engine import make_url

from session_conformance.backend import Backend, BackendError, known, load
from session_conformance.recognise import recognise
from session_conformance.results import Result
from session_conformance.verdict import judge

from .faulty import dialects
from .faulty.fault import FAULTS, HEALTHY, POSTGRESQL, SQLITE

if TYPE_CHECKING:
    from pathlib import Path

CASE, VARIANT = "values-round-trip.null-bind-in-comparison", "double"
FILE = """
title = "mine"
database = "{database}"
drivername = "postgresql+mine"
like = "{like}"
"""


def written(folder: Path, like: str, database: str = "postgresql", more: str = "") -> Backend:
    file = folder / "postgresql-mine.toml"
    file.write_text(FILE.format(like=like, database=database) + more, encoding="utf-8")
    return load(file)


def result(outcome: str) -> Result:
    return Result(
        case=CASE,
        variant=VARIANT,
        backend="postgresql-mine",
        outcome=outcome,  # type: ignore[arg-type]
        verdict="expected",
    )


def test_what_the_other_declares_is_expected_of_this_one(tmp_path: Path) -> None:
    mine = written(tmp_path, POSTGRESQL)
    theirs = known()[POSTGRESQL].declared(CASE, VARIANT)
    assert theirs is not None

    judged = judge(mine, result(theirs.outcome))

    assert judged.verdict == "expected"
    assert judged.declared == theirs
    assert mine.connect_args == known()[POSTGRESQL].connect_args


def test_who_does_better_than_the_other_is_not_stale(tmp_path: Path) -> None:
    judged = judge(written(tmp_path, POSTGRESQL), result("passed"))

    assert judged.verdict == "expected"
    assert judged.declared is None


def test_who_does_something_else_again_is_undeclared(tmp_path: Path) -> None:
    assert judge(written(tmp_path, POSTGRESQL), result("timeout")).verdict == "undeclared"


def test_what_it_declares_itself_is_held_to_both_ways(tmp_path: Path) -> None:
    more = f"""
[differs."{CASE}"]
outcome = "error"
cause = "driver"
why = "It is so."
source = "Here."
"""
    mine = written(tmp_path, POSTGRESQL, more=more)

    assert judge(mine, result("passed")).verdict == "stale"


def test_the_database_s_own_differences_are_held_to_both_ways_still() -> None:
    for backend in known().values():
        assert backend.inherited == {}
        assert dataclasses.replace(backend).declared("no.such-case", None) is None


@pytest.mark.parametrize(
    ("like", "database", "said"),
    [
        ("postgresql-psycop", "postgresql", "Did you mean “postgresql-psycopg”?"),
        (SQLITE, "postgresql", "is one of SQLite, not of PostgreSQL"),
    ],
)
def test_what_cannot_be_liked_is_said(tmp_path: Path, like: str, database: str, said: str) -> None:
    with pytest.raises(BackendError, match="like = ") as caught:
        written(tmp_path, like, database)

    assert said in str(caught.value)


@pytest.mark.parametrize("good", [SQLITE, POSTGRESQL])
def test_the_dialect_tells_which_one_it_is_like(good: str) -> None:
    url = make_url(f"{dialects.drivername(FAULTS[HEALTHY], good)}://")

    assert recognise(url, connect=False).like == good
