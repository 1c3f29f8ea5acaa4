"""What numbers become where the type in the database is not Python's."""

import math
from decimal import Decimal

import pytest
from sqlalchemy import Float, Integer, Numeric, insert, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from session_conformance import RAISED, Database, facts_of, question, raised

REFUSED = {name: sentence for name, sentence in RAISED.items() if name != "nothing"}
KINDS: dict[type, str] = {int: "int", float: "float", Decimal: "decimal"}
decimals = pytest.mark.filterwarnings("ignore:Dialect .* does .not. support Decimal objects")


class Measures(DeclarativeBase):
    """The registry of this file's tables."""


class Tally(Measures):
    """A whole number."""

    __tablename__ = "tally"

    id: Mapped[int] = mapped_column(primary_key=True)
    value: Mapped[int] = mapped_column(Integer)


class Weight(Measures):
    """A number of the type that FLOAT means to the database."""

    __tablename__ = "weight"

    id: Mapped[int] = mapped_column(primary_key=True)
    value: Mapped[float] = mapped_column(Float)


class Level(Measures):
    """A number of double precision, or none."""

    __tablename__ = "level"

    id: Mapped[int] = mapped_column(primary_key=True)
    value: Mapped[float | None] = mapped_column(Float(53))


class Ratio(Measures):
    """An exact number that is wanted as a float."""

    __tablename__ = "ratio"

    id: Mapped[int] = mapped_column(primary_key=True)
    value: Mapped[float] = mapped_column(Numeric(12, 4, asdecimal=False))


class Fee(Measures):
    """An exact number with four places."""

    __tablename__ = "fee"

    id: Mapped[int] = mapped_column(primary_key=True)
    value: Mapped[Decimal] = mapped_column(Numeric(12, 4))


class Constant(Measures):
    """An exact number of very many digits."""

    __tablename__ = "constant"

    id: Mapped[int] = mapped_column(primary_key=True)
    value: Mapped[Decimal] = mapped_column(Numeric(38, 20))


@question(
    "values-round-trip.integer-out-of-range",
    "What happens to an int that is too large for an Integer column of 32 bits?",
    answers={
        **REFUSED,
        "stored": "It is stored, and reads back as it was.",
        "changed": "Another value is stored, without an error.",
    },
    docs="API Integer",
)
@pytest.mark.parametrize("value", [2**31, 2**63], ids=["32-bit", "64-bit"])
def test_integer_out_of_range(db: Database, value: int) -> None:
    db.create(Tally)

    with db.session() as session:
        session.add(Tally(id=1, value=value))
        try:
            session.commit()
        except Exception as error:
            db.tell(**facts_of(error))
            db.answer(raised(error))
        else:
            read = session.scalars(select(Tally.value)).one()
            db.tell(read=repr(read))
            db.answer("stored" if read == value else "changed")


@question(
    "values-round-trip.float-generic",
    "How precise is a plain Float column?",
    answers={
        "double": "All digits of a Python float come back.",
        "single": "About seven digits come back.",
    },
    docs="API Float",
)
def test_float_generic(db: Database) -> None:
    db.create(Weight)

    with db.session() as session:
        session.add(Weight(id=1, value=1 / 3))
        session.commit()
        read = session.scalars(select(Weight.value)).one()

    db.tell(read=repr(read))
    assert math.isclose(read, 1 / 3, rel_tol=1e-5)
    db.answer("double" if read == 1 / 3 else "single")


@question(
    "values-round-trip.float-special",
    "What happens to infinity and to “not a number” in a column of double precision?",
    answers={
        **REFUSED,
        "kept": "It reads back as it was.",
        "null": "NULL is stored in its place, without an error.",
        "changed": "Another number is stored in its place, without an error.",
    },
    docs="API Double",
)
@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_float_special(db: Database, value: float) -> None:
    db.create(Level)

    with db.session() as session:
        session.add(Level(id=1, value=value))
        try:
            session.commit()
        except Exception as error:
            db.tell(**facts_of(error))
            db.answer(raised(error))
        else:
            read = session.scalars(select(Level.value)).one()
            changed = "null" if read is None else "changed"
            db.answer("kept" if repr(read) == repr(value) else changed)


@question(
    "values-round-trip.float-type-of-whole-number",
    "Of which type is a whole number that a SELECT reads from a Float column?",
    answers={
        "float": "It is a float.",
        "int": "It is an int.",
        "decimal": "It is a Decimal.",
    },
    docs="API Float.asdecimal",
)
def test_float_type_of_whole_number(db: Database) -> None:
    db.create(Weight)

    with db.session() as session:
        session.add(Weight(id=1, value=2.0))
        session.commit()
        read = session.scalars(select(Weight.value)).one()

    db.answer(KINDS[type(read)])


@question(
    "values-round-trip.float-type-of-whole-number-returned",
    "Of which type is a whole number that INSERT … RETURNING reads from a Float column?",
    answers={
        "float": "It is a float.",
        "int": "It is an int.",
        "decimal": "It is a Decimal.",
    },
    docs="API Float.asdecimal",
    needs=("returning",),
)
def test_float_type_of_whole_number_returned(db: Database) -> None:
    db.create(Weight)
    returning = insert(Weight).values(id=1, value=2.0).returning(Weight.value)

    with db.session() as session:
        read = session.scalars(returning).one()

    db.answer(KINDS[type(read)])


@question(
    "values-round-trip.numeric-as-float",
    "Of which type are the values of Numeric(asdecimal=False)?",
    answers={
        "float": "All of them are floats.",
        "int-when-whole": "They are floats, but a whole number is an int.",
        "decimal": "They are Decimals.",
    },
    docs="API Numeric.asdecimal",
)
def test_numeric_as_float(db: Database) -> None:
    db.create(Ratio)

    with db.session() as session:
        session.add_all([Ratio(id=1, value=19.95), Ratio(id=2, value=2.0)])
        session.commit()
        broken, whole = session.scalars(select(Ratio.value).order_by(Ratio.id))

    assert (float(broken), float(whole)) == (19.95, 2.0)
    answers: dict[tuple[type, type], str] = {
        (float, float): "float",
        (float, int): "int-when-whole",
        (Decimal, Decimal): "decimal",
    }
    db.answer(answers[type(broken), type(whole)])


@question(
    "values-round-trip.decimal-many-digits",
    "What becomes of a Decimal with 32 significant digits?",
    answers={
        "exact": "Every digit comes back.",
        "rounded": "About as many digits come back as a float has.",
        "error": "It cannot be stored, or not be read: an error is raised.",
    },
    docs="API Numeric",
)
@decimals
def test_decimal_many_digits(db: Database) -> None:
    db.create(Constant)
    value = Decimal("123456789012.12345678901234567890")

    with db.session() as session:
        session.add(Constant(id=1, value=value))
        try:
            session.commit()
            read = session.scalars(select(Constant.value)).one()
        except DBAPIError as error:
            db.tell(error=raised(error), **facts_of(error))
            db.answer("error")
        else:
            db.tell(read=str(read))
            assert math.isclose(read, value, rel_tol=1e-14)
            db.answer("exact" if read == value else "rounded")


@question(
    "values-round-trip.decimal-scale",
    "With how many places does 19.95 read back from a column that has four?",
    answers={
        "four": "With the four places of the column.",
        "two": "With the two places that were written.",
    },
    docs="API Numeric.scale",
)
@decimals
def test_decimal_scale(db: Database) -> None:
    db.create(Fee)

    with db.session() as session:
        session.add(Fee(id=1, value=Decimal("19.95")))
        session.commit()
        read = session.scalars(select(Fee.value)).one()

    db.answer({"19.9500": "four", "19.95": "two"}[str(read)])
