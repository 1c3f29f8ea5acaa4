"""Whether a key that comes back from the database is the one that a Session looks for."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import (
    VARBINARY,
    BigInteger,
    Date,
    DateTime,
    LargeBinary,
    Numeric,
    String,
    Uuid,
    select,
)
from sqlalchemy.dialects.mysql import DATETIME
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.orm.exc import ObjectDeletedError
from sqlalchemy.types import TypeEngine

from session_conformance import Database, question

GET = "API Session.get"
# Not every plain column type can be a key or holds microseconds; these variants can.
SHORT_BINARY = LargeBinary(20).with_variant(VARBINARY(20), "mysql", "mariadb")
MICROSECONDS = DateTime().with_variant(DATETIME(fsp=6), "mysql", "mariadb")
OTHER_SPELLING = {
    "found": "It finds the row, and gives the object that the Session holds of it.",
    "another-object": "It finds the row, and makes a second object of it.",
    "not-found": "It finds nothing.",
}


class Index(DeclarativeBase):
    """The registry of this file's tables."""


class Card(Index):
    """Found by text."""

    __tablename__ = "card"

    key: Mapped[str] = mapped_column(String(50), primary_key=True)


class Event(Index):
    """Found by a point in time, of the type that SQLAlchemy takes for DateTime."""

    __tablename__ = "event"

    key: Mapped[datetime] = mapped_column(DateTime, primary_key=True)
    name: Mapped[str] = mapped_column(String(20))


class Keyed(Index):
    """Found by a key of some type."""

    __abstract__ = True

    key: Mapped[Any]


def keyed(name: str, column_type: TypeEngine[Any]) -> type[Keyed]:
    key = mapped_column(column_type, primary_key=True, autoincrement=False)
    return type(name, (Keyed,), {"__tablename__": f"keyed_{name.lower()}", "key": key})


# Name of the variant: the class, and a key.
KEYS: dict[str, tuple[type[Keyed], Any]] = {
    "int": (keyed("Int64", BigInteger()), 2**53 + 1),
    "uuid": (keyed("Uuids", Uuid()), UUID("0f8fad5b-d9cb-469f-a165-70867728950e")),
    "bytes": (keyed("Bytes", SHORT_BINARY), b"\x00\xff'\\"),
    "decimal": (keyed("Decimals", Numeric(12, 4)), Decimal("19.9500")),
    "str": (keyed("Strings", String(50)), "Zoë 🦉"),
    "date": (keyed("Dates", Date()), date(2024, 2, 29)),
    "datetime": (keyed("Datetimes", MICROSECONDS), datetime(2024, 2, 29, 12, 30)),  # noqa: DTZ001
}


@question(
    "identity-map.key-exact-type",
    "Of which class is a key that is read from the database?",
    answers={
        "exact": "It is of Python's class for the type of the column.",
        "subclass": "It is of a class derived from that one.",
        "other": "It is of another class.",
    },
    docs="API TypeEngine.python_type",
)
@pytest.mark.filterwarnings("ignore:Dialect .* does .not. support Decimal objects natively")
@pytest.mark.parametrize(("kind", "key"), KEYS.values(), ids=KEYS)
def test_key_exact_type(db: Database, kind: type[Keyed], key: object) -> None:
    db.create(kind)
    db.given(kind(key=key))

    with db.session() as session:
        read = session.scalars(select(kind)).one().key

    db.tell(kind=f"{type(read).__module__}.{type(read).__qualname__}")
    assert read == key
    derived = "subclass" if isinstance(read, type(key)) else "other"
    db.answer("exact" if type(read) is type(key) else derived)


@question(
    "identity-map.key-case-folding",
    "What does get() find by a text key whose letters are of another case?",
    answers=OTHER_SPELLING,
    docs=GET,
)
def test_key_case_folding(db: Database) -> None:
    db.create(Card)
    db.given(Card(key="Ann"))

    with db.session() as session:
        card = session.get_one(Card, "Ann")
        found = session.get(Card, "aNN")

        held = "found" if found is card else "another-object"
        db.answer("not-found" if found is None else held)


@question(
    "identity-map.key-trailing-space",
    "What does get() find by a text key with a space behind it?",
    answers=OTHER_SPELLING,
    docs=GET,
)
def test_key_trailing_space(db: Database) -> None:
    db.create(Card)
    db.given(Card(key="Ann"))

    with db.session() as session:
        card = session.get_one(Card, "Ann")
        found = session.get(Card, "Ann ")

        held = "found" if found is card else "another-object"
        db.answer("not-found" if found is None else held)


@question(
    "identity-map.key-datetime-default-precision",
    "What becomes of an object whose key in a plain DateTime column has microseconds?",
    answers={
        "found": "After commit() it is read again by its key.",
        "reported-deleted": "After commit() it counts as deleted, though its row is there.",
    },
    docs="API DateTime",
)
def test_key_datetime_default_precision(db: Database) -> None:
    db.create(Event)

    with db.session() as session:
        event = Event(key=datetime(2024, 2, 29, 12, 30, 15, 987_600), name="start")  # noqa: DTZ001
        session.add(event)
        session.commit()
        assert session.scalar(select(Event.name)) == "start"

        try:
            name = event.name
        except ObjectDeletedError:
            db.answer("reported-deleted")
        else:
            assert name == "start"
            db.answer("found")
