"""One AsyncSession for each task."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import inspect, select
from sqlalchemy.exc import InvalidRequestError, SADeprecationWarning
from sqlalchemy.ext.asyncio import AsyncSession, async_scoped_session, async_sessionmaker
from sqlalchemy.orm import scoped_session

from session_conformance import Account, Database, promise

DOCS = "orm/extensions/asyncio.html#asyncio-scoped-session"


@promise(
    "scoped-session.async-per-task",
    "async_scoped_session with current_task gives one AsyncSession a task, and each task another.",
    docs=DOCS,
    needs=("async",),
)
async def test_async_per_task(db: Database) -> None:
    current = async_scoped_session(async_sessionmaker(db.async_engine), asyncio.current_task)

    async def use(key: int) -> AsyncSession:
        try:
            current.add(Account(id=key, owner=f"owner {key}", balance=key))
            await current.flush()
            assert current() is current()
            assert await current.scalar(select(Account.id).where(Account.id == 3 - key)) is None
            return current()
        finally:
            await current.remove()

    first, second = await use(1), await asyncio.create_task(use(2))

    assert first is not second
    assert db.checked_out == 0
    assert db.stored(Account) == []


@promise(
    "scoped-session.async-tasks-at-once",
    "Tasks at work at the same time through one async_scoped_session do not see each other's rows.",
    docs=DOCS,
    needs=("async", "row_locks"),
)
async def test_async_tasks_at_once(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=10), Account(id=2, owner="Bob", balance=20))
    engine = await db.new_async_engine(pool_size=2, max_overflow=0)
    current = async_scoped_session(async_sessionmaker(engine), asyncio.current_task)
    together = asyncio.Barrier(2)

    async def use(key: int) -> list[int]:
        try:
            (await current.get_one(Account, key)).balance = 0
            await current.flush()
            await together.wait()
            return list(await current.scalars(select(Account.balance).order_by(Account.id)))
        finally:
            await current.remove()

    seen = await asyncio.gather(use(1), use(2))

    assert list(seen) == [[0, 20], [10, 0]]
    assert db.checked_out == 0
    assert [account.balance for account in db.stored(Account)] == [10, 20]


@promise(
    "scoped-session.async-remove",
    "Awaiting remove() rolls back, frees the connection, and the next use is a new AsyncSession.",
    docs=DOCS,
    needs=("async",),
)
async def test_async_remove(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))
    current = async_scoped_session(async_sessionmaker(db.async_engine), asyncio.current_task)
    first = current()
    account = await current.get_one(Account, 1)
    account.balance = 0
    await current.flush()

    with db.watch() as sql:
        await current.remove()
        await current.remove()

    assert sql.steps == ["ROLLBACK"]
    assert inspect(account).detached
    assert db.checked_out == 0
    assert not db.locked(Account, 1)
    assert current() is not first
    await current.remove()
    assert [stored.balance for stored in db.stored(Account)] == [100]


@promise(
    "scoped-session.async-proxies-methods",
    "What is called on async_scoped_session acts on the task's AsyncSession: begin, commit, close.",
    docs=DOCS,
    needs=("async",),
)
async def test_async_proxies_methods(db: Database) -> None:
    current = async_scoped_session(async_sessionmaker(db.async_engine), asyncio.current_task)

    with db.watch() as sql:
        async with current.begin():
            current.add(Account(id=1, owner="Ann", balance=100))
        account = await current.get_one(Account, 1)
        assert account in current
        await current.close()

    assert sql.steps == ["BEGIN", "INSERT", "COMMIT", "BEGIN", "SELECT", "ROLLBACK"]
    await current.remove()
    assert [stored.owner for stored in db.stored(Account)] == ["Ann"]


@promise(
    "scoped-session.async-arguments-refused",
    "Calling async_scoped_session with arguments while the task has an AsyncSession is refused.",
    docs="API async_scoped_session",
    needs=("async",),
)
async def test_async_arguments_refused(db: Database) -> None:
    current = async_scoped_session(async_sessionmaker(db.async_engine), asyncio.current_task)
    async with current(expire_on_commit=False) as session:
        session.add(Account(id=1, owner="Ann", balance=100))
        await session.commit()
        with pytest.raises(InvalidRequestError, match="already present"):
            current(expire_on_commit=True)

        assert current() is session
    await current.remove()
    assert [stored.owner for stored in db.stored(Account)] == ["Ann"]


@promise(
    "scoped-session.async-use-deprecated",
    "scoped_session around a factory of AsyncSessions warns that it is the wrong registry.",
    docs="API scoped_session",
    needs=("async",),
)
async def test_async_use_deprecated(db: Database) -> None:
    factory: Any = async_sessionmaker(db.async_engine)
    registry = scoped_session(factory)

    with pytest.warns(SADeprecationWarning, match="async_scoped_session"):
        session = registry()

    async with session:
        assert await session.scalar(select(Account.id)) is None
    assert db.checked_out == 0
