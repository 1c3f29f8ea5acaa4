"""What statements over many rows do to values, versions, subclasses and events."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import (
    DateTime,
    Double,
    ForeignKey,
    LargeBinary,
    Numeric,
    String,
    Text,
    delete,
    event,
    insert,
    select,
    update,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, ORMExecuteState, mapped_column

from session_conformance import Database, promise


class Archive(DeclarativeBase):
    """The registry of this file's tables."""


class Record(Archive):
    """A value of each type, or none."""

    __tablename__ = "record"

    id: Mapped[int] = mapped_column(primary_key=True)
    whole: Mapped[int | None]
    rough: Mapped[float | None] = mapped_column(Double)
    words: Mapped[str | None] = mapped_column(Text)
    taken: Mapped[datetime | None] = mapped_column(DateTime)
    exact: Mapped[Decimal | None] = mapped_column(Numeric(12, 4))
    raw: Mapped[bytes | None] = mapped_column(LargeBinary)


class Document(Archive):
    """A row that counts its versions."""

    __tablename__ = "document"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(20))
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class Vehicle(Archive):
    """The base of a class that is stored in two tables."""

    __tablename__ = "vehicle"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(20))


class Lorry(Vehicle):
    """A vehicle with a second row in a table of its own."""

    __tablename__ = "lorry"

    id: Mapped[int] = mapped_column(ForeignKey("vehicle.id"), primary_key=True)
    load: Mapped[int]


class Leaf(Archive):
    """A row whose mapper events are heard."""

    __tablename__ = "leaf"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(20))


HEARD: list[str] = []


@event.listens_for(Leaf, "before_insert")
@event.listens_for(Leaf, "before_update")
@event.listens_for(Leaf, "before_delete")
def _hear(_mapper: Any, _connection: Any, leaf: Leaf) -> None:
    HEARD.append(leaf.title)


@promise(
    "bulk-and-dml.mixed-none-and-types",
    "executemany() with a first row of None alone stores each later value exactly, of any type.",
    docs="API Session.execute",
)
@pytest.mark.filterwarnings("ignore:Dialect .* does .not. support Decimal objects natively")
def test_mixed_none_and_types(db: Database) -> None:
    db.create(Record)
    record = Archive.metadata.tables["record"]
    names = ["id", "whole", "rough", "words", "taken", "exact", "raw"]
    day = datetime(2024, 2, 29, 23, 59, 58)  # noqa: DTZ001
    rows: list[tuple[Any, ...]] = [
        (1, None, None, None, None, None, None),
        (2, 7, 0.1, "word " * 2000, day, Decimal("12345678.0001"), bytes(range(256)) * 20),
        (3, -1, None, "", None, Decimal("-0.5000"), b""),
        (4, None, -1e300, None, day, None, b"\x00"),
    ]

    with db.session() as session:
        sent = [dict(zip(names, row, strict=True)) for row in rows]
        session.connection().execute(insert(record), sent)
        session.commit()

    stored = [tuple(getattr(row, name) for name in names) for row in db.stored(Record)]
    assert stored == rows


@promise(
    "bulk-and-dml.version-not-bumped",
    "update() with WHERE leaves the version of its rows as it was.",
    docs="orm/versioning.html#configuring-a-version-counter",
)
def test_version_not_bumped(db: Database) -> None:
    db.create(Document)
    db.given(Document(id=1, title="first"))

    with db.session() as session:
        session.execute(update(Document).where(Document.id == 1).values(title="second"))
        session.commit()

    assert [(row.title, row.version) for row in db.stored(Document)] == [("second", 1)]


@promise(
    "bulk-and-dml.joined-subclass-update",
    "update() of a class in two tables that names columns of its own table alone works.",
    docs="orm/queryguide/dml.html#orm-queryguide-update-delete-joined-inh",
)
def test_joined_subclass_update(db: Database) -> None:
    db.create(Vehicle, Lorry)
    db.given(*(Lorry(id=key, title=f"Lorry {key}", load=10 * key) for key in range(1, 4)))

    with db.session() as session:
        lorry = session.get_one(Lorry, 3)
        session.execute(update(Lorry).where(Lorry.load > 15).values(load=99))

        assert lorry.load == 99
        session.commit()

    stored = [(row.title, row.load) for row in db.stored(Lorry)]
    assert stored == [("Lorry 1", 10), ("Lorry 2", 99), ("Lorry 3", 99)]


@promise(
    "bulk-and-dml.dml-mapper-events-silent",
    "Statements over many rows fire do_orm_execute, and no event of the mapper.",
    docs="orm/session_events.html#session-persistence-mapper",
)
def test_dml_mapper_events_silent(db: Database) -> None:
    db.create(Leaf)
    HEARD.clear()
    seen: list[tuple[bool, bool, bool]] = []

    def see(state: ORMExecuteState) -> None:
        seen.append((state.is_insert, state.is_update, state.is_delete))

    with db.session() as session:
        event.listen(session, "do_orm_execute", see)
        session.execute(insert(Leaf), [{"id": 1, "title": "a"}, {"id": 2, "title": "b"}])
        session.execute(update(Leaf).where(Leaf.id == 1).values(title="c"))
        session.execute(delete(Leaf).where(Leaf.id == 2))

        assert seen == [(True, False, False), (False, True, False), (False, False, True)]
        assert HEARD == []

        session.scalars(select(Leaf)).one().title = "d"
        session.commit()

    assert HEARD == ["d"]
