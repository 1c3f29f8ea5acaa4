"""A commit whose flush fails."""

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError, PendingRollbackError

from session_conformance import Account, Database, promise


@promise(
    "commit.failed-flush-stores-nothing",
    "If the flush inside commit() fails, nothing of the whole transaction is stored.",
    docs="orm/session_basics.html#session-flushing",
)
def test_failed_flush_in_commit_stores_nothing(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session() as session:
        session.get_one(Account, 1).balance = 150
        session.add(Account(id=2, owner="Bob"))
        session.flush()
        session.add_all([Account(id=3, owner="Cleo"), Account(id=4, owner="Ann")])

        with pytest.raises(IntegrityError):
            session.commit()

    assert [(row.owner, row.balance) for row in db.stored(Account)] == [("Ann", 100)]


@promise(
    "commit.failure-blocks-session",
    "After a commit() that failed in its flush, the Session refuses all work until rollback().",
    docs="errors.html#error-7s2a",
)
def test_failed_commit_blocks_the_session(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"))

    with db.session() as session:
        session.add(Account(id=2, owner="Ann"))
        with pytest.raises(IntegrityError):
            session.commit()

        with db.watch() as sql:
            with pytest.raises(PendingRollbackError):
                session.scalars(select(Account))
            with pytest.raises(PendingRollbackError):
                session.get(Account, 1)
            with pytest.raises(PendingRollbackError):
                session.commit()
        assert sql.verbs == []

        session.rollback()

        assert session.get_one(Account, 1).owner == "Ann"


@promise(
    "commit.failure-then-rollback-recovers",
    "After a failed commit() one rollback() is enough for the same Session to store new rows.",
    docs="faq/sessions.html#faq-session-rollback",
)
def test_rollback_recovers_from_a_failed_commit(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"))

    with db.session() as session:
        session.add(Account(id=2, owner="Ann"))
        with pytest.raises(IntegrityError):
            session.commit()
        session.rollback()

        session.add(Account(id=2, owner="Bob"))
        session.commit()

    assert [account.owner for account in db.stored(Account)] == ["Ann", "Bob"]
