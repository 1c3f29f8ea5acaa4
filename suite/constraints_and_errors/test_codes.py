"""What an error says of its cause beside its class, and what a mere warning does."""

import re
import warnings
from typing import Any

import pytest
from sqlalchemy import CheckConstraint, ForeignKey, Numeric, String
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from session_conformance import Account, Database, facts_of, question, raised

DBAPI = "errors.html#dbapi-errors"


class Stock(DeclarativeBase):
    """The registry of this file's table."""


class Item(Stock):
    """A row under each kind of constraint, of few letters and digits."""

    __tablename__ = "item"
    __table_args__ = (CheckConstraint("weight > 0", name="item_has_weight"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(5), unique=True)
    weight: Mapped[int]
    within: Mapped[int | None] = mapped_column(ForeignKey("item.id"))
    price: Mapped[int | None] = mapped_column(Numeric(4, 0))


BROKEN: dict[str, dict[str, Any]] = {
    "unique": {"name": "bolt"},
    "foreign-key": {"name": "nut", "within": 77},
    "not-null": {"name": None},
    "check": {"name": "nut", "weight": -1},
    "too-long": {"name": "a long word"},
    "too-large": {"name": "nut", "price": 20_000},
}


def error_of_flush(session: Any) -> DBAPIError | None:
    """Flush; return what it raised."""
    try:
        session.flush()
    except DBAPIError as error:
        return error
    return None


@question(
    "constraints-and-errors.sqlstate-agrees-with-class",
    "Do the SQLSTATE of a refused row and the class of its error say the same?",
    answers={
        "agree": "They do: 23 with IntegrityError, or 22 with DataError.",
        "disagree": "The SQLSTATE begins with 23 or 22, and the class is another one.",
        "other-sqlstate": "The SQLSTATE begins otherwise, so it tells neither of the two.",
        "no-sqlstate": "The driver gives no SQLSTATE.",
        "stored": "There is no error: the row is taken.",
    },
    docs=DBAPI,
)
@pytest.mark.parametrize("kind", BROKEN)
def test_sqlstate_agrees_with_class(db: Database, kind: str) -> None:
    db.create(Item)
    db.given(Item(id=1, name="bolt", weight=1))

    with db.session() as session:
        session.add(Item(id=2, **({"weight": 1} | BROKEN[kind])))
        error = error_of_flush(session)

    facts = facts_of(error)
    state = str(facts.get("sqlstate", ""))
    classes = {"23": IntegrityError, "22": DataError}
    db.tell(**facts, raised=raised(error))
    if error is None:
        db.answer("stored")
    elif not state:
        db.answer("no-sqlstate")
    elif state[:2] not in classes:
        db.answer("other-sqlstate")
    else:
        db.answer("agree" if isinstance(error, classes[state[:2]]) else "disagree")


def places(error: BaseException) -> dict[str, str]:
    """Return the attributes that hold a number or an SQLSTATE, each with what it holds."""
    found = {}
    for name in dir(error):
        value = None if name.startswith("_") else getattr(error, name, None)
        if isinstance(value, int) and not isinstance(value, bool):
            found[name] = "number"
        elif isinstance(value, str) and re.fullmatch(r"[0-9A-Z]{5}", value):
            found[name] = "sqlstate"
    return found


def in_arguments(arguments: tuple[Any, ...]) -> bool:
    """Tell whether a number or an SQLSTATE is among an exception's arguments."""
    named = [value for words in arguments if isinstance(words, dict) for value in words.values()]
    return any(
        isinstance(value, int) or (isinstance(value, str) and re.fullmatch("[0-9A-Z]{5}", value))
        for value in (*arguments, *named)
    )


@question(
    "constraints-and-errors.driver-code-reachable",
    "Where does a program find the code that the database gave to an error?",
    answers={
        "sqlstate-and-number": "Attributes of orig hold the SQLSTATE, and the number as well.",
        "sqlstate": "An attribute of orig holds the SQLSTATE.",
        "number": "An attribute of orig holds the number.",
        "arguments": "It is among the arguments of orig and has no attribute of its own.",
        "nowhere": "It has to be read out of the message.",
    },
    docs="API DBAPIError.orig",
)
def test_driver_code_reachable(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"))

    with db.session() as session:
        session.add(Account(id=1, owner="Bob"))
        with pytest.raises(DBAPIError) as caught:
            session.flush()

    error: Any = caught.value.orig
    found = places(error)
    db.tell(attributes=sorted(found), **facts_of(caught.value))
    held = set(found.values())
    if held == {"number", "sqlstate"}:
        db.answer("sqlstate-and-number")
    elif held:
        db.answer(held.pop())
    else:
        db.answer("arguments" if in_arguments(error.args) else "nowhere")


@question(
    "constraints-and-errors.warnings-are-not-errors",
    "What does a program see of a statement that the server carries out with a warning?",
    answers={
        "nothing": "Nothing: the statement works, and the warning has to be asked for.",
        "python-warning": "The statement works, and the driver gives a warning of Python's.",
        "error": "The warning is raised as an error.",
    },
    docs=DBAPI,
)
def test_warnings_are_not_errors(db: Database) -> None:
    error = None
    with db.session() as session, warnings.catch_warnings(record=True) as given:
        warnings.simplefilter("always")
        try:
            session.execute(db.warned_statement())
        except DBAPIError as caught:
            error = caught

    db.tell(warnings=sorted({warning.category.__name__ for warning in given}), **facts_of(error))
    if error is not None:
        db.answer("error")
    else:
        db.answer("python-warning" if given else "nothing")
