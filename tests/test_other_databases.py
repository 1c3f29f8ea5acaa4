"""What databases outside the four families need: hooks, keys from sequences, refused commits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, event, inspect, select
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session

from session_conformance import Account, refusal, tables
from session_conformance.differs import DiffersError
from session_conformance.differs import read as read_differs
from session_conformance.hooks import HooksError
from session_conformance.hooks import read as read_hooks
from session_conformance.models import Base

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.engine import Engine

ENTRY = {"outcome": "failed", "cause": "driver", "why": "it forgets", "source": "its page"}


def test_hooks_are_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text("def prepare(connection):\n    connection.append('prepared')\n")
    seen: list[str] = []

    found = read_hooks(path)
    assert found.prepare is not None
    found.prepare(seen)

    assert seen == ["prepared"]
    assert found.create_database is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("def prepair(connection): ...\n", "unknown function “prepair”"),
        ("def prepare(:\n", "cannot be run: SyntaxError"),
        (None, "cannot be run: FileNotFoundError"),
    ],
)
def test_a_wrong_hook_is_told(tmp_path: Path, text: str | None, words: str) -> None:
    path = tmp_path / "mine.py"
    if text is not None:
        path.write_text(text)

    with pytest.raises(HooksError) as caught:
        read_hooks(path)

    assert words in str(caught.value)
    assert str(path) in str(caught.value)


def test_one_cause_is_declared_for_many_cases() -> None:
    found = read_differs({"no row counts": {**ENTRY, "cases": ["a.b", "c.d/by-hand"]}})

    assert set(found) == {"a.b", "c.d/by-hand"}
    assert found["a.b"].why == "it forgets"


@pytest.mark.parametrize(
    ("declared", "words"),
    [
        ({"one": {**ENTRY, "cases": ["a.b"]}, "a.b": ENTRY}, "declared twice"),
        ({"one": {**ENTRY, "cases": ["a.b"], "variants": ["x"]}}, "not both"),
    ],
)
def test_a_case_is_declared_once(declared: dict[str, dict[str, object]], words: str) -> None:
    with pytest.raises(DiffersError, match=words):
        read_differs(declared)


@pytest.fixture
def duckdb(tmp_path: Path) -> Engine:
    pytest.importorskip("duckdb_engine", reason="duckdb-engine is not installed")
    return create_engine(f"duckdb:///{tmp_path}/shop.db")


def test_keys_come_from_sequences(duckdb: Engine) -> None:
    shared = Base.metadata.sorted_tables
    before = {table.name: table.c.id.server_default for table in shared}

    tables.create(duckdb, shared, sequence_keys=True)
    with Session(duckdb) as session:
        session.add_all([Account(owner="Ann"), Account(owner="Bob")])
        session.commit()
        assert session.scalars(select(Account.id).order_by(Account.id)).all() == [1, 2]
    tables.drop(duckdb, shared, sequence_keys=True)

    assert inspect(duckdb).get_table_names() == []
    tables.create(duckdb, shared, sequence_keys=True)  # the sequences went with the tables
    assert {table.name: table.c.id.server_default for table in shared} == before
    duckdb.dispose()


def test_a_conflict_refuses_the_commit_and_nothing_else(duckdb: Engine) -> None:
    tables.create(duckdb, [refusal.CONFLICT], sequence_keys=False)
    sent: list[str] = []
    event.listen(duckdb, "commit", lambda _: sent.append("commit"))

    with Session(duckdb) as session:
        with refusal.by_conflict(duckdb, session):
            sent.clear()
            with pytest.raises(DBAPIError) as caught:
                session.commit()
            assert sent == ["commit"]
        session.rollback()
        assert isinstance(caught.value, OperationalError)
        assert session.scalars(select(refusal.CONFLICT.c.id)).all() == []
    duckdb.dispose()
