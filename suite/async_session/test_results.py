"""Results that are read at once, and results that stream."""

import asyncio

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from session_conformance import Account, Database, promise

MANY = 300
KEYS = list(range(1, MANY + 1))
OWNERS = [f"owner {key}" for key in KEYS]


def given(db: Database) -> None:
    db.given(*(Account(id=key, owner=f"owner {key}", balance=key) for key in KEYS))


@promise(
    "async-session.execute-is-buffered",
    "The result of an awaited execute() is read to its end without await, also after close().",
    docs="API AsyncSession.execute",
    needs=("async",),
)
async def test_execute_is_buffered(db: Database) -> None:
    given(db)

    async with AsyncSession(db.async_engine) as session:
        first = await session.execute(select(Account.id).order_by(Account.id))
        second = await session.execute(select(Account.owner).order_by(Account.id))
    with db.watch() as sql:
        keys, owners = first.scalars().all(), second.scalars().all()

    assert sql.steps == []
    assert list(keys) == KEYS
    assert list(owners) == OWNERS


@promise(
    "async-session.stream-complete",
    "stream_scalars() gives every row once and in order, however many come in one piece.",
    docs="API AsyncSession.stream_scalars",
    needs=("async",),
)
@pytest.mark.parametrize("size", [1, 7, 299, 300, 301], ids=str)
async def test_stream_complete(db: Database, size: int) -> None:
    given(db)
    statement = select(Account.id).order_by(Account.id).execution_options(yield_per=size)

    async with AsyncSession(db.async_engine) as session:
        stream = await session.stream_scalars(statement)
        keys = [key async for key in stream]

    assert keys == KEYS


@promise(
    "async-session.stream-partitions",
    "partitions() of a stream gives every row once, in pieces of the size asked for.",
    docs="API AsyncSession.stream",
    needs=("async",),
)
async def test_stream_partitions(db: Database) -> None:
    given(db)

    async with AsyncSession(db.async_engine) as session:
        stream = await session.stream(select(Account).order_by(Account.id))
        pieces = [piece async for piece in stream.scalars().partitions(120)]

    assert [len(piece) for piece in pieces] == [120, 120, 60]
    assert [account.balance for piece in pieces for account in piece] == KEYS


@promise(
    "async-session.stream-one-value",
    "scalar_one() and its like give the one value of a stream, and None where there is no row.",
    docs="API AsyncSession.stream",
    needs=("async",),
)
async def test_stream_one_value(db: Database) -> None:
    given(db)
    seventh = select(Account.owner).where(Account.id == 7)

    async with AsyncSession(db.async_engine) as session:
        one = await (await session.stream(seventh)).scalar_one()
        maybe = await (await session.stream(seventh)).scalar_one_or_none()
        first = await (await session.stream(seventh)).scalar()
        none = await (await session.stream(seventh.where(Account.id == 8))).scalar_one_or_none()

    assert (one, maybe, first, none) == ("owner 7", "owner 7", "owner 7", None)


@promise(
    "async-session.stream-closed-early",
    "A stream closed after its first rows leaves a connection that answers the next one right.",
    docs="API AsyncSession.stream",
    needs=("async",),
)
async def test_stream_closed_early(db: Database) -> None:
    given(db)

    async with AsyncSession(db.async_engine) as session:
        stream = await session.stream_scalars(select(Account.id).order_by(Account.id))
        some = await stream.fetchmany(3)
        await stream.close()

        assert some == [1, 2, 3]
        assert await session.scalar(select(Account.owner).where(Account.id == 7)) == "owner 7"
        assert db.checked_out == 1


@promise(
    "async-session.stream-abandoned",
    "A half-read stream ended by its Session leaves a connection that serves the next user right.",
    docs="API AsyncSession.stream",
    needs=("async",),
)
@pytest.mark.parametrize("way", ["commit", "rollback", "close"])
async def test_stream_abandoned(db: Database, way: str) -> None:
    given(db)
    engine = await db.new_async_engine(pool_size=1, max_overflow=0)

    async with AsyncSession(engine) as session:
        stream = await session.stream_scalars(select(Account.id).order_by(Account.id))
        assert await stream.fetchmany(3) == [1, 2, 3]
        await getattr(session, way)()
        assert db.checked_out == 0

        async with AsyncSession(engine) as other:
            owners = await other.scalars(select(Account.owner).order_by(Account.id))
            assert owners.all() == OWNERS


@promise(
    "async-session.stream-left-by-error",
    "An exception in the middle of a stream comes out, and the connection's next user is safe.",
    docs="API AsyncSession.stream",
    needs=("async",),
)
async def test_stream_left_by_error(db: Database) -> None:
    given(db)
    engine = await db.new_async_engine(pool_size=1, max_overflow=0)
    error = LookupError("owner 3 has moved away")

    with pytest.raises(LookupError) as caught:
        async with AsyncSession(engine) as session:
            async for _ in await session.stream(select(Account)):
                raise error

    assert caught.value is error
    assert db.checked_out == 0
    async with AsyncSession(engine) as other:
        owners = await other.scalars(select(Account.owner).order_by(Account.id))
        assert owners.all() == OWNERS


@promise(
    "async-session.stream-cancelled",
    "A task cancelled in the middle of a stream does not hurt the connection's next user.",
    docs="API AsyncSession.stream",
    needs=("async",),
)
async def test_stream_cancelled(db: Database) -> None:
    given(db)
    engine = await db.new_async_engine(pool_size=1, max_overflow=0)
    reached = asyncio.Event()

    async def read() -> None:
        async with AsyncSession(engine) as session:
            async for _ in await session.stream(select(Account)):
                reached.set()
                await asyncio.Event().wait()

    task = asyncio.create_task(read())
    await reached.wait()
    task.cancel()
    await asyncio.wait({task})

    assert task.cancelled()
    assert db.checked_out == 0
    async with AsyncSession(engine) as other:
        owners = await other.scalars(select(Account.owner).order_by(Account.id))
        assert owners.all() == OWNERS
