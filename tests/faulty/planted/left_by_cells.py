"""Cases that leave behind what would spoil the next one, and one that would show it."""

from __future__ import annotations

from contextlib import suppress

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from session_conformance import Account, Database, promise

DOCS = "none"
KEPT: list[Session] = []


class Stubborn(Session):
    """A Session that nobody can close."""

    def close(self) -> None:
        raise LookupError("not this one")


@promise("left.a-prepared", "A prepared transaction without its connection.", docs=DOCS,
         needs=("two_phase",))  # fmt: skip
def test_prepared(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"))
    session = db.session(twophase=True)
    session.get_one(Account, 1).balance = 100
    session.flush()
    number = db.connection_id(session)
    session.prepare()
    db.kill(number)
    with suppress(DBAPIError):
        session.close()

    assert len(db.prepared) == 1
    assert db.locked(Account, 1)


@promise("left.b-session", "A Session that cannot be closed.", docs=DOCS)
def test_session(db: Database) -> None:
    KEPT.append(Stubborn(db.engine))
    KEPT[0].add(Account(id=1, owner="Ann"))
    KEPT[0].flush()

    assert db.checked_out == 1


@promise("left.c-nothing", "The table is empty, and its rows can be written.", docs=DOCS)
def test_nothing(db: Database) -> None:
    with db.session() as session:
        found = session.scalars(select(Account)).all()
        session.add(Account(id=1, owner="Ann"))
        session.commit()

    assert found == []
    assert db.checked_out == 0
