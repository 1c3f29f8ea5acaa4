"""Which connection the pool hands out, and when it hands out none."""

from typing import Any

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.engine import Engine
from sqlalchemy.exc import ArgumentError, DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool, QueuePool, StaticPool

from session_conformance import Account, Database, promise

DISPOSAL = "core/connections.html#engine-disposal"


def driver_connection(session: Session) -> Any:
    return session.connection().connection.dbapi_connection


@promise(
    "pooling.timeout",
    "While all connections are out, a checkout raises TimeoutError after pool_timeout.",
    docs="errors.html#error-3o7r",
)
def test_timeout(db: Database) -> None:
    engine = db.new_engine(pool_size=1, max_overflow=0, pool_timeout=0.02)

    with Session(engine) as ann, Session(engine) as bob:
        ann.scalars(select(Account)).all()

        with pytest.raises(PoolTimeoutError):
            bob.connection()
        ann.commit()

        assert bob.scalars(select(Account)).all() == []


@promise(
    "pooling.recycle",
    "A connection older than pool_recycle is closed and replaced when it is handed out again.",
    docs="core/pooling.html#setting-pool-recycle",
)
@pytest.mark.parametrize(("seconds", "kept"), [(0, False), (3600, True)], ids=["old", "young"])
def test_recycle(db: Database, seconds: int, kept: bool) -> None:
    engine = db.new_engine(pool_size=1, max_overflow=0, pool_recycle=seconds)

    with Session(engine) as session:
        session.scalars(select(Account)).all()
        first = driver_connection(session)
        session.commit()

        with db.watch() as sql:
            second = driver_connection(session)

        assert session.scalars(select(Account)).all() == []
        assert (second is first) is kept
        assert ("close" in sql.pool) is not kept


@promise(
    "pooling.dispose-closes-idle",
    "dispose() ends the idle connections at the server, and the engine connects anew when used.",
    docs=DISPOSAL,
    needs=("connection_list",),
)
def test_dispose_closes_idle(db: Database) -> None:
    engine = db.new_engine(pool_size=1, max_overflow=0)

    with Session(engine) as session:
        session.scalars(select(Account)).all()
        number = db.connection_id(session)
        session.commit()

        engine.dispose()
        db.until_gone(number)

        assert db.connection_id(session) != number


@promise(
    "pooling.dispose-spares-checked-out",
    "A connection that is out during dispose() works on, and is not handed out again after it.",
    docs=DISPOSAL,
)
def test_dispose_spares_checked_out(db: Database) -> None:
    engine = db.new_engine(pool_size=1, max_overflow=0)

    with Session(engine) as session:
        session.add(Account(id=1, owner="Ann"))
        session.flush()
        first = driver_connection(session)

        engine.dispose()
        session.add(Account(id=2, owner="Bob"))
        session.flush()
        assert driver_connection(session) is first
        session.connection().detach()
        session.commit()

        assert [account.owner for account in db.stored(Account)] == ["Ann", "Bob"]
        assert driver_connection(session) is not first


@promise(
    "pooling.detach",
    "A detached connection is the pool's no more: another is made, and its close() is its end.",
    docs="API Connection.detach",
    needs=("connection_list",),
)
def test_detach(db: Database) -> None:
    engine = db.new_engine(pool_size=1, max_overflow=0, pool_timeout=0.1)

    with Session(engine) as ann, Session(engine) as bob:
        ann.scalars(select(Account)).all()
        number = db.connection_id(ann)
        ann.connection().detach()
        other = db.connection_id(bob)
        assert other != number
        assert number in db.connections

        ann.close()
        db.until_gone(number)

        assert other in db.connections


@promise(
    "pooling.nullpool-ends-on-server",
    "With NullPool the connection ends at the server whenever a Session lets it go.",
    docs="core/pooling.html#switching-pool-implementations",
    needs=("connection_list",),
)
def test_nullpool_ends_on_server(db: Database) -> None:
    engine = db.new_engine(poolclass=NullPool)

    with Session(engine) as session:
        session.add(Account(id=1, owner="Ann"))
        session.flush()
        first = db.connection_id(session)
        session.commit()
        db.until_gone(first)
        second = db.connection_id(session)
        session.rollback()
        db.until_gone(second)
        third = db.connection_id(session)
    db.until_gone(third)

    assert len({first, second, third}) == 3


@promise(
    "pooling.invalidate-ends-on-server",
    "A connection that a Session invalidates ends at the server, and its transaction with it.",
    docs="API Session.invalidate",
    needs=("connection_list",),
)
def test_invalidate_ends_on_server(db: Database) -> None:
    """Takes as long as the server is asked where the connection does not end."""
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session() as session:
        session.get_one(Account, 1).balance = 0
        session.flush()
        number = db.connection_id(session)
        session.invalidate()
    db.until_gone(number)

    assert not db.locked(Account, 1)
    assert [account.balance for account in db.stored(Account)] == [100]


@promise(
    "pooling.lifo-and-fifo",
    "pool_use_lifo hands out the connection that came back last; the default is the other end.",
    docs="core/pooling.html#using-fifo-vs-lifo",
)
@pytest.mark.parametrize("lifo", [True, False], ids=["lifo", "fifo"])
def test_lifo_and_fifo(db: Database, lifo: bool) -> None:
    engine = db.new_engine(pool_size=2, max_overflow=0, pool_use_lifo=lifo)

    with Session(engine) as ann, Session(engine) as bob:
        ann.scalars(select(Account)).all()
        came_back_first = driver_connection(ann)
        came_back_last = driver_connection(bob)
        ann.commit()
        bob.commit()

        expected = came_back_last if lifo else came_back_first
        assert driver_connection(ann) is expected


@promise(
    "pooling.checkout-listener-rejects",
    "Where a checkout listener raises DisconnectionError, the pool hands out a fresh connection.",
    docs="API PoolEvents.checkout",
)
def test_checkout_listener_rejects(db: Database) -> None:
    engine = db.new_engine(pool_size=1, max_overflow=0)

    with Session(engine) as session:
        session.scalars(select(Account)).all()
        first = driver_connection(session)
        session.commit()

        def checkout(dbapi_connection: Any, _record: Any, _proxy: Any) -> None:
            if dbapi_connection is first:
                raise DisconnectionError

        event.listen(engine, "checkout", checkout)

        assert session.scalars(select(Account)).all() == []
        assert driver_connection(session) is not first


@promise(
    "pooling.info-follows-connection",
    "What is put into Connection.info stays with the driver's connection, through its pool too.",
    docs="API Connection.info",
)
def test_info_follows_connection(db: Database) -> None:
    engine = db.new_engine(pool_size=1, max_overflow=0)

    with Session(engine) as session:
        session.scalars(select(Account)).all()
        session.connection().info["seen"] = "by Ann"
        session.commit()
        assert session.connection().info["seen"] == "by Ann"

        session.invalidate()

        assert "seen" not in session.connection().info


@promise(
    "pooling.initialised-once",
    "An engine asks the server for its settings on its first connection, and on no later one.",
    docs="API PoolEvents.first_connect",
)
def test_initialised_once(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    dialect: Any = type(db.engine.dialect)
    initialize = dialect.initialize
    asked: list[object] = []

    def counted(self: Any, connection: object) -> None:
        asked.append(connection)
        initialize(self, connection)

    monkeypatch.setattr(dialect, "initialize", counted)
    engine = db.new_engine(poolclass=NullPool)
    with Session(engine) as session:
        assert session.scalars(select(Account)).all() == []
        session.commit()
        assert session.scalars(select(Account)).all() == []

    assert len(asked) == 1


@promise(
    "pooling.event-order",
    "A pool tells of connect, checkout, reset and checkin; invalidate and close end one.",
    docs="API PoolEvents",
)
def test_event_order(db: Database) -> None:
    engine = db.new_engine(poolclass=QueuePool if not db.engine.dialect.is_async else None)
    engine.dispose()
    heard: list[str] = []
    listen(engine, heard)

    with Session(engine) as session:
        session.scalars(select(Account)).all()
        session.commit()
        assert heard == ["connect", "checkout", "reset", "checkin"]

        session.connection()
        session.invalidate()
        assert heard[4:] == ["checkout", "invalidate", "close", "checkin"]


def listen(engine: Engine, heard: list[str]) -> None:
    event.listen(engine, "connect", lambda *_: heard.append("connect"))
    event.listen(engine, "checkout", lambda *_: heard.append("checkout"))
    event.listen(engine, "reset", lambda *_: heard.append("reset"))
    event.listen(engine, "checkin", lambda *_: heard.append("checkin"))
    event.listen(engine, "invalidate", lambda *_: heard.append("invalidate"))
    event.listen(engine, "close", lambda *_: heard.append("close"))


@promise(
    "pooling.static-pool-shares-rollback",
    "Sessions on a StaticPool share one connection: one's rollback() undoes what another flushed.",
    docs="API StaticPool",
)
def test_static_pool_shares_rollback(db: Database) -> None:
    engine = db.new_engine(poolclass=StaticPool)

    with Session(engine) as ann, Session(engine) as bob:
        ann.add(Account(id=1, owner="Ann"))
        ann.flush()
        assert bob.scalar(select(func.count(Account.id))) == 1

        bob.rollback()
        ann.commit()

        assert db.stored(Account) == []


@promise(
    "pooling.sync-pool-refused-for-async",
    "create_async_engine() refuses QueuePool, whose waiting would block the event loop.",
    docs="errors.html#error-pcls",
    needs=("async",),
)
def test_sync_pool_refused_for_async(db: Database) -> None:
    with pytest.raises(ArgumentError, match="asyncio"):
        create_async_engine(db.engine.url, poolclass=QueuePool)

    with db.session() as session:
        assert session.scalars(select(Account)).all() == []
