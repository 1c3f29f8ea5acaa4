"""Cases about asyncio that leave something behind, and some that do not."""

from __future__ import annotations

import asyncio
import warnings

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from session_conformance import Account, Database, cancel_at, cancel_at_each_await, promise

DOCS = "none"
ASYNC = ("async",)
KEPT: list[object] = []


async def answer(db: Database) -> int | None:
    async with AsyncSession(db.async_engine) as session:
        found: int | None = await session.scalar(text("SELECT 1"))
        return found


class Unclosed:
    """Something that complains when it is dropped, as a driver's connection does."""

    def __del__(self) -> None:
        warnings.warn("unclosed connection", ResourceWarning, stacklevel=1)


async def fails() -> None:
    raise LookupError("nobody hears this")


@promise(
    "tasks.honest", "An asynchronous case that does all it says passes.", docs=DOCS, needs=ASYNC
)
async def test_honest(db: Database) -> None:
    assert await answer(db) == 1


@promise(
    "tasks.broken", "An asynchronous case whose assertion fails is broken.", docs=DOCS, needs=ASYNC
)
async def test_broken(db: Database) -> None:
    assert await answer(db) == 2


@promise(
    "tasks.early-return", "An asynchronous early return is no success.", docs=DOCS, needs=ASYNC
)
async def test_early_return(db: Database) -> None:
    assert await answer(db) == 1
    if KEPT is not None:
        return
    assert await answer(db) == 2


@promise("tasks.cancelled", "A case that ends cancelled is no success.", docs=DOCS, needs=ASYNC)
async def test_cancelled(db: Database) -> None:
    await answer(db)
    raise asyncio.CancelledError
    assert True


@promise(
    "tasks.leaves-task", "A case that leaves a task running is told so.", docs=DOCS, needs=ASYNC
)
async def test_leaves_task(db: Database) -> None:
    KEPT.append(asyncio.create_task(asyncio.Event().wait()))
    assert await answer(db) == 1


@promise("tasks.unheard-task", "A task whose error nobody took is told.", docs=DOCS, needs=ASYNC)
async def test_unheard_task(db: Database) -> None:
    task = asyncio.create_task(fails())
    await asyncio.wait({task})
    del task
    assert await answer(db) == 1


@promise("tasks.never-awaited", "A coroutine that nobody awaited is told.", docs=DOCS, needs=ASYNC)
async def test_never_awaited(db: Database) -> None:
    fails()  # type: ignore[unused-coroutine]
    assert await answer(db) == 1


@promise("tasks.never-awaited-sync", "A coroutine dropped in the bridge is told too.", docs=DOCS)
def test_never_awaited_sync(db: Database) -> None:
    fails()  # type: ignore[unused-coroutine]
    with db.session() as session:
        assert session.scalar(text("SELECT 1")) == 1


@promise(
    "tasks.unclosed",
    "What complains of not being closed is told, in a cycle too.",
    docs=DOCS,
    needs=ASYNC,
)
async def test_unclosed(db: Database) -> None:
    cycle: list[object] = [Unclosed()]
    cycle.append(cycle)
    assert await answer(db) == 1


@promise(
    "tasks.leaves-connection",
    "A case that keeps its connection is told so.",
    docs=DOCS,
    needs=ASYNC,
)
async def test_leaves_connection(db: Database) -> None:
    session = AsyncSession(db.async_engine)
    KEPT.append(session)
    assert await session.scalar(text("SELECT 1")) == 1


@promise(
    "tasks.forgets-connection",
    "A case that drops its connection is told so.",
    docs=DOCS,
    needs=ASYNC,
)
async def test_forgets_connection(db: Database) -> None:
    session = AsyncSession(db.async_engine)
    assert await session.scalar(text("SELECT 1")) == 1


@promise(
    "tasks.swallows", "A task that swallows its cancellation is found.", docs=DOCS, needs=ASYNC
)
async def test_swallows(db: Database) -> None:
    async def work() -> None:
        try:
            await answer(db)
        except asyncio.CancelledError:
            return

    moments = [moment async for moment in cancel_at_each_await(work)]
    assert moments


@promise(
    "tasks.keeps",
    "A task that keeps its connection when cancelled is found.",
    docs=DOCS,
    needs=ASYNC,
)
async def test_keeps(db: Database) -> None:
    async def work() -> None:
        session = AsyncSession(db.async_engine)
        KEPT.append(session)
        await session.scalar(select(Account.id))
        await asyncio.get_running_loop().run_in_executor(None, int)
        await session.close()

    held = [db.checked_out async for _ in cancel_at_each_await(work)]
    assert held
    assert not any(held)


@promise(
    "tasks.each-await", "Each await is reached once, and the last run ends.", docs=DOCS, needs=ASYNC
)
async def test_each_await(db: Database) -> None:
    reached: list[int] = []

    async def work() -> None:
        reached.append(0)
        for _ in range(3):
            await asyncio.get_running_loop().run_in_executor(None, int)
            reached[-1] += 1

    moments = [moment async for moment in cancel_at_each_await(work)]

    assert moments == [1, 2, 3]
    assert reached == [0, 1, 2, 3]
    assert await answer(db) == 1


@promise(
    "tasks.beyond",
    "A task that awaits less often than asked for is not cancelled.",
    docs=DOCS,
    needs=ASYNC,
)
async def test_beyond(db: Database) -> None:
    assert await cancel_at(10_000, answer(db)) == 1


@promise(
    "tasks.still-honest", "An asynchronous case after all these passes.", docs=DOCS, needs=ASYNC
)
async def test_still_honest(db: Database) -> None:
    async with AsyncSession(db.async_engine) as session, session.begin():
        session.add(Account(id=1, owner="Ann", balance=1))

    assert [account.id for account in db.stored(Account)] == [1]
