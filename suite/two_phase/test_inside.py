"""What a transaction in two phases can hold, where there is one, and what becomes of its locks."""

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.orm import Session

from session_conformance import (
    WAYS,
    Account,
    Database,
    facts_of,
    question,
    two_accounts,
)

DOCS = "orm/session_transaction.html#session-twophase"

by_statement = WAYS[0]


@question(
    "two-phase.savepoint-inside",
    "In a twophase transaction one begin_nested() is rolled back and one released: what is stored?",
    answers={
        "the-right-rows": "What was done outside, and in the one that was released.",
        "other-rows": "Not these: too many, or too few, and nothing is raised.",
        "refused": "Nothing: there are no savepoints in such a transaction.",
    },
    docs=DOCS,
    needs=("two_phase", "savepoints"),
)
def test_savepoint_inside(db: Database) -> None:
    refused = False

    with db.session(twophase=True) as session:
        try:
            session.add(Account(id=1, owner="Ann"))
            undone = session.begin_nested()
            session.add(Account(id=2, owner="Bob"))
            session.flush()
            undone.rollback()
            with session.begin_nested():
                session.add(Account(id=3, owner="Cleo"))
            session.commit()
        except DBAPIError as error:
            refused = True
            db.tell(**facts_of(error))

    stored = [account.id for account in db.stored(Account)]
    if refused:
        db.answer("refused")
    else:
        db.answer("the-right-rows" if stored == [1, 3] else "other-rows")


@question(
    "two-phase.unsupported",
    "A Session is made with twophase=True and stores a row: what does it say?",
    answers={
        "works": "Nothing: the row is prepared and committed.",
        "refused-at-first": "Its first statement raises an error.",
        "refused-at-commit": "commit() raises an error, and nothing is stored.",
        "refused-and-stored": "commit() raises an error, and the row is stored.",
    },
    docs=DOCS,
)
def test_unsupported(db: Database) -> None:
    reached = False

    with db.session(twophase=True) as session:
        session.add(Account(id=1, owner="Ann"))
        try:
            session.flush()
            reached = True
            session.commit()
        except (SQLAlchemyError, NotImplementedError, AttributeError) as error:
            # Two phases are an extension of PEP 249: a driver may lack the methods.
            db.tell(**facts_of(error))
            refused = True
        else:
            refused = False
    with db.session() as session:
        stored = bool(session.scalars(select(Account.id)).all())

    if not refused:
        db.answer("works")
    elif reached:
        db.answer("refused-and-stored" if stored else "refused-at-commit")
    else:
        db.answer("refused-at-first")


def write(session: Session, value: int) -> None:
    """Write row 1."""
    by_statement.set_value(session, 1, value)


@question(
    "two-phase.prepared-row-wanted",
    "A row was written in a transaction that is prepared: what becomes of another who writes it?",
    answers={
        "waits": "It waits until the transaction is committed, and writes then.",
        "waits-then-refused": "It waits until the transaction is committed, and is refused then.",
        "refused": "It is refused with an error at once.",
        "at-once": "It goes on at once.",
    },
    docs=DOCS,
    needs=("two_phase",),
)
def test_prepared_row_wanted(db: Database) -> None:
    db.given(*two_accounts())

    with db.together("T1", "T2", twophase=True) as (one, two):
        one.does(write, 11)
        one.does(Session.prepare)
        wanted = two.does(write, 12)
        one.commits()
        two.commits()

    db.tell(waited_for=", ".join(wanted.waited_for))
    if wanted.error is None:
        db.answer("waits" if wanted.waited else "at-once")
    else:
        db.answer("waits-then-refused" if wanted.waited else "refused")
