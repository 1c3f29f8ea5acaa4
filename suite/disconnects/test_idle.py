"""A connection that dies while it waits in its pool."""

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from session_conformance import Account, Database, promise

OPTIMISTIC = "core/pooling.html#disconnect-handling-optimistic"
PESSIMISTIC = "core/pooling.html#disconnect-handling-pessimistic"


@promise(
    "disconnects.idle-kill-detected",
    "The first statement on a connection that died in its pool raises, marked as a disconnect.",
    docs=OPTIMISTIC,
    needs=("kill_connection",),
)
def test_idle_kill_detected(db: Database) -> None:
    with db.session() as session:
        session.scalars(select(Account)).all()
        number = db.connection_id(session)
        session.commit()
        db.kill(number)

        with pytest.raises(DBAPIError) as raised:
            session.scalars(select(Account)).all()

        assert raised.value.connection_invalidated


@promise(
    "disconnects.idle-kill-recovery",
    "After the disconnect's error and a rollback() the same Session works on a new connection.",
    docs=OPTIMISTIC,
    needs=("kill_connection",),
)
def test_idle_kill_recovery(db: Database) -> None:
    with db.session() as session:
        session.scalars(select(Account)).all()
        number = db.connection_id(session)
        session.commit()
        db.kill(number)
        with pytest.raises(DBAPIError):
            session.scalars(select(Account)).all()

        session.rollback()
        session.add(Account(id=1, owner="Ann"))
        session.commit()

        assert db.connection_id(session) != number
        assert [account.owner for account in db.stored(Account)] == ["Ann"]


@promise(
    "disconnects.pool-replaced-once",
    "When all pooled connections are dead, one statement fails and the others get new ones.",
    docs=OPTIMISTIC,
    needs=("kill_connection",),
)
def test_pool_replaced_once(db: Database) -> None:
    engine = db.new_engine(pool_size=3, max_overflow=0)

    with Session(engine) as ann, Session(engine) as bob, Session(engine) as cleo:
        ann.scalars(select(Account)).all()
        numbers = {db.connection_id(session) for session in (ann, bob, cleo)}
        ann.commit()
        bob.commit()
        cleo.commit()
        db.kill(*numbers)

        with pytest.raises(DBAPIError):
            ann.scalars(select(Account)).all()
        ann.rollback()
        fresh = {db.connection_id(session) for session in (ann, bob, cleo)}

        assert len(fresh) == 3
        assert not fresh & numbers


@promise(
    "disconnects.pre-ping",
    "With pool_pre_ping a connection that died in its pool is replaced, and nobody sees an error.",
    docs=PESSIMISTIC,
    needs=("kill_connection",),
)
def test_pre_ping(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"))
    engine = db.new_engine(pool_pre_ping=True, pool_size=1, max_overflow=0)

    with Session(engine) as session:
        number = db.connection_id(session)
        session.commit()
        db.kill(number)

        assert session.scalars(select(Account.owner)).all() == ["Ann"]
        assert db.connection_id(session) != number


@promise(
    "disconnects.pre-ping-does-not-cover-use",
    "pool_pre_ping looks when a connection is handed out: one that dies in use still raises.",
    docs=PESSIMISTIC,
    needs=("kill_connection",),
)
def test_pre_ping_does_not_cover_use(db: Database) -> None:
    engine = db.new_engine(pool_pre_ping=True, pool_size=1, max_overflow=0)

    with Session(engine) as session:
        session.add(Account(id=1, owner="Ann"))
        session.flush()
        db.kill(session)

        with pytest.raises(DBAPIError):
            session.scalars(select(Account)).all()
        session.rollback()

        assert session.scalars(select(Account)).all() == []


@promise(
    "disconnects.pre-ping-server-down",
    "With the server out of reach a pre-pinged checkout raises, and keeps no place in the pool.",
    docs=PESSIMISTIC,
    needs=("kill_connection",),
)
def test_pre_ping_server_down(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"))
    engine = db.new_engine(pool_pre_ping=True, pool_size=1, max_overflow=0, pool_timeout=0.1)

    with Session(engine) as session:
        number = db.connection_id(session)
        session.commit()
        db.kill(number)
        with db.out_of_reach(engine), pytest.raises(DBAPIError):
            session.scalars(select(Account)).all()
        session.rollback()

        assert db.checked_out == 0
        assert session.scalars(select(Account.owner)).all() == ["Ann"]


@promise(
    "disconnects.idle-timeout",
    "A connection that the server closed for idleness raises once, marked as a disconnect.",
    docs="dialects/mysql.html#connection-timeouts-and-disconnects",
    needs=("idle_timeout",),
)
def test_idle_timeout(db: Database) -> None:
    """Takes a second where the server counts idleness in whole ones."""
    with db.session() as session:
        session.scalars(select(Account)).all()
        db.limit_idle(session)
        number = db.connection_id(session)
        session.commit()
        db.until_gone(number)

        with pytest.raises(DBAPIError) as raised:
            session.scalars(select(Account)).all()
        session.rollback()

        assert raised.value.connection_invalidated
        assert db.connection_id(session) != number


@promise(
    "disconnects.other-session-unaffected",
    "The end of one Session's connection leaves another Session's transaction to be committed.",
    docs="core/pooling.html#more-on-invalidation",
    needs=("kill_connection", "row_locks"),
)
def test_other_session_unaffected(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=1), Account(id=2, owner="Bob", balance=2))

    with db.session() as ann, db.session() as bob:
        ann.get_one(Account, 1).balance = 10
        ann.flush()
        bob.get_one(Account, 2).balance = 20
        bob.flush()
        db.kill(ann)
        with pytest.raises(DBAPIError):
            ann.scalars(select(Account)).all()

        bob.commit()

        assert [account.balance for account in db.stored(Account)] == [1, 20]


@promise(
    "disconnects.under-autocommit",
    "Under AUTOCOMMIT a dead connection costs one error; after rollback() statements store again.",
    docs="faq/connections.html#using-dbapi-autocommit-allows-for-a-readonly-version-of-transparent-reconnect",
    needs=("kill_connection", "autocommit"),
)
def test_under_autocommit(db: Database) -> None:
    engine = db.new_engine(isolation_level="AUTOCOMMIT", pool_size=1, max_overflow=0)

    with Session(engine) as session:
        session.add(Account(id=1, owner="Ann"))
        session.flush()
        db.kill(session)
        with pytest.raises(DBAPIError) as raised:
            session.scalars(select(Account)).all()
        session.rollback()
        session.add(Account(id=2, owner="Bob"))
        session.flush()

        assert raised.value.connection_invalidated
        assert [account.owner for account in db.stored(Account)] == ["Ann", "Bob"]
