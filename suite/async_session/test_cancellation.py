"""A task that is cancelled while the driver is at work: nobody else may be hurt by it."""

import asyncio
import random

import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import PendingRollbackError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker
from sqlalchemy.pool import NullPool

from session_conformance import Account, Database, cancel_at, cancel_at_each_await, promise

DOCS = "orm/extensions/asyncio.html#using-asyncsession-with-concurrent-tasks"
KEYS = tuple(range(1, 9))


async def balances(engine: AsyncEngine) -> list[int]:
    async with AsyncSession(engine) as session:
        return list(await session.scalars(select(Account.balance).order_by(Account.id)))


@promise(
    "async-session.cancel-query",
    "A task cancelled anywhere in a query frees its connection; the next user reads right answers.",
    docs=DOCS,
    needs=("async",),
)
async def test_cancel_query(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100), Account(id=2, owner="Bob", balance=5))
    engine = await db.new_async_engine(pool_size=1, max_overflow=0)

    async def read() -> None:
        async with AsyncSession(engine) as session:
            assert await session.scalar(select(Account.owner).where(Account.id == 2)) == "Bob"

    seen = [(db.checked_out, await balances(engine)) async for _ in cancel_at_each_await(read)]

    assert seen
    assert all(look == (0, [100, 5]) for look in seen)


@promise(
    "async-session.cancel-flush",
    "A task cancelled anywhere in a flush stores nothing and no row that the next user sees.",
    docs=DOCS,
    needs=("async",),
)
async def test_cancel_flush(db: Database) -> None:
    """Takes a second where a cancelled statement keeps a lock that others wait for."""
    db.given(Account(id=1, owner="Ann", balance=100))
    engine = await db.new_async_engine(pool_size=1, max_overflow=0)

    async def write() -> None:
        async with AsyncSession(engine) as session:
            session.add(Account(id=2, owner="Bob", balance=5))
            session.add(Account(id=3, owner="Cid", balance=7))
            await session.flush()

    seen = [(db.checked_out, await balances(engine)) async for _ in cancel_at_each_await(write)]

    assert seen
    assert all(look == (0, [100]) for look in seen)
    assert [account.owner for account in db.stored(Account)] == ["Ann"]


@promise(
    "async-session.cancel-commit",
    "A transfer cancelled anywhere on its way, commit() included, is stored wholly or not at all.",
    docs="API AsyncSession.commit",
    needs=("async",),
)
async def test_cancel_commit(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100), Account(id=2, owner="Bob", balance=5))
    engine = await db.new_async_engine(pool_size=1, max_overflow=0)

    async def transfer() -> None:
        async with AsyncSession(engine) as session:
            (await session.get_one(Account, 1)).balance -= 1
            await session.flush()
            (await session.get_one(Account, 2)).balance += 1
            await session.commit()

    seen = [
        (db.checked_out, sum(await balances(engine))) async for _ in cancel_at_each_await(transfer)
    ]

    assert seen
    assert all(look == (0, 105) for look in seen)
    assert sum(account.balance for account in db.stored(Account)) == 105


@promise(
    "async-session.cancel-in-begin-block",
    "A task cancelled anywhere in `async with factory.begin()` stores all of the block or nothing.",
    docs="API async_sessionmaker.begin",
    needs=("async",),
)
async def test_cancel_in_begin_block(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100), Account(id=2, owner="Bob", balance=5))
    engine = await db.new_async_engine(pool_size=1, max_overflow=0)
    factory = async_sessionmaker(engine)

    async def transfer() -> None:
        async with factory.begin() as session:
            (await session.get_one(Account, 1)).balance -= 1
            await session.flush()
            (await session.get_one(Account, 2)).balance += 1

    seen = [
        (db.checked_out, sum(await balances(engine))) async for _ in cancel_at_each_await(transfer)
    ]

    assert seen
    assert all(look == (0, 105) for look in seen)


@promise(
    "async-session.cancel-during-exit",
    "A task cancelled anywhere while its AsyncSession rolls back and closes keeps no connection.",
    docs="API AsyncSession.close",
    needs=("async",),
)
async def test_cancel_during_exit(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))
    engine = await db.new_async_engine(pool_size=1, max_overflow=0)

    async def leave() -> None:
        session = AsyncSession(engine)
        (await session.get_one(Account, 1)).balance = 0
        await session.flush()
        async with session:
            pass

    seen = [(db.checked_out, await balances(engine)) async for _ in cancel_at_each_await(leave)]

    assert seen
    assert all(look == (0, [100]) for look in seen)


@promise(
    "async-session.cancel-connecting",
    "A task cancelled anywhere while a connection is made keeps none, and the next one connects.",
    docs=DOCS,
    needs=("async",),
)
async def test_cancel_connecting(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))
    engine = await db.new_async_engine(poolclass=NullPool)

    async def connect() -> None:
        async with AsyncSession(engine) as session:
            await session.connection()

    seen = [(db.checked_out, await balances(engine)) async for _ in cancel_at_each_await(connect)]

    assert seen
    assert all(look == (0, [100]) for look in seen)


@promise(
    "async-session.cancel-in-checkout",
    "A task cancelled while it waits for the pool's only connection does not take it along.",
    docs="core/pooling.html#pool-api",
    needs=("async",),
)
async def test_cancel_in_checkout(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))
    engine = await db.new_async_engine(pool_size=1, max_overflow=0)

    async with AsyncSession(engine) as holder:
        await holder.connection()
        waiting = cancel_at(1, balances(engine))
        await asyncio.wait({waiting})
        assert waiting.cancelled()
        assert db.checked_out == 1

    assert db.checked_out == 0
    assert await balances(engine) == [100]


def cancel(*_: object) -> None:
    task = asyncio.current_task()
    assert task is not None
    task.cancel()


@promise(
    "async-session.cancel-loses-transaction",
    "After a cancelled query the Session asks for rollback(), has lost its work and can go on.",
    docs="faq/connections.html#mysql-sync-errors",
    needs=("async",),
)
async def test_cancel_loses_transaction(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))
    engine = await db.new_async_engine(pool_size=1, max_overflow=0)

    async with AsyncSession(engine) as session:

        async def write() -> None:
            (await session.get_one(Account, 1)).balance = 0
            await session.flush()
            event.listen(engine.sync_engine, "before_cursor_execute", cancel, once=True)
            await session.scalar(select(Account.balance))

        with pytest.raises(asyncio.CancelledError):
            await asyncio.create_task(write())
        with pytest.raises(PendingRollbackError):
            await session.scalar(select(Account.balance))
        await session.rollback()
        assert await session.scalar(select(Account.balance)) == 100

    assert [account.balance for account in db.stored(Account)] == [100]


@promise(
    "async-session.cancel-waiting-query",
    "A task cancelled while the server lets it wait for a row is ended, and the row is left alone.",
    docs=DOCS,
    needs=("async", "row_locks"),
)
async def test_cancel_waiting_query(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))
    engine = await db.new_async_engine(pool_size=1, max_overflow=0)

    async def write() -> None:
        async with AsyncSession(engine) as session, session.begin():
            (await session.get_one(Account, 1)).balance = 0

    with db.holding(Account, 1):
        task = asyncio.create_task(write())
        await db.until_waiting()
        task.cancel()
        await asyncio.wait({task})
        assert task.cancelled()
        assert db.checked_out == 0
        assert await balances(engine) == [100]

    assert [account.balance for account in db.stored(Account)] == [100]


@promise(
    "async-session.timeout-block",
    "asyncio.timeout() around a waiting statement raises TimeoutError and frees the connection.",
    docs=DOCS,
    needs=("async", "row_locks"),
)
async def test_timeout_block(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))
    engine = await db.new_async_engine(pool_size=1, max_overflow=0)

    with db.holding(Account, 1), pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2), AsyncSession(engine) as session, session.begin():
            (await session.get_one(Account, 1)).balance = 0

    assert db.checked_out == 0
    assert await balances(engine) == [100]
    assert [account.balance for account in db.stored(Account)] == [100]


@promise(
    "async-session.cancel-storm",
    "However many tasks are cancelled in between, none of the others reads a foreign answer.",
    docs=DOCS,
    needs=("async",),
)
async def test_cancel_storm(db: Database) -> None:
    db.given(*(Account(id=key, owner=f"owner {key}", balance=key) for key in KEYS))
    engine = await db.new_async_engine(pool_size=3, max_overflow=0)
    chance = random.Random(9)  # noqa: S311 - the same moments in each run

    async def read(key: int) -> list[int | None]:
        async with AsyncSession(engine) as session:
            found = select(Account.balance).where(Account.id == key)
            return [await session.scalar(found) for _ in range(3)]

    unlucky = [cancel_at(chance.randrange(1, 16), read(key)) for key in KEYS * 4]
    lucky = [asyncio.create_task(read(key)) for key in KEYS * 4]
    await asyncio.wait({*unlucky, *lucky})
    await asyncio.gather(*(asyncio.all_tasks() - {asyncio.current_task()}))

    assert any(task.cancelled() for task in unlucky)
    assert [task.result() for task in lucky] == [[key] * 3 for key in KEYS * 4]
    assert db.checked_out == 0
    assert await balances(engine) == list(KEYS)
