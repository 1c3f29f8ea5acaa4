"""What holds for values of every type: NULL, batches, filters, and no needless UPDATE."""

import enum
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import (
    BigInteger,
    Boolean,
    Date,
    DateTime,
    Double,
    Enum,
    Integer,
    LargeBinary,
    Numeric,
    String,
    Text,
    Time,
    Uuid,
    bindparam,
    case,
    insert,
    select,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeEngine

from session_conformance import Database, promise


class Colour(enum.Enum):
    """A member is stored by its name."""

    RED = "#f00"
    GREEN = "#0f0"


class Shelf(DeclarativeBase):
    """The registry of this file's tables."""


class Thing(Shelf):
    """A row that holds one value of one type."""

    __abstract__ = True

    id: Mapped[int] = mapped_column(primary_key=True)
    value: Mapped[Any]


def thing(name: str, column_type: TypeEngine[Any]) -> type[Thing]:
    value = mapped_column(column_type, nullable=True)
    return type(name, (Thing,), {"__tablename__": f"{name.lower()}_thing", "value": value})


# Name of the variant: the class, and two values whose copies are equal and other objects.
KINDS: dict[str, tuple[type[Thing], Any, Any]] = {
    "integer": (thing("Integers", Integer()), 70_001, -5),
    "bigint": (thing("BigIntegers", BigInteger()), 2**53 + 1, -(2**63)),
    "double": (thing("Doubles", Double()), 0.1, -2.5e-300),
    "decimal": (thing("Decimals", Numeric(12, 4)), Decimal("19.9500"), Decimal("-0.0001")),
    "string": (thing("Strings", String(50)), "Zoë's 100% \\ 🦉", " padded "),
    "text": (thing("Texts", Text()), "Zoë's 100% \\ 🦉", "two\nlines"),
    "binary": (thing("Binaries", LargeBinary()), b"\x00\xff'\\%s", b"\x80\n"),
    "boolean": (thing("Booleans", Boolean()), True, False),
    "date": (thing("Dates", Date()), date(2024, 2, 29), date(1969, 12, 31)),
    "datetime": (
        thing("Datetimes", DateTime()),
        datetime(2024, 3, 31, 2, 30),  # noqa: DTZ001
        datetime(1969, 12, 31, 23, 59, 59),  # noqa: DTZ001
    ),
    "time": (thing("Times", Time()), time(23, 59, 59), time(0, 0)),
    # Kept as text: a type of its own in the database would outlive what drivers know of it.
    "enum": (thing("Enums", Enum(Colour, native_enum=False)), Colour.RED, Colour.GREEN),
    "uuid": (
        thing("Uuids", Uuid()),
        UUID("0f8fad5b-d9cb-469f-a165-70867728950e"),
        UUID("7c9e6679-7425-40de-944b-e07fc1f90ae7"),
    ),
}
every_kind = pytest.mark.parametrize(("kind", "value", "other"), KINDS.values(), ids=KINDS)
decimals = pytest.mark.filterwarnings("ignore:Dialect .* does .not. support Decimal objects")


@promise(
    "values-round-trip.null",
    "None is stored as NULL and reads back as None, beside values and in a row of its own.",
    docs="core/type_basics.html",
)
@decimals
@every_kind
def test_null(db: Database, kind: type[Thing], value: object, other: object) -> None:
    db.create(kind)

    with db.session() as session:
        session.add(kind(id=1, value=None))
        session.flush()
        session.add_all([kind(id=2, value=value), kind(id=3, value=None), kind(id=4, value=other)])
        session.commit()

        read = session.scalars(select(kind.value).order_by(kind.id)).all()
        nulls = session.scalars(select(kind.id).where(kind.value.is_(None)).order_by(kind.id)).all()

    assert read == [None, value, None, other]
    assert nulls == [1, 3]
    assert [row.value for row in db.stored(kind)] == [None, value, None, other]


@promise(
    "values-round-trip.batched-equals-single",
    "A value that a batch of rows stores is the one that a single INSERT stores.",
    docs="core/connections.html#engine-insertmanyvalues",
)
@decimals
@every_kind
def test_batched_equals_single(
    db: Database, kind: type[Thing], value: object, other: object
) -> None:
    db.create(kind)

    with db.session() as session:
        session.add_all([kind(value=value), kind(value=other)])
        session.flush()
        session.add(kind(id=101, value=value))
        session.flush()
        session.execute(insert(kind), [{"id": 102, "value": value}, {"id": 103, "value": other}])
        session.commit()

        read = session.scalars(select(kind.value).order_by(kind.id)).all()

    written = [value, other, value, value, other]
    assert read == written
    assert all(isinstance(found, type(value)) for found in read)
    assert [row.value for row in db.stored(kind)] == written


@promise(
    "values-round-trip.filter-finds-value",
    "A row is found by comparing its column with the value that was stored, and only that row.",
    docs="tutorial/data_select.html#the-where-clause",
)
@decimals
@every_kind
def test_filter_finds_value(db: Database, kind: type[Thing], value: object, other: object) -> None:
    db.create(kind)

    with db.session() as session:
        session.add_all([kind(id=1, value=value), kind(id=2, value=other), kind(id=3, value=None)])
        session.commit()

        assert session.scalars(select(kind.id).where(kind.value == value)).all() == [1]
        assert session.scalars(select(kind.id).where(kind.value != value)).all() == [2]
        assert session.scalars(select(kind.id).where(kind.value.in_([other]))).all() == [2]


@promise(
    "values-round-trip.null-bind-in-comparison",
    "None bound to a typed parameter works inside CASE and a comparison, with no cast written.",
    docs="API bindparam.type_",
)
@decimals
@every_kind
def test_null_bind_in_comparison(
    db: Database, kind: type[Thing], value: object, other: object
) -> None:
    db.create(kind)
    db.given(kind(id=1, value=value), kind(id=2, value=other))
    given = bindparam("given", type_=kind.__table__.c.value.type)
    chosen = case((given.is_not(None), given), else_=kind.value)
    keys = select(kind.id).where(chosen == kind.value).order_by(kind.id)

    with db.session() as session:
        assert session.scalars(keys, {"given": None}).all() == [1, 2]
        assert session.scalars(keys, {"given": other}).all() == [2]


@promise(
    "values-round-trip.no-spurious-update",
    "An attribute that is set to a value equal to the one loaded is not written.",
    docs="API Session.dirty",
)
@decimals
@every_kind
def test_no_spurious_update(db: Database, kind: type[Thing], value: object, other: object) -> None:
    db.create(kind)
    db.given(kind(id=1, value=value), kind(id=2, value=other), kind(id=3, value=None))

    with db.session() as session:
        first, second, third = session.scalars(select(kind).order_by(kind.id))

        with db.watch() as sql:
            first.value, second.value, third.value = value, other, None
            session.commit()
        assert sql.verbs == []

        first.value = other
        session.commit()

    assert [row.value for row in db.stored(kind)] == [other, other, None]
