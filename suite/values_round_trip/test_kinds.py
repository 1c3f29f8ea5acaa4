"""Of which class the values of a column are, and what happens to those of a wrong one."""

import enum
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import (
    ARRAY,
    CHAR,
    Boolean,
    Date,
    DateTime,
    Enum,
    Float,
    Integer,
    Interval,
    LargeBinary,
    Numeric,
    String,
    Time,
    Uuid,
    insert,
    select,
)
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeEngine

from session_conformance import RAISED, Account, Database, facts_of, question, raised

REFUSED = {name: sentence for name, sentence in RAISED.items() if name != "nothing"}
decimals = pytest.mark.filterwarnings("ignore:Dialect .* does .not. support Decimal objects")


class Size(enum.Enum):
    """A member is stored by its name."""

    SMALL = 1
    LARGE = 2


class Chest(DeclarativeBase):
    """The registry of this file's tables."""


class Piece(Chest):
    """A row that holds one value of one type."""

    __abstract__ = True

    id: Mapped[int] = mapped_column(primary_key=True)
    value: Mapped[Any]


def piece(name: str, column_type: TypeEngine[Any]) -> type[Piece]:
    # Behind the key, as in most tables; else it would stand before what the base class has.
    value = mapped_column(column_type, nullable=True, sort_order=1)
    return type(name, (Piece,), {"__tablename__": f"{name.lower()}_piece", "value": value})


NOON = datetime(2024, 2, 29, 12, 30, 15, 987_644)  # noqa: DTZ001
KINDS: dict[str, tuple[type[Piece], Any]] = {
    "integer": (piece("Integers", Integer()), 70_001),
    "float": (piece("Floats", Float()), 1 / 3),
    "whole-float": (piece("WholeFloats", Float()), 2.0),
    "decimal": (piece("Decimals", Numeric(12, 4)), Decimal("19.95")),
    "numeric-as-float": (piece("Ratios", Numeric(12, 4, asdecimal=False)), 19.95),
    "whole-numeric-as-float": (piece("WholeRatios", Numeric(12, 4, asdecimal=False)), 2.0),
    "char": (piece("Chars", CHAR(5)), "ab"),
    "string": (piece("Strings", String(50)), "Zoë's 100% \\ 🦉"),
    "binary": (piece("Binaries", LargeBinary()), b"\x00\xff'\\%s"),
    "boolean": (piece("Booleans", Boolean()), True),
    "date": (piece("Dates", Date()), date(2024, 2, 29)),
    "datetime": (piece("Datetimes", DateTime()), NOON),
    "time": (piece("Times", Time()), time(12, 30, 15, 987_644)),
    "interval": (piece("Intervals", Interval()), timedelta(days=2, microseconds=987_644)),
    # Kept as text: a type of its own in the database would outlive what drivers know of it.
    "enum": (piece("Enums", Enum(Size, native_enum=False)), Size.SMALL),
    "uuid": (piece("Uuids", Uuid()), UUID("0f8fad5b-d9cb-469f-a165-70867728950e")),
}
TAGS = KINDS["uuid"][0]
NUMBERS = piece("NumberArrays", ARRAY(Integer()))
WORDS = piece("WordArrays", ARRAY(String(20)))
TABLES = piece("TableArrays", ARRAY(Integer(), dimensions=2))
ARRAYS: dict[str, tuple[type[Piece], list[Any]]] = {
    "numbers": (NUMBERS, [1, None, -3]),
    "words": (WORDS, ["a,b", 'say "so"', "it's \\", "{}", "NULL", None, "", " x "]),
    "nested": (TABLES, [[1, 2], [3, 4]]),
    "empty": (NUMBERS, []),
}
# Name of the variant: the class, and a value that is none of its type.
WRONG: dict[str, tuple[type[Piece], Any]] = {
    "word-as-integer": (KINDS["integer"][0], "twelve"),
    "digits-as-integer": (KINDS["integer"][0], "12"),
    "integer-as-string": (KINDS["string"][0], 12),
    "text-as-date": (KINDS["date"][0], "2024-02-29"),
    "list-as-string": (KINDS["string"][0], ["a", "b"]),
    "object-as-integer": (KINDS["integer"][0], object()),
}


@question(
    "values-round-trip.returning-equals-select",
    "Is what INSERT … RETURNING gives of a column what a SELECT gives of it later?",
    answers={
        "same": "It is equal, and of the same class.",
        "other-class": "It is equal, and of another class.",
        "other-value": "It is another value.",
    },
    docs="core/connections.html#engine-insertmanyvalues",
    needs=("returning",),
)
@decimals
@pytest.mark.parametrize(("kind", "value"), KINDS.values(), ids=KINDS)
def test_returning_equals_select(db: Database, kind: type[Piece], value: object) -> None:
    db.create(kind)

    with db.session() as session:
        statement = insert(kind).values(id=1, value=value).returning(kind.value)
        returned = session.scalars(statement).one()
        session.commit()
        selected = session.scalars(select(kind.value)).one()

    db.tell(returned=repr(returned), selected=repr(selected))
    alike = "same" if type(returned) is type(selected) else "other-class"
    db.answer(alike if returned == selected else "other-value")


@question(
    "values-round-trip.uuid-exact-class",
    "Of which class is a UUID that is read from the database?",
    answers={
        "exact": "It is a uuid.UUID.",
        "subclass": "It is of a class of the driver's own, derived from uuid.UUID.",
        "other": "It is of another class.",
    },
    docs="API Uuid",
)
def test_uuid_exact_class(db: Database) -> None:
    db.create(TAGS)

    with db.session() as session:
        session.add(TAGS(id=1, value=UUID("0f8fad5b-d9cb-469f-a165-70867728950e")))
        session.commit()
        read = session.scalars(select(TAGS.value)).one()

    db.tell(kind=f"{type(read).__module__}.{type(read).__qualname__}")
    derived = "subclass" if isinstance(read, UUID) else "other"
    db.answer("exact" if type(read) is UUID else derived)


@question(
    "values-round-trip.array",
    "What does a list read back as from an ARRAY column?",
    answers={
        "equal": "As an equal list.",
        "changed": "As something else.",
    },
    docs="API ARRAY",
    needs=("arrays",),
)
@pytest.mark.parametrize(("kind", "value"), ARRAYS.values(), ids=ARRAYS)
def test_array(db: Database, kind: type[Piece], value: list[object]) -> None:
    db.create(kind)

    with db.session() as session:
        session.add(kind(id=1, value=value))
        session.commit()
        read = session.scalars(select(kind.value)).one()

    db.tell(read=repr(read))
    db.answer("equal" if read == value else "changed")


@question(
    "values-round-trip.wrong-python-type",
    "What happens to a value that is not of the column's Python type?",
    answers={
        **REFUSED,
        "statement-error": "StatementError is raised, before the driver sees the value.",
        "stored-as-it-is": "It is stored, and reads back as the value of the wrong type.",
        "stored-as-type": "It is stored, and reads back as a value of the column's type.",
    },
    docs="API Column.type",
)
@pytest.mark.parametrize(("kind", "value"), WRONG.values(), ids=WRONG)
def test_wrong_python_type(db: Database, kind: type[Piece], value: object) -> None:
    db.create(kind)
    db.given(Account(id=1, owner="Ann"))

    with db.session() as session:
        session.add(kind(id=1, value=value))
        try:
            session.commit()
        except Exception as error:
            session.rollback()
            db.tell(works_after_rollback=session.get(Account, 1) is not None, **facts_of(error))
            early = isinstance(error, StatementError) and not isinstance(error, DBAPIError)
            db.answer("statement-error" if early else raised(error))
        else:
            read = session.scalars(select(kind.value)).one()
            db.tell(read=repr(read))
            db.answer("stored-as-it-is" if type(read) is type(value) else "stored-as-type")
