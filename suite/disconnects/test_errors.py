"""As what a lost connection, or one that was never made, is told; and what is done about it."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import PendingRollbackError, SQLAlchemyError
from sqlalchemy.orm import Session

from session_conformance import (
    RAISED,
    Account,
    Database,
    facts_of,
    question,
    raised,
    state_of,
)

DISCONNECTS = "core/pooling.html#disconnect-handling-optimistic"
CONNECTING = "errors.html#error-e3q8"


def execute(session: Session) -> None:
    """Send a query."""
    session.scalars(select(Account)).all()


def flush(session: Session) -> None:
    """Send an INSERT."""
    session.add(Account(id=2, owner="Bob"))
    session.flush()


def begin_nested(session: Session) -> None:
    """Send a SAVEPOINT."""
    session.begin_nested()
    session.connection()


CALLS: dict[str, Callable[[Session], Any]] = {
    "execute": execute,
    "flush": flush,
    "begin-nested": begin_nested,
    "commit": Session.commit,
    "rollback": Session.rollback,
    "close": Session.close,
}


def tried(session: Session, call: Callable[[Session], Any]) -> SQLAlchemyError | None:
    """Return what `call` raised of SQLAlchemy's errors."""
    try:
        call(session)
    except SQLAlchemyError as error:
        return error
    return None


@question(
    "disconnects.error-class",
    "A connection has died in a transaction: what does the call raise that meets it first?",
    answers=RAISED,
    docs="errors.html#error-rvf5",
    needs=("kill_connection",),
)
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_error_class(db: Database, call: Callable[[Session], Any]) -> None:
    with db.session() as session:
        session.add(Account(id=1, owner="Ann"))
        session.flush()
        db.kill(session)
        error = tried(session, call)
        db.tell(**facts_of(error), **state_of(session))
        db.tell(rollback_raises=tried(session, Session.rollback) is not None)

    db.answer(raised(error))


@question(
    "disconnects.next-statement",
    "A call has met a dead connection, and nobody calls rollback(): what of the next statement?",
    answers={
        "pending-rollback": "It raises PendingRollbackError, until rollback() is called.",
        "works": "It works, in a new transaction on a new connection.",
        "refused": "It meets the dead connection again, and raises once more.",
    },
    docs="errors.html#error-8s2b",
    needs=("kill_connection",),
)
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_next_statement(db: Database, call: Callable[[Session], Any]) -> None:
    with db.session() as session:
        session.add(Account(id=1, owner="Ann"))
        session.flush()
        db.kill(session)
        tried(session, call)
        error = tried(session, execute)
        db.tell(**facts_of(error))
        db.tell(rollback_raises=tried(session, Session.rollback) is not None)

    if isinstance(error, PendingRollbackError):
        db.answer("pending-rollback")
    else:
        db.answer("works" if error is None else "refused")


@question(
    "disconnects.error-class-while-waiting",
    "The server ends a connection whose statement waits for a row: what does that statement raise?",
    answers=RAISED,
    docs="errors.html#error-rvf5",
    needs=("kill_connection", "row_locks"),
)
def test_error_class_while_waiting(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))
    write = update(Account).where(Account.id == 1).values(balance=0)

    with db.session() as session:
        number = db.connection_id(session)
        with db.killed_while_waiting(number), db.holding(Account, 1):
            error = tried(session, lambda session: session.execute(write))
        db.tell(**facts_of(error), **state_of(session))
        db.tell(rollback_raises=tried(session, Session.rollback) is not None)

    db.answer(raised(error))


@question(
    "disconnects.error-class-in-pool",
    "A connection has died in its pool: what does the first statement raise that is given it?",
    answers=RAISED,
    docs=DISCONNECTS,
    needs=("kill_connection",),
)
def test_error_class_in_pool(db: Database) -> None:
    with db.session() as session:
        session.scalars(select(Account)).all()
        number = db.connection_id(session)
        session.commit()
        db.kill(number)
        error = tried(session, execute)
        db.tell(**facts_of(error), **state_of(session))
        db.tell(rollback_raises=tried(session, Session.rollback) is not None)

    db.answer(raised(error))


@question(
    "disconnects.error-class-after-idle-transaction",
    "A transaction idled for longer than the server lets it: what does its next statement raise?",
    answers=RAISED,
    docs=DISCONNECTS,
    needs=("idle_timeout",),
)
def test_error_class_after_idle_transaction(db: Database) -> None:
    """Takes a second where the server counts idleness in whole ones."""
    engine = db.new_engine(pool_size=1, max_overflow=0)

    with Session(engine) as session:
        session.add(Account(id=1, owner="Ann"))
        session.flush()
        number = db.connection_id(session)
        db.limit_idle_in_transaction(session)
        db.until_gone(number)
        error = tried(session, execute)
        db.tell(**facts_of(error), **state_of(session))
        db.tell(rollback_raises=tried(session, Session.rollback) is not None)

    db.answer(raised(error))


@question(
    "disconnects.wrong-credentials",
    "What is raised by the first statement where the server refuses user or password?",
    answers=RAISED,
    docs=CONNECTING,
    needs=("connection_list",),
)
@pytest.mark.parametrize("part", ["username", "password"])
def test_wrong_credentials(db: Database, part: str) -> None:
    engine = db.new_engine(pool_size=1, max_overflow=0, pool_timeout=0.1)
    engine.dispose()

    with Session(engine) as session:
        with db.connecting_with(engine, **{part: "nobody_of_this_name"}):
            error = tried(session, execute)
        db.tell(**facts_of(error), places_taken=db.checked_out)
        session.rollback()
        db.tell(works_after=tried(session, execute) is None)

    db.answer(raised(error))


@question(
    "disconnects.unknown-database",
    "What is raised by the first statement where the server has no database of the URL's name?",
    answers=RAISED,
    docs=CONNECTING,
    needs=("connection_list",),
)
def test_unknown_database(db: Database) -> None:
    engine = db.new_engine(pool_size=1, max_overflow=0, pool_timeout=0.1)
    engine.dispose()

    with Session(engine) as session:
        with db.connecting_with(engine, database="no_database_of_this_name"):
            error = tried(session, execute)
        db.tell(**facts_of(error), places_taken=db.checked_out)
        session.rollback()
        db.tell(works_after=tried(session, execute) is None)

    db.answer(raised(error))
