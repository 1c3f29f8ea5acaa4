"""Factories of AsyncSessions."""

import asyncio

import pytest
from sqlalchemy import inspect, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from session_conformance import Account, Database, promise

KEYS = (1, 2, 3)


class Cashier(AsyncSession):
    """A Session class of a program's own."""


@promise(
    "async-session.maker-call",
    "A factory that knows the engine gives AsyncSessions that add, commit and close as any do.",
    docs="API async_sessionmaker",
    needs=("async",),
)
async def test_maker_call(db: Database) -> None:
    factory = async_sessionmaker(db.async_engine, class_=Cashier)
    account = Account(id=1, owner="Ann", balance=100)

    with db.watch() as sql:
        async with factory() as session:
            session.add(account)
            await session.commit()

    assert type(session) is Cashier
    assert sql.steps == ["BEGIN", "INSERT", "COMMIT"]
    assert sql.pool == ["check-out", "check-in"]
    assert inspect(account).detached
    assert [stored.owner for stored in db.stored(Account)] == ["Ann"]


@promise(
    "async-session.maker-begin",
    "async_sessionmaker.begin() flushes, commits and closes at the end of its block.",
    docs="API async_sessionmaker.begin",
    needs=("async",),
)
async def test_maker_begin(db: Database) -> None:
    factory = async_sessionmaker(db.async_engine)

    with db.watch() as sql:
        async with factory.begin() as session:
            account = Account(id=1, owner="Ann", balance=100)
            session.add(account)

    assert sql.steps == ["BEGIN", "INSERT", "COMMIT"]
    assert inspect(account).detached
    assert db.checked_out == 0
    assert [stored.owner for stored in db.stored(Account)] == ["Ann"]


@promise(
    "async-session.maker-begin-rolls-back",
    "async_sessionmaker.begin() left by an exception rolls back, closes and lets it through.",
    docs="API async_sessionmaker.begin",
    needs=("async",),
)
async def test_maker_begin_rolls_back(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))
    factory = async_sessionmaker(db.async_engine)
    error = LookupError("Bob has moved away")

    with pytest.raises(LookupError) as caught:
        async with factory.begin() as session:
            account = await session.get_one(Account, 1)
            account.balance = 0
            await session.flush()
            raise error

    assert caught.value is error
    assert inspect(account).detached
    assert db.checked_out == 0
    assert not db.locked(Account, 1)
    assert [stored.balance for stored in db.stored(Account)] == [100]


@promise(
    "async-session.maker-settings",
    "configure() changes the AsyncSessions made afterwards, and a call beats what it set.",
    docs="API async_sessionmaker.configure",
    needs=("async",),
)
async def test_maker_settings(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))
    factory = async_sessionmaker(db.async_engine)
    before = factory()
    factory.configure(expire_on_commit=False)

    async with before, factory() as after, factory(expire_on_commit=True) as overridden:
        accounts = [await session.get_one(Account, 1) for session in (before, after, overridden)]
        await asyncio.gather(before.commit(), after.commit(), overridden.commit())

        assert [bool(db.loaded(account)) for account in accounts] == [False, True, False]


@promise(
    "async-session.maker-shared-by-tasks",
    "Tasks that share one factory each have an AsyncSession, a connection and a transaction.",
    docs="orm/session_basics.html#session-faq-threadsafe",
    needs=("async",),
)
async def test_maker_shared_by_tasks(db: Database) -> None:
    db.given(*(Account(id=key, owner=f"owner {key}", balance=key) for key in KEYS))
    engine = await db.new_async_engine(pool_size=len(KEYS), max_overflow=0)
    factory = async_sessionmaker(engine)
    together = asyncio.Barrier(len(KEYS))

    async def read(key: int) -> tuple[AsyncSession, object, int | None]:
        async with factory() as session:
            raw = await (await session.connection()).get_raw_connection()
            balance = await session.scalar(select(Account.balance).where(Account.id == key))
            await together.wait()
            return session, raw.driver_connection, balance

    found = await asyncio.gather(*(read(key) for key in KEYS))

    assert [balance for _, _, balance in found] == list(KEYS)
    assert len({id(session) for session, _, _ in found}) == len(KEYS)
    assert len({id(connection) for _, connection, _ in found}) == len(KEYS)
    assert db.checked_out == 0
