"""Numbers come back as the numbers they were, to the last digit and of the same type."""

from decimal import Decimal

import pytest
from sqlalchemy import BigInteger, Double, Float, Numeric, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from session_conformance import Account, Database, promise

decimals = pytest.mark.filterwarnings("ignore:Dialect .* does .not. support Decimal objects")


class Laboratory(DeclarativeBase):
    """The registry of this file's tables."""


class Count(Laboratory):
    """A 64-bit number."""

    __tablename__ = "count_of_things"

    id: Mapped[int] = mapped_column(primary_key=True)
    value: Mapped[int] = mapped_column(BigInteger)


class Reading(Laboratory):
    """A number of double precision."""

    __tablename__ = "reading"

    id: Mapped[int] = mapped_column(primary_key=True)
    value: Mapped[float] = mapped_column(Double)


class Price(Laboratory):
    """An exact number with six places."""

    __tablename__ = "price"

    id: Mapped[int] = mapped_column(primary_key=True)
    value: Mapped[Decimal] = mapped_column(Numeric(18, 6))


class Extreme(Laboratory):
    """Exact numbers, of many digits before the point and behind it."""

    __tablename__ = "extreme"

    id: Mapped[int] = mapped_column(primary_key=True)
    large: Mapped[Decimal] = mapped_column(Numeric(18, 2))
    small: Mapped[Decimal] = mapped_column(Numeric(18, 14))


class Mixture(Laboratory):
    """An exact number and one of double precision."""

    __tablename__ = "mixture"

    id: Mapped[int] = mapped_column(primary_key=True)
    exact: Mapped[Decimal] = mapped_column(Numeric(12, 4))
    inexact: Mapped[float] = mapped_column(Float(53))


@promise(
    "values-round-trip.integer",
    "0, -1 and both ends of a 32-bit Integer read back as the ints they were.",
    docs="API Integer",
)
def test_integer(db: Database) -> None:
    values = [0, -1, 2**31 - 1, -(2**31)]

    with db.session() as session:
        session.add_all(
            Account(id=key, owner=f"owner {key}", balance=value)
            for key, value in enumerate(values, 1)
        )
        session.commit()

        read = session.scalars(select(Account.balance).order_by(Account.id)).all()

    assert read == values
    assert {type(value) for value in read} == {int}
    assert [account.balance for account in db.stored(Account)] == values


@promise(
    "values-round-trip.bigint",
    "Both ends of a 64-bit BigInteger and numbers beyond 2**53 read back as the same ints.",
    docs="API BigInteger",
)
def test_bigint(db: Database) -> None:
    db.create(Count)
    values = [2**63 - 1, -(2**63), 2**53 + 1, -(2**53) - 1, 2**32, 0]

    with db.session() as session:
        session.add_all(Count(id=key, value=value) for key, value in enumerate(values, 1))
        session.commit()

        read = session.scalars(select(Count.value).order_by(Count.id)).all()

    assert read == values
    assert {type(value) for value in read} == {int}
    assert [row.value for row in db.stored(Count)] == values


@promise(
    "values-round-trip.double",
    "Doubles keep all their seventeen digits and their exponent, whatever their size.",
    docs="API Double",
)
def test_double(db: Database) -> None:
    db.create(Reading)
    values = [1 / 3, 0.1 + 0.2, 1e308, -2.5e-300, 123456789.12345679, -0.5, 5e15 + 0.5]

    with db.session() as session:
        session.add_all(Reading(id=key, value=value) for key, value in enumerate(values, 1))
        session.commit()

        read = session.scalars(select(Reading.value).order_by(Reading.id)).all()

    assert [repr(value) for value in read] == [repr(value) for value in values]
    assert [row.value for row in db.stored(Reading)] == values


@promise(
    "values-round-trip.decimal",
    "Exact numbers read back as equal Decimals, the smallest and negative ones too.",
    docs="API Numeric",
)
@decimals
def test_decimal(db: Database) -> None:
    db.create(Price)
    written = ["0", "0.000001", "-0.000001", "54.246451", "-999.1", "123456789.123456"]
    values = [Decimal(value) for value in written]

    with db.session() as session:
        session.add_all(Price(id=key, value=value) for key, value in enumerate(values, 1))
        session.commit()

        read = session.scalars(select(Price.value).order_by(Price.id)).all()

    assert read == values
    assert {type(value) for value in read} == {Decimal}
    assert [row.value for row in db.stored(Price)] == values


@promise(
    "values-round-trip.decimal-exponent",
    "A Decimal written with an exponent, such as 4E+15, is stored with its value.",
    docs="API Numeric",
)
@decimals
def test_decimal_exponent(db: Database) -> None:
    db.create(Extreme)
    large = [Decimal("4E+15"), Decimal("-1.521E+15"), Decimal("00000.1E+12"), Decimal("0E+3")]
    small = [Decimal("1E-14"), Decimal("-27E-9"), Decimal("0.5E-3"), Decimal("0E-14")]

    with db.session() as session:
        session.add_all(
            Extreme(id=key, large=values[0], small=values[1])
            for key, values in enumerate(zip(large, small, strict=True), 1)
        )
        session.commit()

        read = session.scalars(select(Extreme).order_by(Extreme.id)).all()

        assert [row.large for row in read] == large
        assert [row.small for row in read] == small
        assert [row.large for row in db.stored(Extreme)] == large


@promise(
    "values-round-trip.numeric-from-float-bind",
    "A float given for a Numeric column and a Decimal for a Float column keep their value.",
    docs="API Numeric.asdecimal",
)
@decimals
def test_numeric_from_float_bind(db: Database) -> None:
    db.create(Mixture)

    with db.session() as session:
        session.add(Mixture(id=1, exact=15.7563, inexact=Decimal("15.7563")))
        session.add(Mixture(id=2, exact=-0.5, inexact=Decimal("-0.5")))
        session.commit()

        read = session.execute(select(Mixture.exact, Mixture.inexact).order_by(Mixture.id)).all()

    assert [row.exact for row in read] == [Decimal("15.7563"), Decimal("-0.5")]
    assert [row.inexact for row in read] == [15.7563, -0.5]
    assert [row.exact for row in db.stored(Mixture)] == [Decimal("15.7563"), Decimal("-0.5")]
