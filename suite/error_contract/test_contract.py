"""The error contract: what a program gets to see of a trouble, and what is left of its Session."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import CheckConstraint, ForeignKey, String, func, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, aliased, mapped_column

from session_conformance import (
    RAISED,
    Account,
    Actor,
    Condition,
    Database,
    Entry,
    facts_of,
    question,
    raised,
    state_of,
    two_accounts,
)

ERRORS = "core/exceptions.html#sqlalchemy.exc.DBAPIError"


class Store(DeclarativeBase):
    """The registry of this file's tables."""


class Part(Store):
    """A row under each kind of constraint."""

    __tablename__ = "part"
    __table_args__ = (CheckConstraint("weight > 0", name="part_has_weight"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(20), unique=True)
    weight: Mapped[int]
    within: Mapped[int | None] = mapped_column(ForeignKey("part.id"))


BROKEN: dict[str, dict[str, Any]] = {
    "unique": {"name": "bolt", "weight": 1},
    "foreign-key": {"name": "nut", "weight": 1, "within": 77},
    "not-null": {"name": None, "weight": 1},
    "check": {"name": "nut", "weight": -1},
}


def tried(session: Session, work: Callable[[Session], object]) -> SQLAlchemyError | None:
    """Return what `work` raised of SQLAlchemy's errors."""
    try:
        work(session)
    except SQLAlchemyError as error:
        return error
    return None


def put(session: Session, key: int, value: int) -> None:
    """Write a balance."""
    session.execute(update(Account).where(Account.id == key).values(balance=value))


def look(session: Session) -> list[int]:
    """Read all balances."""
    return list(session.scalars(select(Account.balance)))


def told(db: Database, session: Session, error: BaseException | None) -> str:
    """Write down what the error and the Session say, and whether the Session works after it."""
    db.tell(**facts_of(error), **state_of(session))
    undone = tried(session, Session.rollback) is None
    works = undone and tried(session, look) is None
    db.tell(works_after_rollback=works)
    return raised(error)


@question(
    "error-contract.constraint",
    "What does a flush raise that breaks a constraint?",
    answers=RAISED,
    docs=ERRORS,
)
@pytest.mark.parametrize("kind", BROKEN)
def test_constraint(db: Database, kind: str) -> None:
    db.create(Part)
    db.given(Part(id=1, name="bolt", weight=1))

    with db.session() as session:
        session.add(Part(id=2, **BROKEN[kind]))
        db.answer(told(db, session, tried(session, lambda session: session.flush())))


@question(
    "error-contract.statement-timeout",
    "What does a statement raise that the server ends for its length?",
    answers=RAISED,
    docs=ERRORS,
    needs=("statement_timeout",),
)
def test_statement_timeout(db: Database) -> None:
    db.given(*(Entry(id=number, amount=1) for number in range(1, 31)))
    # A join of all with all is what is meant here.
    engine = db.new_engine(enable_from_linting=False, pool_size=1, max_overflow=0)
    many = [aliased(Entry) for _ in range(5)]
    endless = select(func.sum(sum(entry.amount for entry in many)))

    with Session(engine) as session:
        db.limit_time(session, 0.05)
        db.answer(told(db, session, tried(session, lambda session: session.scalar(endless))))


@question(
    "error-contract.lost-connection",
    "What does the next statement raise when the server has ended the connection?",
    answers=RAISED,
    docs="core/pooling.html#disconnect-handling-pessimistic",
    needs=("kill_connection",),
)
def test_lost_connection(db: Database) -> None:
    with db.session() as session:
        session.scalars(select(Account)).all()
        db.kill(session)
        db.answer(told(db, session, tried(session, look)))


def told_the_refused(db: Database, *actors: Actor) -> str:
    """Write down what the one that was refused got to see."""
    errors = [(actor, actor.errors[0]) for actor in actors if actor.errors]
    if not errors:
        return raised(None)
    victim, error = errors[0]
    db.tell(**facts_of(error))
    db.tell(**victim.does(state_of).value)
    victim.rolls_back()
    db.tell(works_after_rollback=victim.does(look, go_on=True).done)
    return raised(error)


@question(
    "error-contract.deadlock",
    "What does the victim of a deadlock get to see?",
    answers=RAISED,
    docs=ERRORS,
    needs=("row_locks",),
)
def test_deadlock(db: Database) -> None:
    db.given(*two_accounts())

    with db.together("T1", "T2") as (one, two):
        one.does(put, 1, 11, go_on=True)
        two.does(put, 2, 22, go_on=True)
        one.does(put, 2, 21, go_on=True)
        two.does(put, 1, 12, go_on=True)
        db.answer(told_the_refused(db, one, two))


@question(
    "error-contract.lock-timeout",
    "What does a statement raise that waits too long for a lock?",
    answers=RAISED,
    docs=ERRORS,
    needs=("row_locks",),
)
def test_lock_timeout(db: Database) -> None:
    """Takes a second where the server counts the time for a lock in whole ones."""
    db.given(*two_accounts())

    with db.session() as session:
        db.limit_lock_wait(session)
        with db.holding(Account, 1):
            error = tried(session, lambda session: put(session, 1, 11))
        db.answer(told(db, session, error))


@question(
    "error-contract.serialization-failure",
    "What is raised when two transactions at SERIALIZABLE change what both have read?",
    answers=RAISED,
    docs=ERRORS,
    needs=("isolation_levels",),
)
def test_serialization_failure(db: Database) -> None:
    db.given(*two_accounts())

    with db.together("T1", "T2", condition=Condition(level="SERIALIZABLE")) as (one, two):
        one.does(look, go_on=True)
        two.does(look, go_on=True)
        one.does(put, 1, 11, go_on=True)
        two.does(put, 1, 12, go_on=True)
        for actor in (one, two):
            if not actor.errors:
                actor.does(Session.commit, go_on=True)
        db.answer(told_the_refused(db, one, two))
