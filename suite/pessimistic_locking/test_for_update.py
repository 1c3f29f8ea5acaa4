"""Rows that are locked when they are read."""

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from session_conformance import Account, Database, promise

FOR_UPDATE = "API Session.get"


@promise(
    "pessimistic-locking.released-by-commit",
    "A row that was read FOR UPDATE is locked until commit() has returned, and free then.",
    docs="API Session.commit",
    needs=("select_for_update",),
)
def test_released_by_commit(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session() as session:
        session.get_one(Account, 1, with_for_update=True).balance = 50
        assert db.locked(Account, 1)

        session.commit()

        assert not db.locked(Account, 1)
        with db.elsewhere() as other:
            other.get_one(Account, 1).balance += 1
        assert session.scalar(select(Account.balance)) == 51


@promise(
    "pessimistic-locking.released-by-rollback-and-close",
    "A row that was read FOR UPDATE is free once rollback() or close() has returned.",
    docs="API Session.close",
    needs=("select_for_update",),
)
@pytest.mark.parametrize("end", [Session.rollback, Session.close], ids=["rollback", "close"])
def test_released_by_rollback_and_close(db: Database, end: Callable[[Session], None]) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session() as session:
        session.get_one(Account, 1, with_for_update=True)
        assert db.locked(Account, 1)

        end(session)

        assert not db.locked(Account, 1)


@promise(
    "pessimistic-locking.get-for-update-queries",
    "get() with a lock sends its SELECT for an object that is loaded already, and gives that one.",
    docs=FOR_UPDATE,
)
def test_get_for_update_queries(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session() as session:
        account = session.get_one(Account, 1)
        with db.watch() as plain:
            session.get_one(Account, 1)
        with db.watch() as locking:
            locked = session.get_one(Account, 1, with_for_update=True)

        assert locked is account
        assert (plain.verbs, locking.verbs) == ([], ["SELECT"])


@promise(
    "pessimistic-locking.get-for-update-keeps-values",
    "A locking read keeps the values that an object has, unless populate_existing is asked for.",
    docs="orm/queryguide/api.html#populate-existing",
    needs=("select_for_update",),
)
def test_get_for_update_keeps_values(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))
    locking = select(Account).where(Account.id == 1).with_for_update()

    with db.session(expire_on_commit=False) as session:
        account = session.get_one(Account, 1)
        session.commit()
        with db.elsewhere() as other:
            other.get_one(Account, 1).balance = 200

        session.get_one(Account, 1, with_for_update=True)
        assert account.balance == 100
        session.scalars(locking).one()
        assert account.balance == 100

        session.scalars(locking.execution_options(populate_existing=True)).one()
        assert account.balance == 200


@promise(
    "pessimistic-locking.refresh-for-update",
    "refresh() with a lock reads the row as it is now, and nobody else can have it.",
    docs="API Session.refresh",
    needs=("select_for_update",),
)
def test_refresh_for_update(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100), Account(id=2, owner="Bob", balance=5))

    with db.session(expire_on_commit=False) as session:
        account = session.get_one(Account, 1)
        session.commit()
        with db.elsewhere() as other:
            other.get_one(Account, 1).balance = 200

        session.refresh(account, with_for_update=True)

        assert account.balance == 200
        assert db.locked(Account, 1)
        assert not db.locked(Account, 2)


@promise(
    "pessimistic-locking.lock-timeout-not-disconnect",
    "A lock that is not to be had raises, and marks no disconnect: the connection goes on.",
    docs="core/pooling.html#more-on-invalidation",
    needs=("select_for_update",),
)
@pytest.mark.parametrize("wait", ["no-wait", "time-out"])
def test_lock_timeout_is_no_disconnect(db: Database, wait: str) -> None:
    """Takes up to two seconds: MySQL counts the time for a lock in seconds."""
    db.given(Account(id=1, owner="Ann", balance=100))
    engine = db.new_engine(pool_size=1, max_overflow=0)

    with Session(engine) as session:
        number = db.connection_id(session)
        db.limit_lock_wait(session)
        with db.holding(Account, 1), pytest.raises(DBAPIError) as raised:
            session.get(Account, 1, with_for_update={"nowait": wait == "no-wait"})
        session.rollback()

        assert not raised.value.connection_invalidated
        assert session.get_one(Account, 1, with_for_update=True).balance == 100
        assert db.connection_id(session) == number
