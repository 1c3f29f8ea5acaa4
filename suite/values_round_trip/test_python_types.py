"""Values that Python and the database hold in different shapes."""

import enum
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Boolean, Dialect, Enum, String, Uuid, insert, select, text, update
from sqlalchemy.orm import DeclarativeBase, Mapped, composite, mapped_column
from sqlalchemy.types import TypeDecorator

from session_conformance import Database, promise


class State(enum.Enum):
    """A member's name is stored, not its value."""

    OPEN = "o"
    SHUT = "it's shut"


class Reversed(TypeDecorator[str]):
    """Text that the database holds backwards."""

    impl = String(50)
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Turn it round on its way in."""
        return value if value is None else value[::-1]

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Turn it round on its way out."""
        return value if value is None else value[::-1]


@dataclass
class Point:
    """A place, of two columns."""

    x: int
    y: int


class Gallery(DeclarativeBase):
    """The registry of this file's tables."""


class Exhibit(Gallery):
    """Something on show."""

    __tablename__ = "exhibit"

    id: Mapped[int] = mapped_column(primary_key=True)
    sold: Mapped[bool | None] = mapped_column(Boolean)
    tag: Mapped[UUID | None] = mapped_column(Uuid)
    text_tag: Mapped[UUID | None] = mapped_column(Uuid(native_uuid=False))


class Door(Gallery):
    """Open or shut; the database may have a type for that."""

    __tablename__ = "door"

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[State] = mapped_column(Enum(State, name="door_state"))


class Stand(Gallery):
    """Where something is shown."""

    __tablename__ = "stand"

    id: Mapped[int] = mapped_column(primary_key=True)
    place: Mapped[Point] = composite(mapped_column("x"), mapped_column("y"))


class Mirror(Gallery):
    """Text that is turned round on its way."""

    __tablename__ = "mirror"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Reversed)


@promise(
    "values-round-trip.boolean",
    "True and False read back as bool, and None as None.",
    docs="API Boolean",
)
def test_boolean(db: Database) -> None:
    db.create(Exhibit)
    values = [True, False, None]

    with db.session() as session:
        session.add_all(Exhibit(id=key, sold=value) for key, value in enumerate(values, 1))
        session.commit()

        read = session.scalars(select(Exhibit.sold).order_by(Exhibit.id)).all()
        sold = session.scalars(select(Exhibit.id).where(Exhibit.sold.is_(True))).all()
        unsold = session.scalars(select(Exhibit.id).where(Exhibit.sold.is_(False))).all()

    assert [repr(value) for value in read] == ["True", "False", "None"]
    assert (sold, unsold) == ([1], [2])
    assert [row.sold for row in db.stored(Exhibit)] == values


@promise(
    "values-round-trip.enum",
    "A member of an Enum is stored by its name and reads back as that very member.",
    docs="API Enum",
)
def test_enum(db: Database) -> None:
    db.create(Door)

    with db.session() as session:
        session.add_all([Door(id=1, state=State.OPEN), Door(id=2, state=State.SHUT)])
        session.commit()

        first, second = session.scalars(select(Door).order_by(Door.id))
        assert first.state is State.OPEN
        assert second.state is State.SHUT
        assert session.scalars(select(Door).where(Door.state == State.SHUT)).one() is second
        names = session.scalars(text("SELECT state FROM door ORDER BY id")).all()
        assert names == ["OPEN", "SHUT"]


@promise(
    "values-round-trip.uuid",
    "A UUID reads back as an equal uuid.UUID, from a type of the database's own or from text.",
    docs="API Uuid",
)
def test_uuid(db: Database) -> None:
    db.create(Exhibit)
    values = [UUID("0f8fad5b-d9cb-469f-a165-70867728950e"), UUID(int=0), UUID(int=2**128 - 1)]

    with db.session() as session:
        session.add_all(
            Exhibit(id=key, tag=value, text_tag=value) for key, value in enumerate(values, 1)
        )
        session.commit()

        read = session.execute(select(Exhibit.tag, Exhibit.text_tag).order_by(Exhibit.id)).all()

    assert [tuple(row) for row in read] == [(value, value) for value in values]
    assert all(isinstance(value, UUID) for row in read for value in row)
    assert [(row.tag, row.text_tag) for row in db.stored(Exhibit)] == [
        (value, value) for value in values
    ]


@promise(
    "values-round-trip.type-decorator",
    "A TypeDecorator turns values both ways in INSERT, UPDATE, WHERE and SELECT, single and many.",
    docs="core/custom_types.html#augmenting-existing-types",
)
def test_type_decorator(db: Database) -> None:
    db.create(Mirror)
    plain = text("SELECT name FROM mirror ORDER BY id")

    with db.session() as session:
        ann = Mirror(id=1, name="Ann B")
        session.add(ann)
        session.flush()
        session.execute(insert(Mirror), [{"id": 2, "name": "Bob C"}, {"id": 3, "name": "Cid D"}])
        session.execute(update(Mirror).where(Mirror.name == "Bob C").values(name="Bea E"))
        assert session.scalars(plain).all() == ["B nnA", "E aeB", "D diC"]

        ann.name = "Ada F"
        session.commit()
        assert ann.name == "Ada F"
        assert session.scalars(select(Mirror.name).where(Mirror.id == 2)).one() == "Bea E"
        assert session.scalars(plain).all() == ["F adA", "E aeB", "D diC"]


@promise(
    "values-round-trip.type-decorator-returning",
    "A TypeDecorator turns the value that RETURNING gives like the one that a SELECT gives.",
    docs="core/custom_types.html#augmenting-existing-types",
    needs=("returning",),
)
def test_type_decorator_with_returning(db: Database) -> None:
    db.create(Mirror)

    with db.session() as session:
        returned = session.scalar(insert(Mirror).values(id=1, name="Ann B").returning(Mirror.name))

        assert returned == "Ann B"
        assert session.scalar(text("SELECT name FROM mirror")) == "B nnA"


@promise(
    "values-round-trip.composite-attribute",
    "A composite of two columns reads back equal, is compared as one, and is written as a whole.",
    docs="orm/composites.html#composite-column-types",
)
def test_composite_attribute(db: Database) -> None:
    db.create(Stand)

    with db.session() as session:
        session.add_all([Stand(id=1, place=Point(3, -4)), Stand(id=2, place=Point(0, 5))])
        session.commit()

        stand = session.scalars(select(Stand).where(Stand.place == Point(3, -4))).one()
        assert (stand.id, stand.place) == (1, Point(3, -4))

        stand.place = Point(3, 9)
        session.commit()

    assert [row.place for row in db.stored(Stand)] == [Point(3, 9), Point(0, 5)]
