"""Dates and times come back as they were: the same moment, naive, at the precision of the type."""

from datetime import date, datetime, time

from sqlalchemy import DateTime, Time, select
from sqlalchemy.dialects.mysql import DATETIME, TIME
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from session_conformance import Database, promise

# The plain types keep whole seconds there.
MICROSECONDS = DateTime().with_variant(DATETIME(fsp=6), "mysql", "mariadb")
TIME_MICROSECONDS = Time().with_variant(TIME(fsp=6), "mysql", "mariadb")


class Calendar(DeclarativeBase):
    """The registry of this file's tables."""


class Visit(Calendar):
    """A day, a moment and a time of day, in whole seconds and in parts of them."""

    __tablename__ = "visit"

    id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[date | None]
    moment: Mapped[datetime | None]
    exact: Mapped[datetime | None] = mapped_column(MICROSECONDS)
    clock: Mapped[time | None]
    exact_clock: Mapped[time | None] = mapped_column(TIME_MICROSECONDS)


@promise(
    "values-round-trip.date",
    "Dates read back as the dates they were: leap days, the last one of all, and long ago.",
    docs="API Date",
)
def test_date(db: Database) -> None:
    db.create(Visit)
    values = [date(2024, 2, 29), date(9999, 12, 31), date(1969, 12, 31), date(1582, 10, 15)]

    with db.session() as session:
        session.add_all(Visit(id=key, day=value) for key, value in enumerate(values, 1))
        session.commit()

        read = session.scalars(select(Visit.day).order_by(Visit.id)).all()

    assert read == values
    assert {type(value) for value in read} == {date}
    assert [row.day for row in db.stored(Visit)] == values


@promise(
    "values-round-trip.datetime",
    "Naive datetimes read back naive and equal, also before 1970 and where clocks are put forward.",
    docs="API DateTime",
)
def test_datetime(db: Database) -> None:
    db.create(Visit)
    written = [
        "2024-02-29 23:59:59", "2024-03-31 02:30:00", "2024-03-10 02:30:00", "2024-10-27 02:30:00",
        "1969-12-31 23:59:59", "1900-01-01 00:00:00", "2038-01-19 03:14:08", "9999-12-31 23:59:59",
    ]  # fmt: skip
    values = [datetime.fromisoformat(value) for value in written]

    with db.session() as session:
        session.add_all(Visit(id=key, moment=value) for key, value in enumerate(values, 1))
        session.commit()

        read = session.scalars(select(Visit.moment).order_by(Visit.id)).all()

    assert [(type(value), str(value)) for value in read] == [(datetime, value) for value in written]
    assert [row.moment for row in db.stored(Visit)] == values


@promise(
    "values-round-trip.datetime-not-shifted",
    "The time zone of the server's session does not shift a naive datetime, written or read.",
    docs="API DateTime",
    needs=("session_time_zone",),
)
def test_datetime_not_shifted(db: Database) -> None:
    db.create(Visit)
    value = datetime(2024, 2, 29, 23, 59, 59)  # noqa: DTZ001
    db.given(Visit(id=1, moment=value))

    with Session(db.new_engine(pool_size=1, max_overflow=0)) as session:
        db.set_time_zone(session)
        session.add(Visit(id=2, moment=value))
        session.commit()

        read = session.scalars(select(Visit.moment).order_by(Visit.id)).all()
        found = session.scalars(select(Visit.id).where(Visit.moment == value).order_by(Visit.id))
        assert found.all() == [1, 2]

    assert read == [value, value]
    assert [row.moment for row in db.stored(Visit)] == [value, value]


@promise(
    "values-round-trip.datetime-microseconds",
    "A column type that holds microseconds gives back every one of them.",
    docs="API DateTime",
)
def test_datetime_microseconds(db: Database) -> None:
    db.create(Visit)
    written = [
        "2024-02-29 23:59:59.999999", "2024-02-29 00:00:00.000001", "1969-12-31 23:59:59.123456",
        "2024-02-29 12:00:00.100000", "2024-02-29 12:00:00",
    ]  # fmt: skip
    values = [datetime.fromisoformat(value) for value in written]

    with db.session() as session:
        session.add_all(Visit(id=key, exact=value) for key, value in enumerate(values, 1))
        session.commit()

        read = session.scalars(select(Visit.exact).order_by(Visit.id)).all()

    assert read == values
    assert [row.exact for row in db.stored(Visit)] == values


@promise(
    "values-round-trip.time",
    "Times of day read back as they were, midnight too, with microseconds where the type has them.",
    docs="API Time",
)
def test_time(db: Database) -> None:
    db.create(Visit)
    clocks = [time(0, 0), time(23, 59, 59), time(12, 34, 56)]
    exact = [time(0, 0, 0, 1), time(23, 59, 59, 999_999), time(12, 34, 56, 100_000)]

    with db.session() as session:
        session.add_all(
            Visit(id=key, clock=values[0], exact_clock=values[1])
            for key, values in enumerate(zip(clocks, exact, strict=True), 1)
        )
        session.commit()

        read = session.scalars(select(Visit).order_by(Visit.id)).all()

        assert [(row.clock, row.exact_clock) for row in read] == [*zip(clocks, exact, strict=True)]
        assert {type(row.clock) for row in read} == {time}
        assert [row.exact_clock for row in db.stored(Visit)] == exact
