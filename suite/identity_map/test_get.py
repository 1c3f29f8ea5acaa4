"""Asking a Session for an object by its key."""

import pytest
from sqlalchemy import String, select
from sqlalchemy.exc import InvalidRequestError, NoResultFound, SAWarning
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from session_conformance import Account, Database, promise


class Theatre(DeclarativeBase):
    """The registry of this file's table."""


class Seat(Theatre):
    """A seat, found by its row and its place in it."""

    __tablename__ = "seat"

    line: Mapped[str] = mapped_column(String(2), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    guest: Mapped[str] = mapped_column(String(50))


class Staff(Theatre):
    """Somebody who works there, of one kind or another."""

    __tablename__ = "staff"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))

    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "staff"}  # noqa: RUF012


class Usher(Staff):
    """Shows the way."""

    __mapper_args__ = {"polymorphic_identity": "usher"}  # noqa: RUF012


class Singer(Staff):
    """Sings."""

    __mapper_args__ = {"polymorphic_identity": "singer"}  # noqa: RUF012


@promise(
    "identity-map.get-hit-no-sql",
    "get() of an object that is present and not expired returns it and sends no SQL.",
    docs="API Session.get",
)
def test_get_hit_no_sql(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session() as session:
        account = session.scalars(select(Account)).one()

        with db.watch() as sql:
            found = session.get(Account, 1)

        assert found is account
        assert sql.verbs == []


@promise(
    "identity-map.get-unlocked-no-sql",
    "get() of a present object sends no SQL either where with_for_update=False is spelled out.",
    docs="API Session.get",
)
def test_get_unlocked_no_sql(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session() as session:
        account = session.scalars(select(Account)).one()

        with db.watch() as sql:
            found = session.get(Account, 1, with_for_update=False)

        assert found is account
        assert sql.verbs == []


@promise(
    "identity-map.get-miss",
    "For a key that no row has get() returns None, and get_one() raises NoResultFound.",
    docs="API Session.get_one",
)
def test_get_miss(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session() as session, db.watch() as sql:
        assert session.get(Account, 2) is None
        assert sql.verbs == ["SELECT"]

        with pytest.raises(NoResultFound):
            session.get_one(Account, 2)

        assert sql.verbs == ["SELECT", "SELECT"]


@promise(
    "identity-map.get-composite",
    "get() takes a composite key as a tuple or by names, and refuses a wrong number of values.",
    docs="API Session.get",
)
def test_get_composite(db: Database) -> None:
    db.create(Seat)
    db.given(Seat(line="A", place=7, guest="Ann"), Seat(line="B", place=7, guest="Ben"))

    with db.session() as session:
        seat = session.get_one(Seat, ("B", 7))

        assert seat.guest == "Ben"
        assert session.get(Seat, {"place": 7, "line": "B"}) is seat

        with pytest.raises(InvalidRequestError, match="Incorrect number of values"):
            session.get(Seat, ("B",))

        assert session.get(Seat, ("C", 7)) is None


@promise(
    "identity-map.get-populate-existing",
    "get() with populate_existing selects again and puts the latest row into the present object.",
    docs="API Session.get",
)
def test_get_populate_existing(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session(expire_on_commit=False) as session:
        account = session.get_one(Account, 1)
        # A transaction that has read may go on seeing what it saw.
        session.commit()
        with db.elsewhere() as other:
            other.get_one(Account, 1).balance = 250

        assert session.get_one(Account, 1).balance == 100

        with db.watch() as sql:
            again = session.get(Account, 1, populate_existing=True)

        assert again is account
        assert account.balance == 250
        assert sql.verbs == ["SELECT"]


@promise(
    "identity-map.get-all-none",
    "get() with None for every part of a key warns and returns None.",
    docs="API Session.get",
)
def test_get_all_none(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session() as session:
        with pytest.warns(SAWarning, match="fully NULL primary key"):
            found = session.get(Account, (None,))

        assert found is None
        assert session.get_one(Account, 1).owner == "Ann"


@promise(
    "identity-map.wrong-class-in-map",
    "get() of one subclass with the key of a loaded object of another one returns None.",
    docs="API Session.get",
)
def test_wrong_class_in_map(db: Database) -> None:
    db.create(Staff)
    db.given(Usher(id=1), Singer(id=2))

    with db.session() as session:
        usher = session.get_one(Staff, 1)
        assert type(usher) is Usher

        with db.watch() as sql:
            assert session.get(Singer, 1) is None
            assert session.get(Usher, 1) is usher

        assert sql.verbs == []
