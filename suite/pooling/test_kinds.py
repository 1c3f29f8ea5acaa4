"""Which pool an engine has, and what of a connection's state lasts from one user to the next."""

import re
from typing import Any

from sqlalchemy import Column, Integer, MetaData, Table, insert, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from session_conformance import Account, Database, facts_of, question

RESET = "core/pooling.html#reset-on-return"


@question(
    "pooling.default-class",
    "Which pool has an engine that was told of none?",
    answers={
        "queue-pool": "QueuePool: some connections, and who comes too late waits for one.",
        "async-adapted-queue-pool": "AsyncAdaptedQueuePool: the same for asyncio.",
        "singleton-thread-pool": "SingletonThreadPool: one connection for each thread.",
        "static-pool": "StaticPool: one connection for all.",
        "null-pool": "NullPool: none; each user gets a new connection.",
    },
    docs="faq/connections.html#how-do-i-pool-database-connections-are-my-connections-pooled",
)
def test_default_class(db: Database) -> None:
    with db.session() as session:
        session.scalars(select(Account)).all()
        name = type(session.connection().engine.pool).__name__

    db.answer(re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower())


def left(stored_before: int, seen: int | None, stored: int) -> str:
    """Name what became of an UPDATE to 0 that was given back.

    Args:
        stored_before: what others read before the next user of the connection came.
        seen: what that user read, None where it was refused.
        stored: what others read after that user's commit.

    """
    if stored_before == 0:
        return "stored"
    if seen is None:
        return "refused"
    if seen != 0:
        return "undone"
    return "left-open" if stored == 0 else "seen-and-undone"


LEFT = {
    "undone": "It is undone.",
    "stored": "It was stored, without a commit.",
    "left-open": "It is left open: the next user sees it, and commits it with its own work.",
    "seen-and-undone": "The next user sees it, and it is undone all the same.",
    "refused": "It is left open, and the next user of the connection is refused.",
}


@question(
    "pooling.no-reset",
    "With pool_reset_on_return=None an UPDATE is given back uncommitted: what becomes of it?",
    answers=LEFT,
    docs=RESET,
    needs=("second_connection",),
)
def test_no_reset(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))
    engine = db.new_engine(pool_size=1, max_overflow=0, pool_reset_on_return=None)

    raw = engine.raw_connection()
    cursor = raw.cursor()
    cursor.execute("UPDATE account SET balance = 0")
    cursor.close()
    raw.close()

    before = db.stored(Account)[0].balance
    seen = None
    with Session(engine) as session:
        try:
            seen = session.scalar(select(Account.balance))
            session.commit()
        except DBAPIError as error:
            db.tell(**facts_of(error))
    engine.dispose()

    db.answer(left(before, seen, db.stored(Account)[0].balance))


@question(
    "pooling.driver-with-own-begin",
    "A raw connection is sent BEGIN and an UPDATE, and is given back: what becomes of the UPDATE?",
    answers=LEFT | {"no-begin": "The database knows no such statement as BEGIN."},
    docs=RESET,
    needs=("second_connection",),
)
def test_driver_with_own_begin(db: Database) -> None:
    """A driver that does not look at the server may not know of such a transaction."""
    db.given(Account(id=1, owner="Ann", balance=100))
    engine = db.new_engine(pool_size=1, max_overflow=0)
    errors: Any = engine.dialect.dbapi

    raw = engine.raw_connection()
    cursor = raw.cursor()
    try:
        cursor.execute("BEGIN")
    except errors.Error:
        begun = False
    else:
        cursor.execute("UPDATE account SET balance = 0")
        begun = True
    cursor.close()
    raw.close()

    before = db.stored(Account)[0].balance
    seen = None
    with Session(engine) as session:
        try:
            seen = session.scalar(select(Account.balance))
            session.commit()
        except DBAPIError as error:
            db.tell(**facts_of(error))
    engine.dispose()

    after = db.stored(Account)[0].balance
    db.answer(left(before, seen, after) if begun else "no-begin")


@question(
    "pooling.session-state-persists",
    "A temporary table was made on a connection that went back to the pool: is it there later?",
    answers={
        "there": "Yes: the next user of the connection finds it, with its rows.",
        "emptied": "The table is there; its rows are gone.",
        "gone": "No.",
    },
    docs="core/pooling.html#custom-reset-on-return-schemes",
    needs=("temp_tables",),
)
def test_session_state_persists(db: Database) -> None:
    number = Column("number", Integer, primary_key=True, autoincrement=False)
    table = Table("pooling_shelf", MetaData(), number, prefixes=["TEMPORARY"])
    engine = db.new_engine(pool_size=1, max_overflow=0)

    with Session(engine) as session:
        table.create(session.connection(), checkfirst=False)
        session.execute(insert(table).values(number=7))
        session.commit()
    with Session(engine) as session:
        try:
            found = session.scalars(select(table.c.number)).all()
            table.drop(session.connection(), checkfirst=False)
            session.commit()
        except DBAPIError as error:
            db.tell(**facts_of(error))
            found = None

    if found is None:
        db.answer("gone")
    else:
        db.answer("there" if found == [7] else "emptied")
