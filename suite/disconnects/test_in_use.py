"""A connection that dies while a Session is using it."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError, PendingRollbackError
from sqlalchemy.orm import Session

from session_conformance import Account, Database, promise

OPTIMISTIC = "core/pooling.html#disconnect-handling-optimistic"
RETRY = "faq/connections.html#how-do-i-retry-a-statement-execution-automatically"


@promise(
    "disconnects.mid-transaction",
    "A connection that dies in a transaction raises on the next statement, and the work is lost.",
    docs=RETRY,
    needs=("kill_connection",),
)
def test_mid_transaction(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session() as session:
        session.get_one(Account, 1).balance = 0
        session.flush()
        db.kill(session)

        with pytest.raises(DBAPIError) as raised:
            session.add(Account(id=2, owner="Bob"))
            session.flush()
        session.rollback()
        session.commit()

    assert raised.value.connection_invalidated
    assert [account.balance for account in db.stored(Account)] == [100]


@promise(
    "disconnects.rollback-after-detected-kill-quiet",
    "After the error of a dead connection rollback() raises nothing and leaves none checked out.",
    docs=OPTIMISTIC,
    needs=("kill_connection",),
)
def test_rollback_after_detected_kill_is_quiet(db: Database) -> None:
    with db.session() as session:
        session.add(Account(id=1, owner="Ann"))
        session.flush()
        db.kill(session)
        with pytest.raises(DBAPIError):
            session.scalars(select(Account)).all()

        session.rollback()

        assert not session.in_transaction()
        assert db.checked_out == 0


@promise(
    "disconnects.refuses-until-rollback",
    "Until rollback() a Session whose connection died refuses further statements and commit().",
    docs="errors.html#error-8s2b",
    needs=("kill_connection",),
)
def test_refuses_until_rollback(db: Database) -> None:
    accounts = select(Account)

    with db.session() as session:
        session.add(Account(id=1, owner="Ann"))
        session.flush()
        db.kill(session)
        with pytest.raises(DBAPIError):
            session.scalars(accounts).all()

        with db.watch() as sql:
            with pytest.raises(PendingRollbackError):
                session.scalars(accounts).all()
            with pytest.raises(PendingRollbackError):
                session.commit()
        assert sql.verbs == []

        session.rollback()

        assert session.scalars(accounts).all() == []


@promise(
    "disconnects.during-flush",
    "A flush() on a dead connection makes the Session inactive; after rollback() it stores again.",
    docs=OPTIMISTIC,
    needs=("kill_connection",),
)
def test_during_flush(db: Database) -> None:
    with db.session() as session:
        session.scalars(select(Account)).all()
        db.kill(session)
        session.add(Account(id=1, owner="Ann"))

        with pytest.raises(DBAPIError) as raised:
            session.flush()
        assert raised.value.connection_invalidated
        assert not session.is_active

        session.rollback()
        session.add(Account(id=2, owner="Bob"))
        session.commit()

        assert [account.owner for account in db.stored(Account)] == ["Bob"]


@promise(
    "disconnects.during-commit",
    "commit() on a dead connection raises instead of returning, and nothing is stored.",
    docs=OPTIMISTIC,
    needs=("kill_connection",),
)
def test_during_commit(db: Database) -> None:
    with db.session() as session:
        session.add(Account(id=1, owner="Ann"))
        session.flush()
        db.kill(session)

        with pytest.raises(DBAPIError):
            session.commit()
        session.rollback()

        assert db.stored(Account) == []
        assert session.scalars(select(Account)).all() == []


@promise(
    "disconnects.during-rollback-or-close",
    "rollback() or close() on a dead connection may raise once; then Session and pool are free.",
    docs="API Session.close",
    needs=("kill_connection",),
)
@pytest.mark.parametrize("end", [Session.rollback, Session.close], ids=["rollback", "close"])
def test_during_rollback_or_close(db: Database, end: Callable[[Session], None]) -> None:
    engine = db.new_engine(pool_size=1, max_overflow=0, pool_timeout=0.1)

    with Session(engine) as session:
        session.add(Account(id=1, owner="Ann"))
        session.flush()
        db.kill(session)

        # It finds out by itself, and the documentation leaves open how.
        with suppress(DBAPIError):
            end(session)

        assert not session.in_transaction()
        assert db.checked_out == 0
        assert session.scalars(select(Account)).all() == []


@promise(
    "disconnects.in-savepoint",
    "A connection that dies in begin_nested() raises its own error; rollback() ends it all.",
    docs="faq/connections.html#mysql-sync-errors",
    needs=("kill_connection", "savepoints"),
)
def test_in_savepoint(db: Database) -> None:
    with db.session() as session:
        session.add(Account(id=1, owner="Ann"))
        session.flush()

        with pytest.raises(DBAPIError) as raised, session.begin_nested():
            session.add(Account(id=2, owner="Bob"))
            session.flush()
            db.kill(session)
            session.scalars(select(Account)).all()
        session.rollback()

        assert raised.value.connection_invalidated
        assert session.scalars(select(Account)).all() == []


@promise(
    "disconnects.during-query",
    "A connection that the server ends while a statement waits raises, marked as a disconnect.",
    docs=RETRY,
    needs=("kill_connection", "row_locks"),
)
def test_during_query(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session() as session:
        account = session.get_one(Account, 1)
        account.balance = 0
        number = db.connection_id(session)

        with (
            pytest.raises(DBAPIError) as raised,
            db.killed_while_waiting(number),
            db.holding(Account, 1),
        ):
            session.flush()
        session.rollback()

        assert raised.value.connection_invalidated
        assert db.connection_id(session) != number
        assert account.balance == 100


@promise(
    "disconnects.network-reset",
    "A connection that the network resets while a statement waits raises, marked as a disconnect.",
    docs=RETRY,
    needs=("kill_connection", "row_locks"),
)
def test_network_reset(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))
    engine = db.new_engine(pool_size=1, max_overflow=0)
    engine.dispose()

    with db.through_proxy(engine) as proxy, Session(engine) as session:
        account = session.get_one(Account, 1)
        account.balance = 0

        with (
            pytest.raises(DBAPIError) as raised,
            db.cut_while_waiting(proxy),
            db.holding(Account, 1),
        ):
            session.flush()
        session.rollback()

        assert raised.value.connection_invalidated
        assert account.balance == 100


@promise(
    "disconnects.explicit-invalidate",
    "After Connection.invalidate() the Session asks for rollback(), then has a new connection.",
    docs="API Connection.invalidate",
    needs=("second_connection",),
)
def test_explicit_invalidate(db: Database) -> None:
    with db.session() as session:
        session.add(Account(id=1, owner="Ann"))
        session.flush()
        first = session.connection().connection.dbapi_connection

        session.connection().invalidate()

        with pytest.raises(PendingRollbackError):
            session.scalars(select(Account)).all()
        session.rollback()
        assert session.scalars(select(Account)).all() == []
        assert session.connection().connection.dbapi_connection is not first


@promise(
    "disconnects.invalidate-twice",
    "Connection.invalidate() a second time raises nothing, and one rollback() is enough.",
    docs="API Connection.invalidate",
    needs=("second_connection",),
)
def test_invalidate_twice(db: Database) -> None:
    with db.session() as session:
        session.add(Account(id=1, owner="Ann"))
        session.flush()

        connection = session.connection()
        connection.invalidate()
        connection.invalidate()
        session.rollback()

        assert session.scalars(select(Account)).all() == []
