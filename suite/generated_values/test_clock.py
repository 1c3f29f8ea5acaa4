"""What the database's clock shows: from one statement to the next, within one, and how exactly."""

import time
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Mapped, aliased, mapped_column

from session_conformance import Database, Entry, facts_of, question, raised

DEFAULTS = "orm/persistence_techniques.html#orm-server-defaults"
NOW = "API func.now"
SAME = {
    "same": "It shows the same time.",
    "later": "It shows a later time.",
}


class Factory(DeclarativeBase):
    """The registry of this file's table."""


class Product(Factory):
    """A row that the server stamps with the time."""

    __tablename__ = "product"

    id: Mapped[int] = mapped_column(primary_key=True)
    made: Mapped[datetime] = mapped_column(server_default=func.now())


def tick(seconds: float) -> None:
    """Let the database's clock go on; nothing else is waited for."""
    time.sleep(seconds)  # lint: allow sleep -- no event tells that a clock went on


@question(
    "generated-values.clock-statements-in-one-transaction",
    "What does CURRENT_TIMESTAMP show to a later statement of the same transaction?",
    answers=SAME,
    docs=NOW,
)
def test_statements_in_one_transaction(db: Database) -> None:
    now = select(db.clock())

    with db.session() as session:
        first = session.scalar(now)
        tick(0.01)
        second = session.scalar(now)

    assert first is not None
    db.answer("same" if second == first else "later")


@question(
    "generated-values.clock-next-transaction",
    "What does CURRENT_TIMESTAMP show to a statement of the next transaction?",
    answers=SAME,
    docs=NOW,
)
def test_next_transaction(db: Database) -> None:
    now = select(db.clock())

    with db.session() as session:
        first = session.scalar(now)
        session.commit()
        tick(0.01)
        second = session.scalar(now)

    assert first is not None
    db.answer("same" if second == first else "later")


@question(
    "generated-values.clock-within-one-statement",
    "What does CURRENT_TIMESTAMP show in a later row of the same SELECT?",
    answers=SAME,
    docs=NOW,
)
def test_within_one_statement(db: Database) -> None:
    """Of thousands of rows, so that some milliseconds go by."""
    db.given(*(Entry(id=number, amount=number) for number in range(1, 21)))
    first, second, third = aliased(Entry), aliased(Entry), aliased(Entry)
    rows = select(db.clock()).select_from(first)
    rows = rows.join(second, first.amount > -second.amount)
    rows = rows.join(third, second.amount > -third.amount)

    with db.session() as session:
        times = session.scalars(rows).all()

    assert len(times) == 8000
    db.answer("same" if len(set(times)) == 1 else "later")


@question(
    "generated-values.clock-server-default-in-one-transaction",
    "What does a server default of now() give a row that is flushed later in one transaction?",
    answers=SAME,
    docs=DEFAULTS,
)
def test_server_default_in_one_transaction(db: Database) -> None:
    """Takes a second where the column holds whole ones."""
    db.create(Product)

    with db.session() as session:
        first = Product(id=1)
        session.add(first)
        session.flush()
        made = first.made
        tick(0.01 if made.microsecond else 1.01)
        second = Product(id=2)
        session.add(second)
        session.flush()
        later = second.made

    assert later >= made
    db.answer("same" if later == made else "later")


@question(
    "generated-values.clock-now-type",
    "How exact is the time that func.now() reads?",
    answers={
        "microseconds": "To the microsecond.",
        "milliseconds": "To the millisecond, or to some hundreds of microseconds.",
        "seconds": "To the second.",
        "error": "It cannot be read: an error is raised.",
    },
    docs=NOW,
)
def test_now_type(db: Database) -> None:
    """Of three readings, as one may happen to be a round number."""
    times = []

    with db.session() as session:
        try:
            for _ in range(3):
                times.append(session.scalars(select(func.now())).one())
                session.rollback()
                tick(0.011)
        except DBAPIError as error:
            db.tell(error=raised(error), **facts_of(error))
            db.answer("error")
        else:
            db.tell(zone=str(times[0].tzinfo))
            fractions = [moment.microsecond for moment in times]
            rounded = "milliseconds" if any(fractions) else "seconds"
            exact = any(fraction % 100 for fraction in fractions)
            db.answer("microseconds" if exact else rounded)
