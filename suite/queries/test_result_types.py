"""Of which types the results of functions and of arithmetic are."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Select, TextClause, func, select, text
from sqlalchemy.exc import DBAPIError

from session_conformance import Account, Database, facts_of, question, raised

KINDS: dict[type, str] = {int: "int", float: "float", Decimal: "decimal", str: "str"}
NUMBERS = {
    "int": "It is an int.",
    "float": "It is a float.",
    "decimal": "It is a Decimal.",
}


@question(
    "queries.aggregate-types",
    "Of which type is the sum, or the average, of a column of whole numbers?",
    answers=NUMBERS,
    docs="API func.sum",
)
@pytest.mark.parametrize(
    "query",
    [
        select(func.sum(Account.balance)),
        select(func.avg(Account.balance)),
        text("SELECT sum(balance) FROM account"),
        text("SELECT avg(balance) FROM account"),
    ],
    ids=["sum", "avg", "sum-in-text", "avg-in-text"],
)
def test_aggregate_types(db: Database, query: Select[Any] | TextClause) -> None:
    db.given(Account(id=1, owner="Ann", balance=4), Account(id=2, owner="Bob", balance=8))

    with db.session() as session:
        read = session.scalars(query).one()

    db.tell(read=repr(read))
    assert read in (6, 12)
    db.answer(KINDS[type(read)])


@question(
    "queries.division-type",
    "What does 7 / 2 give in a textual statement, of two whole numbers?",
    answers={
        "int": "3, an int.",
        "float": "3.5, a float.",
        "decimal": "3.5, a Decimal.",
    },
    docs="API text",
)
def test_division_type(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=7))

    with db.session() as session:
        read = session.scalars(text("SELECT balance / 2 FROM account")).one()

    db.tell(read=repr(read))
    answers = {(int, 3): "int", (float, 3.5): "float", (Decimal, Decimal("3.5")): "decimal"}
    db.answer(answers[type(read), read])


@question(
    "queries.current-time-type",
    "What does a SELECT of func.now() give, and one of func.current_date()?",
    answers={
        "naive-datetime": "A datetime without a zone.",
        "aware-datetime": "A datetime with a zone.",
        "date": "A date.",
        "str": "A str.",
        "error": "It cannot be read: an error is raised.",
    },
    docs="API func.now",
)
@pytest.mark.parametrize(
    "query",
    [select(func.now()), select(func.current_date())],
    ids=["now", "current-date"],
)
def test_current_time_type(db: Database, query: Select[Any]) -> None:
    with db.session() as session:
        try:
            read = session.scalars(query).one()
        except DBAPIError as error:
            db.tell(error=raised(error), **facts_of(error))
            db.answer("error")
        else:
            aware = isinstance(read, datetime) and read.tzinfo is not None
            moment = "aware-datetime" if aware else "naive-datetime"
            db.answer({datetime: moment, date: "date", str: "str"}[type(read)])
