"""A rollback ends the transaction at the server, and leaves its connection clean."""

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from session_conformance import Account, Database, promise


@promise(
    "rollback.frees-row-locks",
    "A row written in the transaction is locked until rollback(), then free for the next writer.",
    docs="faq/connections.html#why-does-sqlalchemy-issue-so-many-rollbacks",
)
def test_rollback_frees_row_locks(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session() as session:
        session.get_one(Account, 1).balance = 150
        session.flush()
        assert db.locked(Account, 1)

        session.rollback()

        assert not db.locked(Account, 1)
        with db.elsewhere() as somebody:
            somebody.get_one(Account, 1).balance += 1

    assert [account.balance for account in db.stored(Account)] == [101]


@promise(
    "rollback.ends-read-snapshot",
    "The first read after rollback() sees what others committed since the transaction began.",
    docs="faq/sessions.html#faq-session-identity",
)
def test_rollback_ends_a_read_snapshot(db: Database) -> None:
    owners = select(Account.owner).order_by(Account.id)
    db.given(Account(id=1, owner="Ann"))

    with db.session() as session:
        assert session.scalars(owners).all() == ["Ann"]
        with db.elsewhere() as somebody:
            somebody.add(Account(id=2, owner="Bob"))

        session.rollback()

        assert session.scalars(owners).all() == ["Ann", "Bob"]


@promise(
    "rollback.other-session-untouched",
    "A rollback() in one Session undoes nothing that another has committed or still holds open.",
    docs="orm/session_basics.html#session-faq-threadsafe",
    needs=("row_locks",),
)
def test_rollback_leaves_other_sessions_alone(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=1), Account(id=2, owner="Bob", balance=2))

    with db.session() as ann, db.session() as bob:
        bob.get_one(Account, 2).balance = 20
        bob.commit()
        bob.get_one(Account, 2).balance = 200
        bob.flush()
        ann.get_one(Account, 1).balance = 10
        ann.flush()

        ann.rollback()

        assert [account.balance for account in db.stored(Account)] == [1, 20]

        bob.commit()

        assert [account.balance for account in db.stored(Account)] == [1, 200]


@promise(
    "rollback.pooled-connection-stays-clean",
    "The connection of a failed transaction serves the next Session with nothing left of it.",
    docs="core/pooling.html#pool-reset-on-return",
)
def test_connection_of_a_failed_transaction_is_clean(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"))
    engine = db.new_engine(pool_size=1, max_overflow=0)
    with Session(engine) as failing:
        failing.add(Account(id=2, owner="Bob"))
        failing.flush()
        with pytest.raises(IntegrityError):
            failing.execute(insert(Account).values(id=3, owner="Ann", balance=0))

    with Session(engine) as session, db.watch() as sql:
        assert session.scalars(select(Account.owner)).all() == ["Ann"]
        session.add(Account(id=4, owner="Cleo"))
        session.commit()

    assert sql.pool == ["check-out", "check-in"]
    assert [account.owner for account in db.stored(Account)] == ["Ann", "Cleo"]


@promise(
    "rollback.error-in-rollback",
    "An error in the rollback itself comes out once; then the Session is idle and usable again.",
    docs="orm/session_basics.html#session-rollback",
    needs=("kill_connection",),
)
def test_error_in_the_rollback_itself(db: Database) -> None:
    with db.session() as session:
        session.add(Account(id=1, owner="Ann"))
        session.flush()
        db.kill(session)

        with pytest.raises(DBAPIError):
            session.rollback()

        assert not session.in_transaction()
        assert db.checked_out == 0

        session.rollback()
        session.add(Account(id=2, owner="Bob"))
        session.commit()

    assert [account.owner for account in db.stored(Account)] == ["Bob"]
