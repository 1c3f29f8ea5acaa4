"""Whether a value that came back from the database still equals the one that was sent."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import JSON, DateTime, Double, LargeBinary, Numeric, Text, Uuid
from sqlalchemy.dialects.mysql import DATETIME
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from session_conformance import Database, promise

# A plain DateTime does not hold microseconds everywhere.
MICROSECONDS = DateTime().with_variant(DATETIME(fsp=6), "mysql", "mariadb")


class Station(DeclarativeBase):
    """The registry of this file's table."""


class Reading(Station):
    """One value of each type that a program usually stores."""

    __tablename__ = "reading"

    id: Mapped[int] = mapped_column(primary_key=True)
    exact: Mapped[Decimal] = mapped_column(Numeric(10, 2))
    rough: Mapped[float] = mapped_column(Double)
    taken: Mapped[datetime] = mapped_column(MICROSECONDS)
    day: Mapped[date]
    hour: Mapped[time]
    valid: Mapped[bool]
    raw: Mapped[bytes] = mapped_column(LargeBinary)
    device: Mapped[UUID] = mapped_column(Uuid)
    remark: Mapped[str] = mapped_column(Text)
    settings: Mapped[dict[str, Any]] = mapped_column(JSON)


def reading() -> Reading:
    """Build the same reading anew: equal values, no shared objects."""
    return Reading(
        id=1,
        exact=Decimal("19.90"),
        rough=0.1,
        taken=datetime(2024, 2, 29, 23, 59, 59, 123_456, tzinfo=UTC).replace(tzinfo=None),
        day=date(1969, 12, 31),
        hour=time(23, 59, 58),
        valid=True,
        raw=bytes(range(256)),
        device=UUID("0f8fad5b-d9cb-469f-a165-70867728950e"),
        remark="100 % of “Zoë's” \\ owls 🦉,\n\ttwo lines ",
        settings={"unit": "°C", "limits": [-1.5, 40], "owner": None, "on": True},
    )


@promise(
    "detached-and-merge.merge-equal-no-update",
    "merge() of values equal to the stored ones sends no UPDATE, whatever their types.",
    docs="orm/session_state_management.html#unitofwork-merging",
)
@pytest.mark.filterwarnings("ignore:Dialect .* does .not. support Decimal objects natively")
def test_merge_equal_no_update(db: Database) -> None:
    db.create(Reading)
    with db.session() as session:
        session.add(reading())
        session.commit()

    with db.session() as session, db.watch() as sql:
        merged = session.merge(reading())
        session.flush()

        assert sql.verbs == ["SELECT"]
        merged.rough = 0.2
        session.flush()
        assert sql.verbs == ["SELECT", "UPDATE"]
