"""Where savepoints end: without a transaction, at a lock, under AUTOCOMMIT, at DDL."""

from collections.abc import Callable

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, SessionTransaction, mapped_column

from session_conformance import (
    RAISED,
    WAYS,
    Account,
    Condition,
    Database,
    Step,
    facts_of,
    question,
    raised,
    state_of,
    two_accounts,
)

DOCS = "orm/session_transaction.html#session-begin-nested"

by_statement = WAYS[0]


class Fair(DeclarativeBase):
    """The registry of this file's table, which only its cases make."""


class Ticket(Fair):
    """A table that is made inside a savepoint."""

    __tablename__ = "savepoint_ticket"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)


@question(
    "savepoints.missing-savepoint-class",
    "What is raised by a return to a SAVEPOINT that there is not?",
    answers=RAISED,
    docs="errors.html#error-dbapi",
    needs=("savepoints",),
)
def test_missing_savepoint_class(db: Database) -> None:
    error = None

    with db.session() as session:
        session.add(Account(id=1, owner="Ann"))
        session.flush()
        try:
            session.execute(text("ROLLBACK TO SAVEPOINT nowhere"))
        except DBAPIError as found:
            error = found
        db.tell(**facts_of(error), **state_of(session))

    db.answer(raised(error))


@question(
    "savepoints.first-in-transaction",
    "A transaction begins with begin_nested(), which ends well: does rollback() undo its row?",
    answers={
        "undone": "Yes: the savepoint was part of the transaction.",
        "stored": "No: without a transaction around it the end of the savepoint stored the row.",
        "refused": "There is no SAVEPOINT: the block raises an error.",
    },
    docs="dialects/sqlite.html#sqlite-transactions",
)
def test_first_in_transaction(db: Database) -> None:
    refused = False

    with db.session() as session:
        try:
            with session.begin_nested():
                session.add(Account(id=1, owner="Ann"))
        except DBAPIError as error:
            refused = True
            db.tell(**facts_of(error))
        session.rollback()

    if refused:
        db.answer("refused")
    else:
        db.answer("stored" if db.stored(Account) else "undone")


def write_and_undo(session: Session, key: int) -> None:
    """Write a row inside begin_nested() and roll that back."""
    savepoint = session.begin_nested()
    by_statement.set_value(session, key, 11)
    savepoint.rollback()


def write(session: Session, key: int) -> None:
    """Write a row."""
    by_statement.set_value(session, key, 12)


WRITES = {
    "at-once": "Yes: its lock went with the savepoint.",
    "waits": "Not before the transaction ends: it waits, and writes then.",
    "waits-then-refused": "Not before the transaction ends: it waits, and is refused then.",
    "refused": "It is refused with an error at once.",
}


def became(wanted: Step) -> str:
    """Return the answer: what became of the one that wants the row."""
    if wanted.error is None:
        return "waits" if wanted.waited else "at-once"
    return "waits-then-refused" if wanted.waited else "refused"


@question(
    "savepoints.lock-after-rollback-to",
    "A row was written inside begin_nested(), which is rolled back: may another Session write it?",
    answers=WRITES,
    docs=DOCS,
    needs=("savepoints",),
)
def test_lock_after_rollback_to(db: Database, condition: Condition) -> None:
    db.given(*two_accounts())

    with db.together("T1", "T2", condition=condition) as (one, two):
        one.does(write, 2)
        one.does(write_and_undo, 1)
        wanted = two.does(write, 1)
        one.commits()
        two.commits()

    db.answer(became(wanted))


@question(
    "savepoints.lock-after-rollback-to-the-start",
    "A transaction has done nothing but a begin_nested(), rolled back: are its rows free again?",
    answers=WRITES,
    docs=DOCS,
    needs=("savepoints",),
)
def test_lock_after_rollback_to_the_start(db: Database, condition: Condition) -> None:
    """Nothing is left for the storage to keep, which some notice."""
    db.given(*two_accounts())

    with db.together("T1", "T2", condition=condition) as (one, two):
        one.does(write_and_undo, 1)
        wanted = two.does(write, 1)
        one.commits()
        two.commits()

    db.answer(became(wanted))


@question(
    "savepoints.under-autocommit",
    "Under AUTOCOMMIT a row is flushed inside begin_nested(): what does the end of that block do?",
    answers={
        "as-asked": "What it is asked: the row is kept by a release, undone by a rollback.",
        "row-stays": "Nothing: the row was stored by itself, and a rollback leaves it there.",
        "refused-at-the-end": "It is refused, since there is no SAVEPOINT; the row was stored.",
        "refused-at-the-start": "It is not reached: the SAVEPOINT itself is refused.",
    },
    docs="core/connections.html#understanding-the-dbapi-level-autocommit-isolation-level",
    needs=("autocommit",),
)
@pytest.mark.parametrize("end", [SessionTransaction.commit, SessionTransaction.rollback])
def test_under_autocommit(db: Database, end: Callable[[SessionTransaction], None]) -> None:
    engine = db.new_engine(isolation_level="AUTOCOMMIT")
    reached, error = False, None

    with Session(engine) as session:
        savepoint = session.begin_nested()
        try:
            session.add(Account(id=1, owner="Ann"))
            session.flush()
            reached = True
            end(savepoint)
        except DBAPIError as found:
            error = found
            db.tell(**facts_of(error))

    stored = bool(db.stored(Account))
    if error is not None:
        db.answer("refused-at-the-end" if reached else "refused-at-the-start")
    else:
        db.answer("as-asked" if stored is (end is SessionTransaction.commit) else "row-stays")


@question(
    "savepoints.lost-to-ddl",
    "A table is created inside begin_nested(): what does the end of that block do then?",
    answers={
        "as-asked": "What it is asked, and the transaction around it can still be rolled back.",
        "refused": "It is refused: the DDL has ended the savepoint, and committed everything.",
        "row-stays": "It goes unnoticed that the DDL has committed: what came before it stays.",
    },
    docs=DOCS,
    needs=("savepoints", "second_connection"),
)
@pytest.mark.parametrize("end", [SessionTransaction.commit, SessionTransaction.rollback])
def test_lost_to_ddl(db: Database, end: Callable[[SessionTransaction], None]) -> None:
    error = None

    with db.session() as session:
        session.add(Account(id=1, owner="Ann"))
        savepoint = session.begin_nested()
        session.add(Account(id=2, owner="Bob"))
        session.flush()
        Fair.metadata.create_all(session.connection())
        try:
            end(savepoint)
        except DBAPIError as found:
            error = found
            db.tell(**facts_of(error))
        session.rollback()
        stored = [account.id for account in db.stored(Account)]
        db.tell(stored=stored)

        Fair.metadata.drop_all(session.connection())
        session.commit()

    if error is not None:
        db.answer("refused")
    else:
        db.answer("row-stays" if stored else "as-asked")
