"""The ladder of patterns for asyncio, with each way to end."""

import asyncio
from contextlib import ExitStack

import pytest
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from session_conformance import ASYNC_PATTERNS, Account, AsyncPattern, Database, promise


async def deposit(session: AsyncSession) -> None:
    (await session.get_one(Account, 1)).balance += 25
    session.add(Account(id=2, owner="Bob", balance=5))
    await session.flush()


@promise(
    "async-session.ladder-success",
    "Each pattern with AsyncSession flushes and commits its work and gives the connection back.",
    docs="orm/extensions/asyncio.html#asyncio-orm",
    needs=("async",),
)
@pytest.mark.parametrize("pattern", ASYNC_PATTERNS.values(), ids=ASYNC_PATTERNS)
async def test_success(db: Database, pattern: AsyncPattern) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.watch() as sql:
        await pattern(db.async_engine, deposit)

    assert sql.steps == ["BEGIN", "SELECT", "UPDATE", "INSERT", "COMMIT"]
    assert db.checked_out == 0
    assert not db.locked(Account, 1)
    assert [account.balance for account in db.stored(Account)] == [125, 5]


@promise(
    "async-session.ladder-body-error",
    "An exception in the body undoes the work in each pattern and comes out as the same object.",
    docs="orm/extensions/asyncio.html#asyncio-orm",
    needs=("async",),
)
@pytest.mark.parametrize("pattern", ASYNC_PATTERNS.values(), ids=ASYNC_PATTERNS)
async def test_body_error(db: Database, pattern: AsyncPattern) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))
    error = LookupError("Bob has moved away")

    async def work(session: AsyncSession) -> None:
        await deposit(session)
        raise error

    with db.watch() as sql, pytest.raises(LookupError) as caught:
        await pattern(db.async_engine, work)

    assert caught.value is error
    assert sql.steps == ["BEGIN", "SELECT", "UPDATE", "INSERT", "ROLLBACK"]
    assert db.checked_out == 0
    assert not db.locked(Account, 1)
    assert [account.balance for account in db.stored(Account)] == [100]


@promise(
    "async-session.ladder-flush-error",
    "An exception raised by a flush undoes the work in each pattern and comes out unchanged.",
    docs="orm/session_basics.html#session-flushing",
    needs=("async",),
)
@pytest.mark.parametrize("pattern", ASYNC_PATTERNS.values(), ids=ASYNC_PATTERNS)
async def test_flush_error(db: Database, pattern: AsyncPattern) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))
    raised: list[BaseException | None] = []
    engine = await db.new_async_engine()
    event.listen(
        engine.sync_engine, "handle_error", lambda found: raised.append(found.sqlalchemy_exception)
    )

    async def work(session: AsyncSession) -> None:
        await deposit(session)
        session.add(Account(id=3, owner="Ann", balance=0))
        await session.flush()

    with pytest.raises(IntegrityError) as caught:
        await pattern(engine, work)

    assert raised == [caught.value]
    assert db.checked_out == 0
    assert not db.locked(Account, 1)
    assert [account.balance for account in db.stored(Account)] == [100]


@promise(
    "async-session.ladder-commit-error",
    "An exception raised by the commit comes out of each pattern unchanged; nothing is stored.",
    docs="orm/session_basics.html#session-committing",
    needs=("async",),
)
@pytest.mark.parametrize("pattern", ASYNC_PATTERNS.values(), ids=ASYNC_PATTERNS)
async def test_commit_error(db: Database, pattern: AsyncPattern) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))
    raised: list[BaseException | None] = []
    engine = await db.new_async_engine()
    event.listen(
        engine.sync_engine, "handle_error", lambda found: raised.append(found.sqlalchemy_exception)
    )

    with ExitStack() as refusal:

        def refuse(session: Session) -> None:
            refusal.enter_context(db.failing_commit(session))

        async def work(session: AsyncSession) -> None:
            await deposit(session)
            await session.run_sync(refuse)

        with pytest.raises(DBAPIError) as caught:
            await pattern(engine, work)

    assert raised == [caught.value]
    assert db.checked_out == 0
    assert not db.locked(Account, 1)
    assert [account.balance for account in db.stored(Account)] == [100]


@promise(
    "async-session.ladder-cancelled",
    "A task cancelled in the body undoes its work in each pattern and ends cancelled.",
    docs="orm/extensions/asyncio.html#asyncio-orm",
    needs=("async",),
)
@pytest.mark.parametrize("pattern", ASYNC_PATTERNS.values(), ids=ASYNC_PATTERNS)
async def test_cancelled(db: Database, pattern: AsyncPattern) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))
    reached = asyncio.Event()

    async def work(session: AsyncSession) -> None:
        await deposit(session)
        reached.set()
        await asyncio.Event().wait()

    with db.watch() as sql:
        task = asyncio.create_task(pattern(db.async_engine, work))
        await reached.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    assert task.cancelled()
    assert sql.steps == ["BEGIN", "SELECT", "UPDATE", "INSERT", "ROLLBACK"]
    assert db.checked_out == 0
    assert not db.locked(Account, 1)
    assert [account.balance for account in db.stored(Account)] == [100]


@promise(
    "async-session.ladder-second-use",
    "An AsyncSession that a pattern closed can be used again, in a transaction of its own.",
    docs="orm/session_basics.html#session-closing",
    needs=("async",),
)
@pytest.mark.parametrize("pattern", ASYNC_PATTERNS.values(), ids=ASYNC_PATTERNS)
async def test_second_use(db: Database, pattern: AsyncPattern) -> None:
    used: list[AsyncSession] = []

    async def work(session: AsyncSession) -> None:
        used.append(session)
        session.add(Account(id=1, owner="Ann", balance=100))

    await pattern(db.async_engine, work)

    with db.watch() as sql:
        async with used[0] as session:
            session.add(Account(id=2, owner="Bob", balance=5))
            await session.commit()

    assert sql.steps == ["BEGIN", "INSERT", "COMMIT"]
    assert db.checked_out == 0
    assert [account.owner for account in db.stored(Account)] == ["Ann", "Bob"]
