"""The class of the error that each kind of mistake arrives as."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import (
    ColumnElement,
    Integer,
    String,
    cast,
    column,
    func,
    insert,
    literal_column,
    select,
    table,
    text,
    update,
)
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.schema import CreateTable

from session_conformance import RAISED, Account, Base, Database, facts_of, question, raised

PROGRAMMING = "errors.html#programmingerror"

YIELDED = {name: text for name, text in RAISED.items() if name != "nothing"} | {
    "null": "It yields NULL.",
    "number": "It yields a number.",
}


class Workshop(DeclarativeBase):
    """The registry of this file's tables."""


class Tool(Workshop):
    """A row with a column that must be given."""

    __tablename__ = "tool"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(20))


class Sample(Workshop):
    """A row with a number, a word, and room for what is made of them."""

    __tablename__ = "sample"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    amount: Mapped[int]
    name: Mapped[str] = mapped_column(String(20))
    found: Mapped[int | None]


def outcome(work: Callable[[], Any]) -> tuple[Any, SQLAlchemyError | None]:
    """Return what `work` returned, and what it raised of SQLAlchemy's errors."""
    try:
        return work(), None
    except SQLAlchemyError as error:
        return None, error


def error_of(work: Callable[[], Any]) -> SQLAlchemyError | None:
    """Return what `work` raised of SQLAlchemy's errors."""
    return outcome(work)[1]


@question(
    "constraints-and-errors.required-column-left-out",
    "What does an INSERT raise that leaves out a required column without a default?",
    answers=RAISED,
    docs="errors.html#integrityerror",
)
def test_required_column_left_out(db: Database) -> None:
    db.create(Tool)

    with db.session() as session:
        error = error_of(lambda: session.execute(insert(Tool).values(id=1)))

    db.tell(**facts_of(error))
    db.answer(raised(error))


@question(
    "constraints-and-errors.syntax",
    "What does a statement with a syntax error raise?",
    answers=RAISED,
    docs=PROGRAMMING,
)
def test_syntax(db: Database) -> None:
    with db.session() as session:
        error = error_of(lambda: session.execute(text("SELEKT id FROM account")))

    db.tell(**facts_of(error))
    db.answer(raised(error))


@question(
    "constraints-and-errors.missing-table",
    "What does a SELECT from a table raise that is not there?",
    answers=RAISED,
    docs=PROGRAMMING,
)
def test_missing_table(db: Database) -> None:
    missing = select(table("nowhere", column("id")).c.id)

    with db.session() as session:
        error = error_of(lambda: session.execute(missing).all())

    db.tell(**facts_of(error))
    db.answer(raised(error))


@question(
    "constraints-and-errors.missing-column",
    "What does a SELECT of a column raise that the table has not?",
    answers=RAISED,
    docs=PROGRAMMING,
)
def test_missing_column(db: Database) -> None:
    missing = select(table("account", column("nothing")).c.nothing)

    with db.session() as session:
        error = error_of(lambda: session.execute(missing).all())

    db.tell(**facts_of(error))
    db.answer(raised(error))


@question(
    "constraints-and-errors.missing-function",
    "What does a SELECT raise that calls a function which nobody has defined?",
    answers=RAISED,
    docs=PROGRAMMING,
)
def test_missing_function(db: Database) -> None:
    with db.session() as session:
        error = error_of(lambda: session.execute(select(func.nobody_knows(Account.id))).all())

    db.tell(**facts_of(error))
    db.answer(raised(error))


@question(
    "constraints-and-errors.create-existing-table",
    "What does CREATE TABLE raise for a table that is there already?",
    answers=RAISED,
    docs=PROGRAMMING,
)
def test_create_existing_table(db: Database) -> None:
    with db.session() as session:
        error = error_of(lambda: session.execute(CreateTable(Base.metadata.tables["account"])))

    db.tell(**facts_of(error))
    db.answer(raised(error))


def by_select(session: Session, expression: ColumnElement[int]) -> int | None:
    """Select the value of the expression."""
    return session.scalar(select(expression).select_from(Sample))


def by_update(session: Session, expression: ColumnElement[int]) -> int | None:
    """Store the value of the expression, and read what is stored."""
    change = update(Sample).values(found=expression)
    session.execute(change, execution_options={"synchronize_session": False})
    return session.scalar(select(Sample.found))


By = Callable[[Session, ColumnElement[int]], int | None]
both_ways = pytest.mark.parametrize("by", [by_select, by_update], ids=["select", "update"])


@question(
    "constraints-and-errors.division-by-zero",
    "What comes of a division by zero?",
    answers=YIELDED,
    docs="errors.html#dataerror",
)
@both_ways
def test_division_by_zero(db: Database, by: By) -> None:
    db.create(Sample)
    db.given(Sample(id=1, amount=10, name="ten"))
    quotient = literal_column("amount / (amount - amount)", Integer)

    with db.session() as session:
        value, error = outcome(lambda: by(session, quotient))

    db.tell(**(facts_of(error) if error else {"value": value}))
    db.answer(raised(error) if error else "null" if value is None else "number")


@question(
    "constraints-and-errors.bad-cast",
    "What comes of letters that are cast to an integer?",
    answers=YIELDED,
    docs="errors.html#dataerror",
)
@both_ways
def test_bad_cast(db: Database, by: By) -> None:
    db.create(Sample)
    db.given(Sample(id=1, amount=10, name="ten"))

    with db.session() as session:
        value, error = outcome(lambda: by(session, cast(Sample.name, Integer)))

    db.tell(**(facts_of(error) if error else {"value": value}))
    db.answer(raised(error) if error else "null" if value is None else "number")


@question(
    "constraints-and-errors.permission-denied",
    "What does a statement raise that nobody is allowed to run?",
    answers=RAISED,
    docs=PROGRAMMING,
)
def test_permission_denied(db: Database) -> None:
    with db.session() as session:
        error = error_of(lambda: session.execute(db.forbidden_statement()))

    db.tell(**facts_of(error))
    db.answer(raised(error))


@question(
    "constraints-and-errors.read-only-transaction",
    "What does a flush raise in a transaction that may only read?",
    answers=RAISED,
    docs="errors.html#internalerror",
)
def test_read_only_transaction(db: Database) -> None:
    with Session(db.new_engine(pool_size=1, max_overflow=0)) as session:
        db.make_read_only(session)
        session.add(Account(id=1, owner="Ann"))
        error = error_of(session.flush)

    db.tell(**facts_of(error))
    db.answer(raised(error))


@question(
    "constraints-and-errors.raised-by-trigger",
    "What does a flush raise whose row a trigger refuses?",
    answers=RAISED,
    docs="errors.html#dbapi-errors",
    needs=("triggers",),
)
def test_raised_by_trigger(db: Database) -> None:
    db.create(Tool)
    db.refuse_inserts(Tool, "no more tools")

    with db.session() as session:
        session.add(Tool(id=1, name="saw"))
        error = error_of(session.flush)

    db.tell(**facts_of(error))
    db.answer(raised(error))
