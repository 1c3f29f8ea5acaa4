"""A flush sends; it does not commit, and one that fails takes the transaction with it."""

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from session_conformance import Account, Database, promise


@promise(
    "flush.transaction-stays-open",
    "flush() leaves the transaction open: what it sent is seen by nobody else and can be undone.",
    docs="orm/session_basics.html#session-flushing",
)
def test_transaction_stays_open(db: Database) -> None:
    with db.session() as session, db.watch() as sql:
        session.add(Account(id=1, owner="Ann", balance=100))
        session.flush()

        assert db.stored(Account) == []
        assert db.checked_out == 1
        session.rollback()

        # Rows that a rollback only seems to undo are stored by the next commit.
        session.add(Account(id=2, owner="Ben"))
        session.commit()

    assert sql.steps == ["BEGIN", "INSERT", "ROLLBACK", "BEGIN", "INSERT", "COMMIT"]
    assert [row.id for row in db.stored(Account)] == [2]


@promise(
    "flush.own-queries-see-it",
    "What a Session has flushed is returned by its own queries before anybody else sees it.",
    docs="orm/session_basics.html#session-flushing",
)
def test_own_queries_see_it(db: Database) -> None:
    with db.session() as session:
        account = Account(id=1, owner="Ann", balance=100)
        session.add(account)
        session.flush()

        assert session.scalars(select(Account.owner)).all() == ["Ann"]
        assert session.scalars(select(Account)).one() is account
        assert db.stored(Account) == []


@promise(
    "flush.failure-undoes-earlier-flushes",
    "A flush that fails also undoes what earlier flushes of its transaction had sent.",
    docs="API Session.flush",
)
def test_failure_undoes_earlier_flushes(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session() as session:
        session.get_one(Account, 1).balance = 250
        session.add(Account(id=2, owner="Ben"))
        session.flush()
        session.add(Account(id=3, owner="Ann"))

        with pytest.raises(IntegrityError):
            session.flush()

        assert not db.locked(Account, 1)
        session.rollback()
        session.add(Account(id=4, owner="Dan"))
        session.commit()

    assert [(row.id, row.balance) for row in db.stored(Account)] == [(1, 100), (4, 0)]


@promise(
    "flush.bulk-failure-is-atomic",
    "When one of 900 new objects breaks a constraint none of the 900 is stored.",
    docs="orm/session_basics.html#session-flushing",
)
def test_bulk_failure_is_atomic(db: Database) -> None:
    db.given(Account(id=1000, owner="Owner 450"))

    with db.session() as session:
        session.add_all(
            Account(id=number, owner=f"Owner {number}", balance=0) for number in range(1, 901)
        )
        with pytest.raises(IntegrityError):
            session.flush()

        session.rollback()
        session.add(Account(id=2000, owner="Zoe"))
        session.commit()

    assert [row.id for row in db.stored(Account)] == [1000, 2000]
