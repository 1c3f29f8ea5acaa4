"""Cases of which one waits until somebody opens a gate: a run that can be held in its middle."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from sqlalchemy import text

from session_conformance import Account, Database, promise

DOCS = "none"


@promise("gated.writes", "A case that writes.", docs=DOCS)
def test_writes(db: Database) -> None:
    with db.session() as session:
        session.add(Account(id=1, owner="Ann", balance=1))
        session.commit()

    assert [account.id for account in db.stored(Account)] == [1]


@promise("gated.waits", "A case that waits for its gate.", docs=DOCS)
def test_waits(db: Database) -> None:
    with db.session() as session:
        session.add(Account(id=1, owner="Ann", balance=1))
        session.flush()
        # Opening a pipe waits until somebody opens its other end.
        Path(os.environ["PLANTED_GATE"]).read_text(encoding="utf-8")
        session.commit()

    assert [account.id for account in db.stored(Account)] == [1]


@promise("gated.follows", "A case that comes after.", docs=DOCS)
@pytest.mark.parametrize("number", range(5))
def test_follows(db: Database, number: int) -> None:
    with db.session() as session:
        assert session.scalar(text(f"SELECT {number}")) == number
