"""prepare() itself, and a transaction that takes two connections."""

import pytest
from sqlalchemy import inspect, select
from sqlalchemy.exc import DBAPIError, InvalidRequestError
from sqlalchemy.orm import Session

from session_conformance import Account, Database, Entry, promise

DOCS = "orm/session_transaction.html#session-twophase"


@promise(
    "two-phase.prepare-flushes",
    "prepare() flushes first, also with autoflush off; commit() then sends nothing but its end.",
    docs="API Session.prepare",
    needs=("two_phase",),
)
def test_prepare_flushes(db: Database) -> None:
    with db.session(twophase=True, autoflush=False) as session:
        account = Account(id=1, owner="Ann")
        session.add(account)

        session.prepare()

        assert inspect(account).persistent
        assert len(db.prepared) == 1

        session.commit()

    assert [row.owner for row in db.stored(Account)] == ["Ann"]


@promise(
    "two-phase.prepare-needs-twophase",
    "prepare() of a Session without twophase=True is refused; its transaction goes on.",
    docs="API Session.prepare",
)
def test_prepare_needs_twophase(db: Database) -> None:
    with db.session() as session:
        session.add(Account(id=1, owner="Ann"))
        session.flush()

        with pytest.raises(InvalidRequestError):
            session.prepare()

        session.commit()

    assert [account.owner for account in db.stored(Account)] == ["Ann"]


@promise(
    "two-phase.no-sql-after-prepare",
    "Between prepare() and the end of the transaction the Session refuses every statement.",
    docs="API Session.prepare",
    needs=("two_phase",),
)
def test_no_sql_after_prepare(db: Database) -> None:
    with db.session(twophase=True) as session:
        session.add(Account(id=1, owner="Ann"))
        session.prepare()

        with db.watch() as sql, pytest.raises(InvalidRequestError):
            session.execute(select(Account.id))
        assert sql.steps == []

        session.commit()

    assert [account.owner for account in db.stored(Account)] == ["Ann"]


@promise(
    "two-phase.two-engines",
    "A twophase Session on two engines stores in both, or in neither where one cannot prepare.",
    docs=DOCS,
    needs=("two_phase", "kill_connection"),
)
def test_two_engines(db: Database) -> None:
    second = db.new_engine()

    with Session(db.engine, binds={Entry: second}, twophase=True) as session:
        session.add_all([Account(id=1, owner="Ann"), Entry(id=1, amount=5)])
        session.commit()
        assert (len(db.stored(Account)), len(db.stored(Entry))) == (1, 1)

        session.add_all([Account(id=2, owner="Bob"), Entry(id=2, amount=7)])
        session.flush()
        assert db.checked_out == 2
        db.kill(session)
        with pytest.raises(DBAPIError):
            session.commit()
        session.rollback()

    assert (len(db.stored(Account)), len(db.stored(Entry))) == (1, 1)
    assert db.prepared == []
    assert db.checked_out == 0
