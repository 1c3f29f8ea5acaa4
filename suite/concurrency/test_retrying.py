"""A transaction that is done again where that is worth while: the code of docs/retrying.md."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from itertools import count
from threading import Barrier
from typing import Any, TypeVar

import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker
from sqlalchemy.orm.exc import StaleDataError

from session_conformance import Account, Condition, Database, promise, two_accounts

Value = TypeVar("Value")

AGAIN = {
    "40001",  # a serialization failure (PostgreSQL, Firebird); a deadlock (MySQL, MariaDB)
    "40P01",  # a deadlock (PostgreSQL)
    "55P03",  # a lock that was not to be had in time (PostgreSQL)
    1020,  # the row has changed since it was read (MariaDB)
    1205,  # a lock that was not to be had in time (MySQL, MariaDB)
    1213,  # a deadlock (MySQL, MariaDB)
    3572,  # a lock that was not to be waited for (MySQL)
    "SQLite 5",  # the file is locked
    "SQLite 6",  # a table is locked
    "TransactionException",  # a conflict (DuckDB)
}


def codes(cause: BaseException | None) -> Iterator[Any]:
    """Yield what a driver's exception is told apart by: SQLSTATE, number, class."""
    for name in ("sqlstate", "pgcode", "errno"):
        yield getattr(cause, name, None)
    for first in getattr(cause, "args", ())[:1]:
        yield first.get("C") if isinstance(first, dict) else first
    yield f"SQLite {(getattr(cause, 'sqlite_errorcode', None) or 0) & 0xFF}"
    yield type(cause).__name__


def worth_another_try(error: BaseException | None) -> bool:
    """Tell whether the same transaction, done again from its start, may well succeed."""
    while isinstance(error, (DBAPIError, StaleDataError)):
        if isinstance(error, StaleDataError) or not AGAIN.isdisjoint(codes(error.orig)):
            return True
        # A SAVEPOINT that went with a deadlock raises an error of its own.
        error = error.__context__
    return False


def retry(
    work: Callable[[Session], Value], sessions: sessionmaker[Session], attempts: int = 50
) -> Value:
    """Do `work` with a new Session and commit; do it again while that is worth another try."""
    while True:
        attempts -= 1
        try:
            with sessions.begin() as session:
                return work(session)
        except (DBAPIError, StaleDataError) as error:
            if not attempts or not worth_another_try(error):
                raise


async def retry_async(
    work: Callable[[AsyncSession], Awaitable[Value]],
    sessions: async_sessionmaker[AsyncSession],
    attempts: int = 50,
) -> Value:
    """Do as `retry`, with an AsyncSession."""
    while True:
        attempts -= 1
        try:
            async with sessions.begin() as session:
                return await work(session)
        except (DBAPIError, StaleDataError) as error:
            if not attempts or not worth_another_try(error):
                raise


# From here on: what is promised of them.

FOUR = ("T1", "T2", "T3", "T4")
TIMES = 12

# Where rows are not counted a stale version goes unnoticed; such a database has other conflicts.
uncounted = pytest.mark.filterwarnings("ignore:Dialect .* versioning cannot be verified")


class Shelf(DeclarativeBase):
    """The registry of this file's table."""


class Counter(Shelf):
    """A number, and how often it was changed."""

    __tablename__ = "counter"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    value: Mapped[int]
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


def add_versioned(session: Session) -> None:
    """Add one to what is read."""
    session.get_one(Counter, 1).value += 1


def add_locked(session: Session) -> None:
    """Add one to what is read FOR UPDATE."""
    session.get_one(Counter, 1, with_for_update=True).value += 1


def add_often(session: Session, add: Callable[[Session], None]) -> int:
    """Add one by retry(), again and again, in Sessions of this thread's engine."""
    sessions = sessionmaker(session.get_bind())
    for _ in range(TIMES):
        retry(add, sessions, attempts=500)
    return TIMES


@promise(
    "concurrency.retry-versioned",
    "Four Sessions at once add to a row with a version counter, by retry(): no step is lost.",
    docs="orm/versioning.html#simple-version-counting",
)
@uncounted
def test_versioned(db: Database, condition: Condition) -> None:
    db.create(Counter)
    db.given(Counter(id=1, value=0))

    with db.together(*FOUR, condition=condition, unscheduled=True) as actors:
        steps = [actor.starts(add_often, add_versioned) for actor in actors]
        for actor in actors:
            actor.ends()

    assert [step.error or step.value for step in steps] == [TIMES] * 4
    assert [counter.value for counter in db.stored(Counter)] == [4 * TIMES]


@promise(
    "concurrency.retry-locked",
    "Four Sessions at once add to a row that they read FOR UPDATE, by retry(): no step is lost.",
    docs="API Session.get",
    needs=("select_for_update",),
)
def test_locked(db: Database, condition: Condition) -> None:
    db.create(Counter)
    db.given(Counter(id=1, value=0))

    with db.together(*FOUR, condition=condition, unscheduled=True) as actors:
        steps = [actor.starts(add_often, add_locked) for actor in actors]
        for actor in actors:
            actor.ends()

    assert [step.error or step.value for step in steps] == [TIMES] * 4
    assert [counter.value for counter in db.stored(Counter)] == [4 * TIMES]


@promise(
    "concurrency.retry-async",
    "Four tasks at once add to a row with a version counter, by retry_async(): no step is lost.",
    docs="orm/extensions/asyncio.html#using-asyncsession-with-concurrent-tasks",
    needs=("async",),
)
@pytest.mark.parametrize("level", [None, "SERIALIZABLE"], ids=["default", "SERIALIZABLE"])
async def test_async(db: Database, level: str | None) -> None:
    """Takes a second or two where most attempts end in a deadlock."""
    db.create(Counter)
    db.given(Counter(id=1, value=0))
    options = {} if level is None else {"isolation_level": level}
    engine = await db.new_async_engine(pool_size=4, max_overflow=0, **options)
    sessions = async_sessionmaker(engine)

    async def add(session: AsyncSession) -> None:
        (await session.get_one(Counter, 1)).value += 1

    async def add_one_by_one() -> int:
        for _ in range(TIMES):
            await retry_async(add, sessions, attempts=500)
        return TIMES

    added = await asyncio.gather(*(add_one_by_one() for _ in FOUR))

    assert added == [TIMES] * 4
    assert [counter.value for counter in db.stored(Counter)] == [4 * TIMES]


def add_to_both(session: Session, both_hold_one: Barrier, own: int, other: int) -> int:
    """Add one to two rows by retry(), to the second in a SAVEPOINT; return how often it began."""
    add_one = update(Account).values(balance=Account.balance + 1)
    tried = count(1)

    def work(session: Session) -> int:
        now = next(tried)
        session.execute(add_one.where(Account.id == own))
        if now == 1:
            both_hold_one.wait()
        with session.begin_nested():
            session.execute(add_one.where(Account.id == other))
        return now

    return retry(work, sessionmaker(session.get_bind()))


@promise(
    "concurrency.retry-in-savepoint",
    "The victim of a deadlock within begin_nested() is known to retry(), and is done again.",
    docs="faq/connections.html#mysql-sync-errors",
    needs=("savepoints", "select_for_update"),
)
def test_in_savepoint(db: Database) -> None:
    db.given(*two_accounts())
    both_hold_one = Barrier(2, timeout=5)

    with db.together("T1", "T2", unscheduled=True) as (one, two):
        ones = one.starts(add_to_both, both_hold_one, 1, 2)
        twos = two.starts(add_to_both, both_hold_one, 2, 1)
        one.ends()
        two.ends()

    assert (ones.error, twos.error) == (None, None)
    # Whoever was the victim may be in the other one's way again, or be the next one's victim.
    assert max(ones.value, twos.value) > 1
    assert [account.balance for account in db.stored(Account)] == [12, 22]


def break_unique_key(session: Session) -> None:
    """Add an account whose owner has one."""
    session.add(Account(id=3, owner="owner 1", balance=0))


def write_nonsense(session: Session) -> None:
    """Send what is no SQL."""
    session.execute(text("SELEKT 1"))


@promise(
    "concurrency.retry-raises-at-once",
    "What would fail again is not done again: retry() raises the error of a constraint or of SQL.",
    docs="errors.html#integrityerror",
)
@pytest.mark.parametrize("work", [break_unique_key, write_nonsense], ids=["constraint", "syntax"])
def test_raises_at_once(db: Database, work: Callable[[Session], None]) -> None:
    db.given(*two_accounts())
    tried = []

    def counted(session: Session) -> None:
        tried.append(session)
        work(session)

    with pytest.raises(DBAPIError):
        retry(counted, db.sessionmaker())

    assert len(tried) == 1
    assert db.checked_out == 0


@promise(
    "concurrency.retry-gives-up",
    "A row that somebody else always changes first: retry() raises after its last attempt.",
    docs="orm/versioning.html#simple-version-counting",
    needs=("select_for_update",),
)
def test_gives_up(db: Database) -> None:
    db.create(Counter)
    db.given(Counter(id=1, value=0))

    def come_too_late(session: Session) -> None:
        counter = session.get_one(Counter, 1)
        with db.elsewhere() as other:
            other.get_one(Counter, 1).value += 10
        counter.value += 1

    with pytest.raises((DBAPIError, StaleDataError)):
        retry(come_too_late, db.sessionmaker(), attempts=3)

    assert [counter.value for counter in db.stored(Counter)] == [30]
