# ruff: noqa: SIM117 - nested with statements are one of the patterns
"""The ladder of patterns for asyncio: the same ways to write one transaction, with AsyncSession."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

AsyncWork = Callable[[AsyncSession], Awaitable[object]]
AsyncFactory = async_sessionmaker[AsyncSession]


async def by_hand(engine: AsyncEngine, work: AsyncWork) -> None:
    """Every step is a call of its own: make the Session, work, commit, close in any case."""
    session = AsyncSession(engine)
    try:
        await work(session)
        await session.commit()
    finally:
        await session.close()


async def with_commit(engine: AsyncEngine, work: AsyncWork) -> None:
    """A with block closes the Session; storing the work still takes a commit() in the block."""
    async with AsyncSession(engine) as session:
        await work(session)
        await session.commit()


async def begin_try_else(engine: AsyncEngine, work: AsyncWork) -> None:
    """begin() opens the transaction, and try, except and else spell out how it ends."""
    async with AsyncSession(engine) as session:
        await session.begin()
        try:
            await work(session)
        except BaseException:
            await session.rollback()
            raise
        else:
            await session.commit()


async def nested_with(engine: AsyncEngine, work: AsyncWork) -> None:
    """An inner with block is the transaction: it commits at its end, or rolls back on an error."""
    async with AsyncSession(engine) as session:
        async with session.begin():
            await work(session)


async def combined_with(engine: AsyncEngine, work: AsyncWork) -> None:
    """One with line opens Session and transaction, and ends both in the right order."""
    async with AsyncSession(engine) as session, session.begin():
        await work(session)


async def factory_commit(factory: AsyncFactory, work: AsyncWork) -> None:
    """A factory made once knows the engine; each of its Sessions commits for itself."""
    async with factory() as session:
        await work(session)
        await session.commit()


async def factory_begin(factory: AsyncFactory, work: AsyncWork) -> None:
    """The factory's begin() gives Session and transaction in one: the shortest that is complete."""
    async with factory.begin() as session:
        await work(session)


async def per_request(factory: AsyncFactory, work: AsyncWork) -> None:
    """A function that a web request runs once: a Session of its own, and one place that ends it."""
    session = factory()
    try:
        await work(session)
        await session.commit()
    except BaseException:
        await session.rollback()
        raise
    finally:
        await session.close()


@asynccontextmanager
async def session_scope(factory: AsyncFactory) -> AsyncIterator[AsyncSession]:
    """Give a Session to a with block and decide at its end."""
    async with factory() as session:
        try:
            yield session
            await session.commit()
        except BaseException:
            await session.rollback()
            raise


async def with_session_scope(factory: AsyncFactory, work: AsyncWork) -> None:
    """A context manager of the program's own around the factory gives Sessions and ends them."""
    async with session_scope(factory) as session:
        await work(session)


@dataclass(frozen=True, slots=True)
class AsyncPattern:
    """One rung of the ladder, called as `await pattern(engine, work)`.

    `takes` says whether the function's first argument is an engine or a factory of Sessions.
    """

    id: str
    function: Callable[[Any, AsyncWork], Awaitable[None]]
    takes: Literal["engine", "factory"] = "engine"

    async def __call__(self, engine: AsyncEngine, work: AsyncWork) -> None:
        """Run `work` in this pattern, in a transaction on `engine`.

        Raises:
            BaseException: whatever `work`, the flush or the commit raises, also a cancellation.

        """
        await self.function(async_sessionmaker(engine) if self.takes == "factory" else engine, work)


ASYNC_PATTERNS: Mapping[str, AsyncPattern] = MappingProxyType(
    {
        pattern.id: pattern
        for pattern in (
            AsyncPattern("by-hand", by_hand),
            AsyncPattern("with-commit", with_commit),
            AsyncPattern("begin-try-else", begin_try_else),
            AsyncPattern("nested-with", nested_with),
            AsyncPattern("combined-with", combined_with),
            AsyncPattern("factory-commit", factory_commit, "factory"),
            AsyncPattern("factory-begin", factory_begin, "factory"),
            AsyncPattern("per-request", per_request, "factory"),
            AsyncPattern("session-scope", with_session_scope, "factory"),
        )
    }
)
"""Every pattern for asyncio by its id, from the bottom of the ladder to its top."""
