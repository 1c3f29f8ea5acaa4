"""What close() and invalidate() end, and what a closed Session can still do."""

import pytest
from sqlalchemy import inspect, select
from sqlalchemy.exc import IntegrityError, InvalidRequestError
from sqlalchemy.orm import Session

from session_conformance import Account, Database, promise


@promise(
    "opening-and-closing.close-discards-flushed-rows",
    "close() rolls back what was flushed and not committed; what was committed stays.",
    docs="orm/session_transaction.html#unitofwork-transaction",
)
def test_close_discards_flushed_rows(db: Database) -> None:
    session = db.session()
    session.add(Account(id=1, owner="Ann", balance=100))
    session.commit()
    session.add(Account(id=2, owner="Bob", balance=5))
    session.flush()

    session.close()

    assert [account.owner for account in db.stored(Account)] == ["Ann"]


@promise(
    "opening-and-closing.close-detaches-everything",
    "After close() the identity map is empty and each object that was in it is detached.",
    docs="orm/session_basics.html#session-closing",
)
def test_close_detaches_everything(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100), Account(id=2, owner="Bob", balance=5))
    session = db.session()
    ann, bob = session.scalars(select(Account).order_by(Account.id)).all()
    assert len(session.identity_map) == 2

    session.close()

    assert len(session.identity_map) == 0
    assert inspect(ann).detached
    assert inspect(bob).detached


@promise(
    "opening-and-closing.close-then-reuse",
    "A Session that was closed begins anew when it is used, and commits.",
    docs="orm/session_basics.html#session-closing",
)
def test_close_then_reuse(db: Database) -> None:
    session = db.session()
    session.scalars(select(Account)).all()
    session.close()

    session.add(Account(id=1, owner="Ann", balance=100))
    session.commit()
    session.close()

    assert db.checked_out == 0
    assert [account.owner for account in db.stored(Account)] == ["Ann"]


@promise(
    "opening-and-closing.final-close",
    "With close_resets_only=False a Session that was closed refuses every further use.",
    docs="orm/session_basics.html#session-closing",
)
def test_final_close(db: Database) -> None:
    session = Session(db.engine, close_resets_only=False)
    session.scalars(select(Account)).all()
    session.close()

    with pytest.raises(InvalidRequestError):
        session.scalars(select(Account))
    with pytest.raises(InvalidRequestError):
        session.add(Account(id=1, owner="Ann", balance=100))
    assert db.checked_out == 0


@promise(
    "opening-and-closing.close-after-failed-flush",
    "close() straight after a failed flush leaves a Session that stores rows again.",
    docs="faq/sessions.html#faq-session-rollback",
)
def test_close_after_failed_flush(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))
    session = db.session()
    session.add(Account(id=2, owner="Ann", balance=5))
    with pytest.raises(IntegrityError):
        session.flush()

    session.close()

    session.add(Account(id=3, owner="Bob", balance=5))
    session.commit()
    session.close()
    assert [account.owner for account in db.stored(Account)] == ["Ann", "Bob"]


@promise(
    "opening-and-closing.many-transactions-one-session",
    "One Session runs transaction after transaction, each beginning after the former has ended.",
    docs="orm/session_basics.html#session-faq-whentocreate",
)
def test_many_transactions_one_session(db: Database) -> None:
    with db.session() as session:
        with db.watch() as first:
            session.add(Account(id=1, owner="Ann", balance=100))
            session.commit()
        with db.watch() as second:
            session.add(Account(id=2, owner="Bob", balance=5))
            session.flush()
            session.rollback()
        with db.watch() as third:
            session.add(Account(id=3, owner="Cid", balance=7))
            session.commit()

    assert first.steps == third.steps == ["BEGIN", "INSERT", "COMMIT"]
    assert second.steps == ["BEGIN", "INSERT", "ROLLBACK"]
    assert [account.owner for account in db.stored(Account)] == ["Ann", "Cid"]


@promise(
    "opening-and-closing.reader-needs-no-commit",
    "A Session that has only read is closed without a commit, and its connection goes back.",
    docs="orm/session_basics.html#session-getting",
)
def test_reader_needs_no_commit(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.watch() as sql, db.session() as session:
        account = session.scalars(select(Account)).one()

    assert account.balance == 100
    assert sql.steps == ["BEGIN", "SELECT", "ROLLBACK"]
    assert sql.pool == ["check-out", "check-in"]


@promise(
    "opening-and-closing.invalidate-drops-connection",
    "invalidate() throws the driver's connection away; the next use runs on another one.",
    docs="API Session.invalidate",
)
def test_invalidate_drops_connection(db: Database) -> None:
    engine = db.new_engine(pool_size=1, max_overflow=0)
    with Session(engine) as session:
        first = session.connection().connection.dbapi_connection

        with db.watch() as sql:
            session.invalidate()
            assert session.scalar(select(Account.owner)) is None

        assert sql.pool[:3] == ["invalidate", "close", "check-in"]
        assert session.connection().connection.dbapi_connection is not first


@promise(
    "opening-and-closing.invalidate-loses-work",
    "invalidate() undoes what was flushed, and every object leaves the Session.",
    docs="API Session.invalidate",
    needs=("second_connection",),
)
def test_invalidate_loses_work(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))
    with db.session() as session:
        account = session.get_one(Account, 1)
        account.balance = 0
        session.flush()

        session.invalidate()

        assert account not in session
        assert db.checked_out == 0
        assert [account.balance for account in db.stored(Account)] == [100]
