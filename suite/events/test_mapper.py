"""Listeners of a mapped class, called for each row while a flush sends it."""

from typing import Any

import pytest
from sqlalchemy import Connection, String, event, insert
from sqlalchemy.exc import SAWarning
from sqlalchemy.orm import DeclarativeBase, Mapped, Mapper, Session, mapped_column, object_session

from session_conformance import Database, promise

DOCS = "orm/session_events.html#session-persistence-mapper"


class Post(DeclarativeBase):
    """The registry of this file's tables."""


class Stamped(Post):
    """A letter whose stamp is put on it as it is sent."""

    __tablename__ = "event_stamped"

    id: Mapped[int] = mapped_column(primary_key=True)
    stamp: Mapped[str | None] = mapped_column(String(20))


class Parcel(Post):
    """A parcel of which a book is kept."""

    __tablename__ = "event_parcel"

    id: Mapped[int] = mapped_column(primary_key=True)


class Line(Post):
    """A line of that book."""

    __tablename__ = "event_line"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    said: Mapped[str] = mapped_column(String(20))


class Flyer(Post):
    """One that brings another."""

    __tablename__ = "event_flyer"

    id: Mapped[int] = mapped_column(primary_key=True)


CONNECTIONS: list[Connection] = []


@event.listens_for(Stamped, "before_insert")
def put_on(_mapper: Mapper[Any], _connection: Connection, letter: Stamped) -> None:
    letter.stamp = f"stamp {letter.id}"


@event.listens_for(Parcel, "before_insert")
def note_before(_mapper: Mapper[Any], connection: Connection, parcel: Parcel) -> None:
    CONNECTIONS.append(connection)
    connection.execute(insert(Line).values(id=parcel.id * 10, said="before"))


@event.listens_for(Parcel, "after_insert")
def note_after(_mapper: Mapper[Any], connection: Connection, parcel: Parcel) -> None:
    CONNECTIONS.append(connection)
    connection.execute(insert(Line).values(id=parcel.id * 10 + 1, said="after"))


@event.listens_for(Flyer, "before_insert")
def bring_another(_mapper: Mapper[Any], _connection: Connection, flyer: Flyer) -> None:
    session = object_session(flyer)
    assert isinstance(session, Session)
    session.add(Parcel(id=404))


@promise(
    "events.before-insert-can-set-column",
    "A column that before_insert sets is part of that very INSERT.",
    docs=DOCS,
)
def test_before_insert_can_set_column(db: Database) -> None:
    db.create(Stamped)

    with db.session() as session:
        session.add_all([Stamped(id=1), Stamped(id=2, stamp="none")])
        with db.watch() as sql:
            session.commit()

    assert set(sql.verbs) == {"INSERT"}
    assert [letter.stamp for letter in db.stored(Stamped)] == ["stamp 1", "stamp 2"]


@promise(
    "events.mapper-events-use-connection",
    "Mapper events get the flush's Connection; rows they insert there share the flush's fate.",
    docs=DOCS,
)
def test_mapper_events_use_connection(db: Database) -> None:
    db.create(Parcel, Line)
    CONNECTIONS.clear()

    with db.session() as session:
        session.add(Parcel(id=1))
        session.flush()
        assert [session.connection()] * 2 == CONNECTIONS
        assert db.stored(Line) == []
        session.rollback()

        session.add(Parcel(id=2))
        session.commit()

    assert [(line.id, line.said) for line in db.stored(Line)] == [(20, "before"), (21, "after")]


@promise(
    "events.add-in-flush-warns",
    "Session.add() inside a mapper's flush event warns that its results may be inconsistent.",
    docs=DOCS,
)
def test_add_in_flush_warns(db: Database) -> None:
    db.create(Flyer, Parcel, Line)

    with db.session() as session:
        session.add(Flyer(id=1))
        with pytest.warns(SAWarning, match="not currently supported within the execution stage"):
            session.flush()
        session.rollback()

    assert (db.stored(Flyer), db.stored(Parcel)) == ([], [])
