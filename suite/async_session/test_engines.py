"""An AsyncSession and what it stands on: engine, connection, events, event loop."""

import asyncio
import gc
import warnings
from typing import Any

import pytest
from sqlalchemy import create_engine, event, select
from sqlalchemy.exc import ArgumentError, InvalidRequestError, SAWarning, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from session_conformance import Account, Database, promise

LOOPS = "orm/extensions/asyncio.html#using-multiple-asyncio-event-loops"


async def read(engine: AsyncEngine) -> int | None:
    async with AsyncSession(engine) as session:
        return await session.scalar(select(Account.balance).where(Account.id == 1))


async def read_and_dispose(engine: AsyncEngine) -> int | None:
    try:
        return await read(engine)
    finally:
        await engine.dispose()


@promise(
    "async-session.sync-engine-refused",
    "AsyncSession refuses an Engine that is not asyncio's; the AsyncEngine around it is taken.",
    docs="API AsyncSession",
    needs=("async",),
)
async def test_sync_engine_refused(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with pytest.raises(ArgumentError, match="AsyncEngine expected"):
        AsyncSession(db.engine)  # type: ignore[arg-type]

    assert await read(db.async_engine) == 100


@promise(
    "async-session.sync-driver-refused",
    "create_async_engine() refuses a driver that is not asyncio's.",
    docs="errors.html#error-xd1r",
    needs=("async",),
)
async def test_sync_driver_refused(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))
    engine = create_engine("sqlite://")

    with pytest.raises(InvalidRequestError, match="async"):
        create_async_engine(engine.url)

    engine.dispose()
    assert await read(db.async_engine) == 100


# The mistake under test leaves a driver's coroutine that nobody could await.
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
@promise(
    "async-session.sync-use-of-async-engine-refused",
    "A Session on an asyncio driver outside the bridge is refused and spoils no connection.",
    docs="errors.html#error-xd2s",
    needs=("async",),
)
async def test_sync_use_of_async_engine_refused(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))
    engine = await db.new_async_engine(poolclass=NullPool)

    with (
        Session(engine.sync_engine) as session,
        pytest.raises(SQLAlchemyError, match="greenlet_spawn has not been called"),
    ):
        session.get(Account, 1)

    assert db.checked_out == 0
    assert await read(engine) == 100


@promise(
    "async-session.returns-async-connection",
    "connection() gives an AsyncConnection, in the transaction of the AsyncSession.",
    docs="API AsyncSession.connection",
    needs=("async",),
)
async def test_returns_async_connection(db: Database) -> None:
    async with AsyncSession(db.async_engine) as session:
        session.add(Account(id=1, owner="Ann", balance=100))
        await session.flush()
        connection = await session.connection()

        assert isinstance(connection, AsyncConnection)
        assert await connection.scalar(select(Account.owner)) == "Ann"
        assert connection.sync_connection is await session.run_sync(Session.connection)
        assert db.stored(Account) == []


@promise(
    "async-session.events-on-sync-session",
    "Listeners on sync_session run SQL of their own without await; AsyncSession takes none.",
    docs="orm/extensions/asyncio.html#asyncio-events",
    needs=("async",),
)
async def test_events_on_sync_session(db: Database) -> None:
    heard: list[int] = []

    def before_commit(session: Session) -> None:
        heard.extend(session.scalars(select(Account.balance)))

    async with AsyncSession(db.async_engine) as session:
        with pytest.raises(NotImplementedError):
            event.listen(session, "before_commit", before_commit)
        event.listen(session.sync_session, "before_commit", before_commit)
        session.add(Account(id=1, owner="Ann", balance=100))
        await session.commit()

    assert heard == [100]
    assert [account.owner for account in db.stored(Account)] == ["Ann"]


@promise(
    "async-session.unclosed-session-warns",
    "A forgotten AsyncSession is warned of; its connection is ended and its place is free again.",
    docs="core/pooling.html#constructing-a-pool",
    needs=("async",),
)
async def test_unclosed_session_warns(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))
    engine = await db.new_async_engine(pool_size=1, max_overflow=0, pool_timeout=1)

    async def forget() -> None:
        session = AsyncSession(engine)
        await session.scalar(select(Account.balance))

    with warnings.catch_warnings(record=True, action="always") as heard:
        await forget()
        gc.collect()

    assert "non-checked-in connection" in " ".join(
        str(found.message) for found in heard if found.category is SAWarning
    )
    assert await read(engine) == 100
    assert db.checked_out == 0


@promise(
    "async-session.two-loops-after-dispose",
    "An engine that was disposed of in one event loop works in the next one, and back again.",
    docs=LOOPS,
    needs=("async",),
)
async def test_two_loops_after_dispose(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))
    engine = await db.new_async_engine()
    here = await read_and_dispose(engine)

    there = await asyncio.to_thread(asyncio.run, read_and_dispose(engine))

    assert (here, there) == (100, 100)
    assert await read(engine) == 100


@promise(
    "async-session.two-loops-nullpool",
    "An engine without a pool works in several event loops one after the other, undisposed.",
    docs=LOOPS,
    needs=("async",),
)
async def test_two_loops_nullpool(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))
    engine = await db.new_async_engine(poolclass=NullPool)
    here = await read(engine)

    there = await asyncio.to_thread(asyncio.run, read(engine))

    assert (here, there) == (100, 100)
    assert await read(engine) == 100


@promise(
    "async-session.isolation-per-transaction",
    "connection() with an isolation_level option sets it for one transaction, not for the next.",
    docs="API AsyncSession.connection",
    needs=("async", "isolation_levels"),
)
@pytest.mark.parametrize("level", ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"])
async def test_isolation_per_transaction(db: Database, level: str) -> None:
    engine = await db.new_async_engine(pool_size=1, max_overflow=0)

    async with AsyncSession(engine) as session:
        default = await session.run_sync(db.isolation_level)
        await session.commit()

        await session.connection(execution_options={"isolation_level": level})
        await session.scalars(select(Account))
        assert await session.run_sync(db.isolation_level) == level
        await session.commit()

        await session.scalars(select(Account))
        assert await session.run_sync(db.isolation_level) == default


@promise(
    "async-session.pre-ping",
    "With pool_pre_ping an AsyncSession does not notice that its pool's connection had died.",
    docs="core/pooling.html#disconnect-handling-pessimistic",
    needs=("async", "kill_connection"),
)
async def test_pre_ping(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))
    engine = await db.new_async_engine(pool_pre_ping=True, pool_size=1, max_overflow=0)

    async with AsyncSession(engine) as session:
        number = await session.run_sync(db.connection_id)
        await session.commit()
        db.kill(number)

        assert await session.scalar(select(Account.balance)) == 100
        assert await session.run_sync(db.connection_id) != number


@promise(
    "async-session.run-async-in-connect-event",
    "A connect listener has run_async() await a coroutine, given the driver's own connection.",
    docs="orm/extensions/asyncio.html#using-awaitable-only-driver-methods-in-connection-pool-and-other-events",
    needs=("async",),
)
async def test_run_async_in_connect_event(db: Database) -> None:
    engine = await db.new_async_engine(pool_size=1, max_overflow=0)
    await engine.dispose()
    met: list[object] = []

    async def meet(driver_connection: object) -> None:
        await asyncio.to_thread(met.append, driver_connection)

    def connect(dbapi_connection: Any, _record: Any) -> None:
        dbapi_connection.run_async(meet)

    event.listen(engine.sync_engine, "connect", connect)
    async with AsyncSession(engine) as session:
        assert (await session.scalars(select(Account))).all() == []
        raw = await (await session.connection()).get_raw_connection()

        assert met == [raw.driver_connection]
