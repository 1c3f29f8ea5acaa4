"""What becomes of dates and times where the database's type knows less or more than Python's."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from sqlalchemy import TIMESTAMP, Date, DateTime, Interval, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from session_conformance import RAISED, Database, facts_of, question, raised

REFUSED = {name: sentence for name, sentence in RAISED.items() if name != "nothing"}


class Almanac(DeclarativeBase):
    """The registry of this file's tables."""


class Day(Almanac):
    """A date."""

    __tablename__ = "day"

    id: Mapped[int] = mapped_column(primary_key=True)
    value: Mapped[date] = mapped_column(Date)


class Moment(Almanac):
    """A point in time, of the type that SQLAlchemy takes for DateTime."""

    __tablename__ = "plain_moment"

    id: Mapped[int] = mapped_column(primary_key=True)
    value: Mapped[datetime] = mapped_column(DateTime)


class Stamp(Almanac):
    """A point in time, of the type TIMESTAMP."""

    __tablename__ = "stamp"

    id: Mapped[int] = mapped_column(primary_key=True)
    value: Mapped[datetime] = mapped_column(TIMESTAMP)


class Departure(Almanac):
    """A point in time that knows its zone."""

    __tablename__ = "departure"

    id: Mapped[int] = mapped_column(primary_key=True)
    value: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class Delay(Almanac):
    """A length of time."""

    __tablename__ = "delay"

    id: Mapped[int] = mapped_column(primary_key=True)
    value: Mapped[timedelta] = mapped_column(Interval)


@question(
    "values-round-trip.date-ancient",
    "What becomes of a date before the year 1000?",
    answers={
        **REFUSED,
        "kept": "It reads back as it was.",
        "changed": "Another date is stored, or none, without an error.",
    },
    docs="API Date",
)
@pytest.mark.parametrize("value", [date(1, 1, 1), date(999, 12, 31)], ids=str)
def test_date_ancient(db: Database, value: date) -> None:
    db.create(Day)

    with db.session() as session:
        session.add(Day(id=1, value=value))
        try:
            session.commit()
        except Exception as error:
            db.tell(**facts_of(error))
            db.answer(raised(error))
        else:
            read = session.scalars(select(Day.value)).one()
            db.tell(read=str(read))
            db.answer("kept" if read == value else "changed")


@question(
    "values-round-trip.datetime-default-precision",
    "What becomes of the microseconds of a datetime in a plain DateTime column?",
    answers={
        "kept": "Every one of them comes back.",
        "rounded": "They are gone, and the seconds are rounded.",
        "cut": "They are gone, and the seconds stay as they were.",
        "four-digits": "Ten-thousandths of a second come back.",
    },
    docs="API DateTime",
)
def test_datetime_default_precision(db: Database) -> None:
    db.create(Moment)
    value = datetime(2024, 2, 29, 12, 30, 15, 987_644)  # noqa: DTZ001

    with db.session() as session:
        session.add(Moment(id=1, value=value))
        session.commit()
        read = session.scalars(select(Moment.value)).one()

    whole = value.replace(microsecond=0)
    answers = {value: "kept", whole: "cut", whole + timedelta(seconds=1): "rounded"}
    answers[value.replace(microsecond=987_600)] = "four-digits"
    db.answer(answers[read])


@question(
    "values-round-trip.datetime-aware",
    "What does an aware datetime read back as from DateTime(timezone=True)?",
    answers={
        "same-moment": "As an aware datetime of the same moment.",
        "hour-as-written": "As a naive datetime with the hour that was written; the zone is lost.",
        "hour-in-utc": "As a naive datetime with the hour that it was in UTC.",
        "error": "It cannot be stored, or not be read: an error is raised.",
    },
    docs="API DateTime.timezone",
)
def test_datetime_aware(db: Database) -> None:
    db.create(Departure)
    value = datetime(2024, 2, 29, 23, 30, 15, tzinfo=timezone(timedelta(hours=-3)))

    with db.session() as session:
        session.add(Departure(id=1, value=value))
        try:
            session.commit()
            read = session.scalars(select(Departure.value)).one()
        except DBAPIError as error:
            db.tell(error=raised(error), **facts_of(error))
            db.answer("error")
        else:
            db.tell(read=read.isoformat())
            naive = {
                value.replace(tzinfo=None): "hour-as-written",
                value.astimezone(UTC).replace(tzinfo=None): "hour-in-utc",
            }
            db.answer("same-moment" if read == value else naive[read])


@question(
    "values-round-trip.datetime-aware-offset",
    "In which zone is an aware datetime that is read while the connection has a zone of its own?",
    answers={
        "connection": "In the zone of the connection.",
        "utc": "In UTC.",
        "as-written": "In the zone that it was written with.",
        "none": "In none: it reads back naive.",
        "error": "It cannot be stored, or not be read: an error is raised.",
    },
    docs="API DateTime.timezone",
    needs=("session_time_zone",),
)
def test_datetime_aware_offset(db: Database) -> None:
    db.create(Departure)
    value = datetime(2024, 2, 29, 23, 30, 15, tzinfo=timezone(timedelta(hours=-3)))

    with Session(db.new_engine(pool_size=1, max_overflow=0)) as session:
        db.set_time_zone(session)
        session.add(Departure(id=1, value=value))
        try:
            session.commit()
            read = session.scalars(select(Departure.value)).one()
        except DBAPIError as error:
            db.tell(error=raised(error), **facts_of(error))
            db.answer("error")
        else:
            db.tell(read=read.isoformat(), zone=type(read.tzinfo).__name__)
            zones = {5.5: "connection", 0.0: "utc", -3.0: "as-written"}
            offset = read.utcoffset()
            db.answer("none" if offset is None else zones[offset / timedelta(hours=1)])


@question(
    "values-round-trip.datetime-naive-into-aware",
    "Which moment is a naive datetime in DateTime(timezone=True)?",
    answers={
        "connection": "The one that it is in the zone of the connection.",
        "other-zone": "The one that it is in another zone: in UTC, or where the program runs.",
        "naive": "It stays naive.",
        "error": "It cannot be stored, or not be read: an error is raised.",
    },
    docs="API DateTime.timezone",
    needs=("session_time_zone",),
)
def test_datetime_naive_into_aware(db: Database) -> None:
    db.create(Departure)
    value = datetime(2024, 2, 29, 12, 30, 15)  # noqa: DTZ001
    there = value.replace(tzinfo=timezone(timedelta(hours=5, minutes=30)))

    with Session(db.new_engine(pool_size=1, max_overflow=0)) as session:
        db.set_time_zone(session)
        session.add(Departure(id=1, value=value))
        try:
            session.commit()
            read = session.scalars(select(Departure.value)).one()
        except DBAPIError as error:
            db.tell(error=raised(error), **facts_of(error))
            db.answer("error")
        else:
            db.tell(read=read.isoformat())
            aware = "connection" if read == there else "other-zone"
            db.answer("naive" if read == value else aware)


@question(
    "values-round-trip.timestamp-shift",
    "Does a naive value in a TIMESTAMP column move when the connection's time zone is changed?",
    answers={
        "unmoved": "No, it reads as it was written.",
        "moved": "Yes, by as much as the zones differ.",
    },
    docs="API TIMESTAMP",
    needs=("session_time_zone",),
)
def test_timestamp_shift(db: Database) -> None:
    db.create(Stamp)
    value = datetime(2024, 2, 29, 12, 30, 15)  # noqa: DTZ001

    with Session(db.new_engine(pool_size=1, max_overflow=0)) as session:
        session.add(Stamp(id=1, value=value))
        session.commit()
        written = session.scalars(select(Stamp.value)).one()
        db.set_time_zone(session)
        read = session.scalars(select(Stamp.value)).one()

    assert written == value
    db.tell(read=read.isoformat())
    db.answer("unmoved" if read == value else "moved")


@question(
    "values-round-trip.interval",
    "What does a timedelta read back as?",
    answers={
        "equal": "As it was.",
        "without-microseconds": "Without its microseconds.",
        "ten-thousandths": "With ten-thousandths of a second.",
    },
    docs="API Interval",
)
@pytest.mark.parametrize(
    "value",
    [
        timedelta(hours=1, minutes=30),
        timedelta(days=40, seconds=5),
        timedelta(0),
        timedelta(days=-2, hours=3),
        timedelta(seconds=1, microseconds=123_444),
    ],
    ids=["hours", "days", "zero", "negative", "microseconds"],
)
def test_interval(db: Database, value: timedelta) -> None:
    db.create(Delay)

    with db.session() as session:
        session.add(Delay(id=1, value=value))
        session.commit()
        read = session.scalars(select(Delay.value)).one()

    db.tell(read=str(read))
    shorter = {
        timedelta(seconds=1): "without-microseconds",
        timedelta(seconds=1, microseconds=123_400): "ten-thousandths",
    }
    db.answer("equal" if read == value else shorter[read])
