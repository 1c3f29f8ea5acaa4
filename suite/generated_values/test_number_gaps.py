"""Which number the server generates after one that came to nothing."""

import pytest
from sqlalchemy import String, delete, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from session_conformance import Database, question

NEXT = {
    "gap": "A higher one: the number is left out.",
    "reuse": "The same one again.",
}
AUTOINCREMENT = "core/metadata.html#sqlalchemy.schema.Column.params.autoincrement"

# Where a server counts from the highest key in the table, it can be told to remember the others.
both_ways = pytest.mark.parametrize("reuse_keys", [True, False], ids=["by-default", "no-reuse"])


class Counter(DeclarativeBase):
    """The registry of this file's table."""


class Ticket(Counter):
    """A row whose key the server makes."""

    __tablename__ = "ticket"

    id: Mapped[int] = mapped_column(primary_key=True)
    seat: Mapped[str] = mapped_column(String(20), unique=True)


def compared(before: int, after: int) -> str:
    """Return the answer: whether a number came again."""
    return "reuse" if after == before else "gap"


@question(
    "rollback.autoincrement-gap",
    "A row with a generated key is rolled back: which key does the next one get?",
    answers=NEXT,
    docs=AUTOINCREMENT,
)
@both_ways
def test_after_rollback(db: Database, reuse_keys: bool) -> None:
    db.create(Ticket, reuse_keys=reuse_keys)
    db.given(Ticket(seat="1A"))
    undone, kept = Ticket(seat="1B"), Ticket(seat="1C")

    with db.session(expire_on_commit=False) as session:
        session.add(undone)
        session.flush()
        before = undone.id
        session.rollback()
        session.add(kept)
        session.commit()

    db.tell(before=before, after=kept.id)
    db.answer(compared(before, kept.id))


@question(
    "generated-values.number-after-deleting-last",
    "The row with the highest generated key is deleted: which key does the next one get?",
    answers=NEXT,
    docs=AUTOINCREMENT,
)
@both_ways
def test_after_deleting_last(db: Database, reuse_keys: bool) -> None:
    db.create(Ticket, reuse_keys=reuse_keys)
    db.given(Ticket(seat="1A"))
    deleted, kept = Ticket(seat="1B"), Ticket(seat="1C")

    with db.session(expire_on_commit=False) as session:
        session.add(deleted)
        session.commit()
        before = deleted.id
        session.execute(delete(Ticket).where(Ticket.id == before))
        session.commit()
        session.add(kept)
        session.commit()

    db.tell(before=before, after=kept.id)
    db.answer(compared(before, kept.id))


@question(
    "generated-values.number-after-failed-insert",
    "An INSERT is refused for a unique value: is the key that it would have had left out?",
    answers=NEXT,
    docs=AUTOINCREMENT,
)
@both_ways
def test_after_failed_insert(db: Database, reuse_keys: bool) -> None:
    db.create(Ticket, reuse_keys=reuse_keys)
    first = Ticket(seat="1A")
    kept = Ticket(seat="1B")

    with db.session(expire_on_commit=False) as session:
        session.add(first)
        session.commit()
        before = first.id
        session.add(Ticket(seat="1A"))
        with pytest.raises(DBAPIError):
            session.flush()
        session.rollback()
        session.add(kept)
        session.commit()

    db.tell(before=before, after=kept.id)
    db.answer(compared(before + 1, kept.id))


@question(
    "generated-values.number-after-savepoint-rollback",
    "A row with a generated key is undone by a savepoint: which key does the next one get?",
    answers=NEXT,
    docs=AUTOINCREMENT,
    needs=("savepoints",),
)
@both_ways
def test_after_savepoint_rollback(db: Database, reuse_keys: bool) -> None:
    db.create(Ticket, reuse_keys=reuse_keys)
    db.given(Ticket(seat="1A"))
    undone, kept = Ticket(seat="1B"), Ticket(seat="1C")

    with db.session(expire_on_commit=False) as session:
        nested = session.begin_nested()
        session.add(undone)
        session.flush()
        before = undone.id
        nested.rollback()
        session.add(kept)
        session.commit()

    db.tell(before=before, after=kept.id)
    db.answer(compared(before, kept.id))


def add_ticket(session: Session, seat: str) -> None:
    """Add a row and flush it."""
    session.add(Ticket(seat=seat))
    session.flush()


def numbers(session: Session) -> list[int]:
    """List the numbers that are committed, and end the transaction."""
    found = list(session.scalars(select(Ticket.id).order_by(Ticket.id)))
    session.commit()
    return found


@question(
    "generated-values.numbers-in-order-of-commit",
    "Of two that insert the second commits first: does the lower number appear after the higher?",
    answers={
        "lower-later": "It does: who looked in between saw the higher one alone.",
        "in-order": "It does not: the second had to wait for the first, or to give up.",
    },
    docs=AUTOINCREMENT,
)
def test_numbers_in_order_of_commit(db: Database) -> None:
    db.create(Ticket)

    with db.together("T1", "T2", "T3") as (one, two, three):
        one.does(add_ticket, "1A")
        two.does(add_ticket, "1B")
        two.commits()
        between = three.does(numbers)
        one.commits()
        after = three.does(numbers)

    db.tell(between=between.value, after=after.value, waited=two.waited)
    came_later = set(after.value or ()) - set(between.value or ())
    passed = any(late < early for late in came_later for early in between.value or ())
    db.answer("lower-later" if passed else "in-order")
