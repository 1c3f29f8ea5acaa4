"""Keys that a default, a sequence or the server makes find their objects."""

import uuid

from sqlalchemy import (
    Double,
    ForeignKey,
    Integer,
    Sequence,
    String,
    func,
    select,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, orm_insert_sentinel

from session_conformance import Account, Database, promise


class Post(DeclarativeBase):
    """The registry of this file's tables."""


class Slip(Post):
    """A row whose key is an expression of SQL."""

    __tablename__ = "slip"

    id: Mapped[int] = mapped_column(
        primary_key=True,
        autoincrement=False,
        default=select(func.max(Account.id) + 1).scalar_subquery(),
    )
    title: Mapped[str] = mapped_column(String(20))


class Letter(Post):
    """A row whose key is a UUID that Python makes."""

    __tablename__ = "letter"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    title: Mapped[str] = mapped_column(String(20))


class Card(Post):
    """A row with a key from the server and a value that is an expression of SQL."""

    __tablename__ = "card"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(20))
    kind: Mapped[str] = mapped_column(String(20), default=func.lower("PLAIN"))


class Parcel(Post):
    """A row whose key a sequence counts."""

    __tablename__ = "parcel"

    id: Mapped[int] = mapped_column(
        Integer, Sequence("parcel_number", start=500), primary_key=True, autoincrement=False
    )
    title: Mapped[str] = mapped_column(String(20))


class Draw(Post):
    """A row with a key that nobody can foretell, and a number by which SQLAlchemy knows it."""

    __tablename__ = "draw"

    id: Mapped[float] = mapped_column(
        Double, primary_key=True, autoincrement=False, server_default=func.random()
    )
    title: Mapped[str] = mapped_column(String(20))
    place: Mapped[int | None] = orm_insert_sentinel()


class Person(Post):
    """The base of a class that is stored in two tables."""

    __tablename__ = "person"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(20))


class Carrier(Person):
    """A person with a second row in a table of its own."""

    __tablename__ = "carrier"

    id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    district: Mapped[int]


@promise(
    "generated-values.sql-default-on-key",
    "A key that an expression of SQL computes is read back, or asked for before the INSERT.",
    docs="orm/persistence_techniques.html#case-1-non-primary-key-returning-or-equivalent-is-supported",
)
def test_sql_default_on_key(db: Database) -> None:
    db.create(Slip)
    db.given(Account(id=41, owner="Ann"))

    with db.session(expire_on_commit=False) as session:
        first = Slip(title="first")
        session.add(first)
        session.commit()
        db.given(Account(id=98, owner="Bob"))
        second = Slip(title="second")
        session.add(second)
        session.commit()

    assert [(first.id, first.title), (second.id, second.title)] == [(42, "first"), (99, "second")]
    assert [(row.id, row.title) for row in db.stored(Slip)] == [(42, "first"), (99, "second")]


@promise(
    "generated-values.uuid-default-key",
    "A uuid4 key stays the same UUID through flush, commit and reload, on the row of its object.",
    docs="core/connections.html#engine-insertmanyvalues-returning-order",
)
def test_uuid_default_key(db: Database) -> None:
    db.create(Letter)
    letters = [Letter(title=f"Letter {number}") for number in range(6)]

    with db.session() as session:
        session.add_all(letters)
        session.flush()
        made = {letter.title: letter.id for letter in letters}
        session.commit()
        reloaded = {letter.title: letter.id for letter in letters}
        session.expunge_all()
        found = {letter.title: letter.id for letter in session.scalars(select(Letter))}

    assert all(isinstance(key, uuid.UUID) for key in [*made.values(), *found.values()])
    assert len(set(made.values())) == 6
    assert made == reloaded == found
    assert made == {row.title: row.id for row in db.stored(Letter)}


@promise(
    "generated-values.sql-default-does-not-shift-keys",
    "Where some of a flush's rows take a default of SQL, all objects still get their own keys.",
    docs="core/connections.html#engine-insertmanyvalues",
)
def test_sql_default_does_not_shift_keys(db: Database) -> None:
    db.create(Card)
    cards = [
        Card(title="a"),
        Card(title="b", kind="large"),
        Card(title="c"),
        Card(title="d"),
        Card(title="e", kind="small"),
        Card(title="f"),
    ]

    with db.session() as session:
        session.add_all(cards)
        session.commit()
        held = [(card.id, card.title, card.kind) for card in cards]

    kinds = ["plain", "large", "plain", "plain", "small", "plain"]
    assert [kind for _, _, kind in held] == kinds
    assert [title for _, title, _ in held] == ["a", "b", "c", "d", "e", "f"]
    assert sorted(held) == [(row.id, row.title, row.kind) for row in db.stored(Card)]


@promise(
    "generated-values.sequence-key",
    "Objects that are flushed together get the next values of their sequence as keys.",
    docs="core/defaults.html#defining-sequences",
    needs=("sequences",),
)
def test_sequence_key(db: Database) -> None:
    db.create(Parcel)
    parcels = [Parcel(title=f"Parcel {number}") for number in reversed(range(4))]

    with db.session(expire_on_commit=False) as session:
        session.add_all(parcels)
        session.commit()

    assert {parcel.id for parcel in parcels} == {500, 501, 502, 503}
    stored = {row.id: row.title for row in db.stored(Parcel)}
    assert {parcel.id: parcel.title for parcel in parcels} == stored


@promise(
    "generated-values.sentinel-column",
    "A table with a sentinel column gives each object of a batch its own key, even a random one.",
    docs="core/connections.html#engine-insertmanyvalues-sentinel-columns",
    needs=("insert_returning_many",),
)
def test_sentinel_column(db: Database) -> None:
    db.create(Draw)
    draws = [Draw(title=f"Draw {number}") for number in range(40)]

    with db.session(expire_on_commit=False) as session, db.watch() as sql:
        session.add_all(draws)
        session.commit()

    stored = {row.id: row.title for row in db.stored(Draw)}
    assert {draw.id: draw.title for draw in draws} == stored
    assert sql.verbs == ["INSERT"]


@promise(
    "generated-values.joined-inheritance-keys",
    "Objects stored in two tables have both of their rows under one key, also in a batch.",
    docs="orm/inheritance.html#joined-table-inheritance",
)
def test_joined_inheritance_keys(db: Database) -> None:
    db.create(Person, Carrier)
    db.given(Person(title="nobody's"), Person(title="nobody's"))
    carriers = [Carrier(title=f"Carrier {number}", district=number) for number in range(30)]

    with db.session(expire_on_commit=False) as session:
        session.add_all(carriers)
        session.commit()

    held = {carrier.id: (carrier.title, carrier.district) for carrier in carriers}
    assert held == {row.id: (row.title, row.district) for row in db.stored(Carrier)}
    assert len(held) == 30
