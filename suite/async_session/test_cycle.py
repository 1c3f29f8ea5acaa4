"""An AsyncSession from its opening to its closing."""

import pytest
from sqlalchemy import inspect, select
from sqlalchemy.exc import IntegrityError, NoResultFound
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.ext.asyncio.exc import AsyncContextNotStarted

from session_conformance import Account, Database, Entry, promise


@promise(
    "async-session.basic-cycle",
    "add(), flush(), a query, commit() and a reload through AsyncSession do what Session's do.",
    docs="orm/extensions/asyncio.html#asyncio-orm",
    needs=("async",),
)
async def test_basic_cycle(db: Database) -> None:
    async with AsyncSession(db.async_engine) as session:
        account = Account(id=1, owner="Ann", balance=100)
        with db.watch() as sql:
            session.add(account)
            await session.flush()
            found = await session.scalar(select(Account).where(Account.owner == "Ann"))
            await session.commit()
            await session.refresh(account)

        assert found is account
        assert account.balance == 100
        assert sql.steps == ["BEGIN", "INSERT", "SELECT", "COMMIT", "BEGIN", "SELECT"]

    assert db.checked_out == 0
    assert [stored.owner for stored in db.stored(Account)] == ["Ann"]


@promise(
    "async-session.begin-block",
    "`async with session.begin()` commits at its end and gives the connection back.",
    docs="API AsyncSession.begin",
    needs=("async",),
)
async def test_begin_block(db: Database) -> None:
    async with AsyncSession(db.async_engine) as session:
        with db.watch() as sql:
            async with session.begin():
                session.add(Account(id=1, owner="Ann", balance=100))

        assert sql.steps == ["BEGIN", "INSERT", "COMMIT"]
        assert db.checked_out == 0
        assert [stored.owner for stored in db.stored(Account)] == ["Ann"]


@promise(
    "async-session.begin-block-rolls-back",
    "`async with session.begin()` left by an exception rolls back and lets it through.",
    docs="API AsyncSession.begin",
    needs=("async",),
)
async def test_begin_block_rolls_back(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))
    error = LookupError("Bob has moved away")

    async with AsyncSession(db.async_engine) as session:
        with pytest.raises(LookupError) as caught:
            async with session.begin():
                (await session.get_one(Account, 1)).balance = 0
                await session.flush()
                raise error

        assert caught.value is error
        assert db.checked_out == 0
        assert not db.locked(Account, 1)
        assert [stored.balance for stored in db.stored(Account)] == [100]


@promise(
    "async-session.begin-nested",
    "begin_nested(), as a block or awaited, undoes its own rows only, and keeps released ones.",
    docs="API AsyncSession.begin_nested",
    needs=("async", "savepoints"),
)
async def test_begin_nested(db: Database) -> None:
    async with AsyncSession(db.async_engine) as session:
        session.add(Account(id=1, owner="Ann", balance=100))
        async with session.begin_nested():
            session.add(Account(id=2, owner="Bob", balance=5))

        inner = await session.begin_nested()
        session.add(Account(id=3, owner="Cid", balance=7))
        await session.flush()
        await inner.rollback()

        with pytest.raises(IntegrityError):
            async with session.begin_nested():
                session.add(Account(id=4, owner="Ann", balance=0))
        await session.commit()

    assert [stored.owner for stored in db.stored(Account)] == ["Ann", "Bob"]


@promise(
    "async-session.start-required",
    "A transaction that was neither awaited nor entered refuses to work, and nothing is sent.",
    docs="API AsyncSession.begin",
    needs=("async",),
)
async def test_start_required(db: Database) -> None:
    async with AsyncSession(db.async_engine) as session:
        transaction = session.begin()
        with db.watch() as sql, pytest.raises(AsyncContextNotStarted):
            await transaction.commit()
        assert sql.steps == []

        async with transaction:
            session.add(Account(id=1, owner="Ann", balance=100))

    assert [stored.owner for stored in db.stored(Account)] == ["Ann"]


@promise(
    "async-session.close-variants",
    "close(), aclose(), reset() and the end of a block each roll back and free the connection.",
    docs="API AsyncSession.close",
    needs=("async",),
)
@pytest.mark.parametrize("way", ["close", "aclose", "reset", "__aexit__"])
async def test_close_variants(db: Database, way: str) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))
    session = AsyncSession(db.async_engine)
    account = await session.get_one(Account, 1)
    account.balance = 0
    await session.flush()
    assert db.checked_out == 1

    with db.watch() as sql:
        await getattr(session, way)(*([None] * 3 if way == "__aexit__" else []))

    assert sql.steps == ["ROLLBACK"]
    assert sql.pool == ["check-in"]
    assert inspect(account).detached
    assert not db.locked(Account, 1)
    assert [stored.balance for stored in db.stored(Account)] == [100]


@promise(
    "async-session.invalidate",
    "invalidate() closes the connection instead of giving it back; the next user gets a new one.",
    docs="API AsyncSession.invalidate",
    needs=("async", "kill_connection"),
)
async def test_invalidate(db: Database) -> None:
    engine = await db.new_async_engine(pool_size=1, max_overflow=0)
    session = AsyncSession(engine)
    session.add(Account(id=1, owner="Ann", balance=100))
    await session.flush()
    first = await session.run_sync(db.connection_id)

    with db.watch() as sql:
        await session.invalidate()

    assert "invalidate" in sql.pool
    assert db.checked_out == 0
    async with AsyncSession(engine) as other:
        assert await other.run_sync(db.connection_id) != first
    assert db.stored(Account) == []


@promise(
    "async-session.get-merge-delete",
    "get(), get_one(), merge() and delete() work as on Session, delete() on what refers to it too.",
    docs="API AsyncSession.delete",
    needs=("async",),
)
async def test_get_merge_delete(db: Database) -> None:
    db.given(
        Account(id=1, owner="Ann", balance=100),
        Account(id=2, owner="Bob", balance=5),
        Entry(id=1, account_id=1, amount=100),
    )

    async with AsyncSession(db.async_engine) as session:
        assert await session.get(Account, 3) is None
        with pytest.raises(NoResultFound):
            await session.get_one(Account, 3)
        await session.merge(Account(id=2, owner="Bob", balance=6))
        await session.delete(await session.get_one(Account, 1))
        await session.commit()

    assert [stored.balance for stored in db.stored(Account)] == [6]
    assert [entry.account_id for entry in db.stored(Entry)] == [None]


@promise(
    "async-session.rollback-safe-after-error",
    "After an error of the database, rollback() works and the AsyncSession can be used again.",
    docs="faq/sessions.html#faq-session-rollback",
    needs=("async",),
)
async def test_rollback_safe_after_error(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    async with AsyncSession(db.async_engine) as session:
        session.add(Account(id=2, owner="Ann", balance=0))
        with pytest.raises(IntegrityError):
            await session.commit()

        await session.rollback()
        session.add(Account(id=3, owner="Cid", balance=7))
        await session.commit()

    assert db.checked_out == 0
    assert [stored.owner for stored in db.stored(Account)] == ["Ann", "Cid"]
