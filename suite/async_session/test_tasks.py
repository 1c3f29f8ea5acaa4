"""Several tasks: each with a Session of its own, and all with one."""

import asyncio

from sqlalchemy import select
from sqlalchemy.exc import IllegalStateChangeError, InvalidRequestError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.pool import NullPool

from session_conformance import Account, Database, promise

KEYS = (1, 2, 3, 4, 5)
SHARED = "orm/extensions/asyncio.html#using-asyncsession-with-concurrent-tasks"


def given(db: Database) -> None:
    db.given(*(Account(id=key, owner=f"owner {key}", balance=key * 10) for key in KEYS))


@promise(
    "async-session.parallel-sessions",
    "Tasks that each have an AsyncSession of one engine get their own right answers.",
    docs=SHARED,
    needs=("async",),
)
async def test_parallel_sessions(db: Database) -> None:
    given(db)
    engine = await db.new_async_engine(pool_size=len(KEYS), max_overflow=0)
    together = asyncio.Barrier(len(KEYS))

    async def read(key: int) -> list[int]:
        async with AsyncSession(engine) as session:
            await session.connection()
            await together.wait()
            found = select(Account.balance).where(Account.id == key)
            return [await session.scalar(found) or 0 for _ in KEYS]

    answers = await asyncio.gather(*(read(key) for key in KEYS))

    assert answers == [[key * 10] * len(KEYS) for key in KEYS]
    assert db.checked_out == 0


@promise(
    "async-session.more-tasks-than-connections",
    "Tasks that have to wait for a connection of the pool all get one, and their own answers.",
    docs="core/pooling.html#pool-api",
    needs=("async",),
)
async def test_more_tasks_than_connections(db: Database) -> None:
    given(db)
    engine = await db.new_async_engine(pool_size=2, max_overflow=0)

    async def read(key: int) -> int | None:
        async with AsyncSession(engine) as session:
            return await session.scalar(select(Account.balance).where(Account.id == key))

    answers = await asyncio.gather(*(read(key) for key in KEYS * 5))

    assert answers == [key * 10 for key in KEYS * 5]
    assert db.checked_out == 0


@promise(
    "async-session.event-loop-not-blocked",
    "While one task waits for a row that is locked, the event loop goes on with other tasks.",
    docs="orm/extensions/asyncio.html",
    needs=("async", "row_locks"),
)
async def test_event_loop_not_blocked(db: Database) -> None:
    given(db)

    async def write() -> None:
        async with AsyncSession(db.async_engine) as session, session.begin():
            (await session.get_one(Account, 1)).balance = 7

    with db.holding(Account, 1):
        task = asyncio.create_task(write())
        await db.until_waiting()
        async with AsyncSession(db.async_engine) as session:
            meanwhile = await session.scalar(select(Account.balance).where(Account.id == 2))
        waits = not task.done()
    await task

    assert waits
    assert meanwhile == 20
    assert db.stored(Account)[0].balance == 7


@promise(
    "async-session.one-session-many-tasks",
    "Statements of several tasks on one AsyncSession are answered right or refused, not mixed up.",
    docs="errors.html#error-isce",
    needs=("async",),
)
async def test_one_session_many_tasks(db: Database) -> None:
    given(db)
    engine = await db.new_async_engine(pool_size=1, max_overflow=0)

    async with AsyncSession(engine) as session:

        async def read(key: int) -> bool:
            try:
                found = await session.scalar(select(Account.balance).where(Account.id == key))
            except InvalidRequestError:
                return True
            return found == key * 10

        assert await asyncio.gather(*(read(key) for key in KEYS)) == [True] * len(KEYS)

    assert db.checked_out == 0
    async with AsyncSession(engine) as other:
        found = await other.scalars(select(Account.balance).order_by(Account.id))
        assert found.all() == [key * 10 for key in KEYS]


@promise(
    "async-session.guard-on-connect",
    "Of two tasks that make one AsyncSession take its first connection, the second is refused.",
    docs="errors.html#error-isce",
    needs=("async",),
)
async def test_guard_on_connect(db: Database) -> None:
    given(db)
    engine = await db.new_async_engine(poolclass=NullPool)
    found = select(Account.balance).where(Account.id == 1)

    async with AsyncSession(engine) as session:
        answers = await asyncio.gather(
            session.scalar(found), session.scalar(found), return_exceptions=True
        )

    assert answers[0] == 10
    assert isinstance(answers[1], InvalidRequestError)
    assert db.checked_out == 0


@promise(
    "async-session.guard-on-commit",
    "While one task is in commit(), close() of the same AsyncSession in another is refused.",
    docs="errors.html#error-isce",
    needs=("async",),
)
async def test_guard_on_commit(db: Database) -> None:
    session = AsyncSession(db.async_engine)
    session.add(Account(id=1, owner="Ann", balance=100))
    await session.flush()

    answers = await asyncio.gather(session.commit(), session.close(), return_exceptions=True)
    await session.close()

    assert answers[0] is None
    assert isinstance(answers[1], IllegalStateChangeError)
    assert db.checked_out == 0
    assert [account.owner for account in db.stored(Account)] == ["Ann"]
