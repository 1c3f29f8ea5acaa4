"""Where asyncio's drivers go ways of their own."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError, MissingGreenlet, SQLAlchemyError, StatementError
from sqlalchemy.ext.asyncio import AsyncSession

from session_conformance import Account, Database, facts_of, question

KEYS = list(range(1, 301))


@question(
    "async-session.statement-while-streaming",
    "In the midst of a stream its AsyncSession sends another statement: what of the stream's rest?",
    answers={
        "comes": "It comes, and the other statement is answered right.",
        "missing": "It does not come, and nothing says so: the stream ends early.",
        "stream-refused": "Reading on raises an error.",
        "statement-refused": "The other statement raises an error.",
        "mixed-up": "One of the two gets a wrong answer.",
    },
    docs="API AsyncSession.stream",
    needs=("async",),
)
async def test_statement_while_streaming(db: Database) -> None:
    db.given(*(Account(id=key, owner=f"owner {key}", balance=key) for key in KEYS))
    engine = await db.new_async_engine(pool_size=1, max_overflow=0)
    keys: list[int] = []
    owner = answer = None
    stream_of_keys = select(Account.id).order_by(Account.id).execution_options(yield_per=5)

    async with AsyncSession(engine) as session:
        stream = await session.stream_scalars(stream_of_keys)
        keys += await stream.fetchmany(3)
        try:
            owner = await session.scalar(select(Account.owner).where(Account.id == 7))
        except SQLAlchemyError as error:
            answer = "statement-refused"
            db.tell(**facts_of(error))
        try:
            keys += await stream.fetchall()
        except SQLAlchemyError as error:
            answer = answer or "stream-refused"
            db.tell(**facts_of(error))

    if answer is None and (owner != "owner 7" or keys != KEYS[: len(keys)]):
        answer = "mixed-up"
    db.tell(rows=len(keys))
    db.answer(answer or ("comes" if keys == KEYS else "missing"))


# The mistake under test leaves a driver's coroutine that nobody could await.
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
@question(
    "async-session.missing-greenlet-class",
    "A relationship loads itself without await: what has a program to catch?",
    answers={
        "missing-greenlet": "MissingGreenlet, or InvalidRequestError above it.",
        "statement-error": "StatementError, with MissingGreenlet as its orig.",
        "nothing": "Nothing: it is loaded.",
    },
    docs="errors.html#error-xd2s",
    needs=("async",),
)
async def test_missing_greenlet_class(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))
    answer = "nothing"

    async with AsyncSession(db.async_engine) as session:
        account = await session.get_one(Account, 1)
        try:
            _ = account.entries
        except MissingGreenlet:
            answer = "missing-greenlet"
        except StatementError as error:
            if not isinstance(error.orig, MissingGreenlet):
                raise
            answer = "statement-error"

    db.answer(answer)


@question(
    "async-session.two-loops-pooled",
    "A pooled connection of one event loop is handed out in another one: does it work there?",
    answers={
        "works": "Yes.",
        "refused": "No: an error is raised.",
    },
    docs="orm/extensions/asyncio.html#using-multiple-asyncio-event-loops",
    needs=("async",),
)
async def test_two_loops_pooled(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))
    engine = await db.new_async_engine(pool_size=1, max_overflow=0)
    session = AsyncSession(engine)
    await session.get_one(Account, 1)
    await session.commit()

    with ThreadPoolExecutor(1) as threads:
        there = threads.submit(asyncio.run, session.get_one(Account, 1))
        # Not awaited: the first loop is not to read what the connection answers.
        error = there.exception()
    if not isinstance(error, RuntimeError | SQLAlchemyError | None):
        raise error
    db.tell(**facts_of(error))
    await session.invalidate()

    db.answer("refused" if error else "works")


@question(
    "async-session.two-phase",
    "An AsyncSession is made with twophase=True and commits a row: is it stored?",
    answers={
        "stored": "Yes.",
        "refused": "No: an error is raised, and nothing is stored.",
        "refused-and-stored": "Yes, though an error is raised.",
    },
    docs="API AsyncSession.commit",
    needs=("async",),
)
async def test_two_phase(db: Database) -> None:
    refused = False

    async with AsyncSession(db.async_engine, twophase=True) as session:
        session.add(Account(id=1, owner="Ann"))
        try:
            await session.commit()
        except (DBAPIError, NotImplementedError) as error:
            refused = True
            db.tell(**facts_of(error))
    async with AsyncSession(db.async_engine) as session:
        stored = await session.get(Account, 1) is not None

    if refused:
        db.answer("refused-and-stored" if stored else "refused")
    else:
        db.answer("stored")
