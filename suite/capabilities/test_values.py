"""What a backend's values can be, tried at the start of a run."""

from typing import Any

from sqlalchemy import ARRAY, JSON, Integer, String, cast, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from session_conformance import Database, promise


class Office(DeclarativeBase):
    """The registry of this file's tables."""


class Form(Office):
    """JSON, as it was filled in."""

    __tablename__ = "form"

    id: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[Any] = mapped_column(JSON)


class Roll(Office):
    """A list of numbers."""

    __tablename__ = "roll"

    id: Mapped[int] = mapped_column(primary_key=True)
    numbers: Mapped[list[int]] = mapped_column(ARRAY(Integer))


@promise(
    "capabilities.json",
    "A column of SQLAlchemy's JSON can be made, and gives back what it was given.",
    docs="API JSON",
    probes="json",
)
def test_json(db: Database) -> None:
    db.create(Form)

    with db.session() as session:
        session.add(Form(id=1, content={"names": ["Ann", None]}))
        session.commit()

        assert session.get_one(Form, 1).content == {"names": ["Ann", None]}


@promise(
    "capabilities.arrays",
    "A column of SQLAlchemy's ARRAY can be made, and gives back what it was given.",
    docs="API ARRAY",
    probes="arrays",
)
def test_arrays(db: Database) -> None:
    db.create(Roll)

    with db.session() as session:
        session.add(Roll(id=1, numbers=[3, 1, 2]))
        session.commit()

        assert session.get_one(Roll, 1).numbers == [3, 1, 2]


@promise(
    "capabilities.session-time-zone",
    "Once its time zone is set, a connection tells another time of day.",
    docs="API DateTime",
    probes="session_time_zone",
)
def test_session_time_zone(db: Database) -> None:
    # Without the minutes' fractions, as text: not every driver gives a time in the session's zone.
    hour_and_minute = func.substring(cast(func.current_timestamp(), String(40)), 12, 5)

    with Session(db.new_engine(pool_size=1, max_overflow=0)) as session:
        before = session.scalar(select(hour_and_minute))
        db.set_time_zone(session)
        after = session.scalar(select(hour_and_minute))

    assert before is not None
    assert after is not None
    moved = (int(after[:2]) - int(before[:2])) * 60 + int(after[3:]) - int(before[3:])
    assert moved % (24 * 60) in (329, 330, 331)
