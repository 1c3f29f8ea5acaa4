"""One row is one object in a Session, and another object in another Session."""

import pytest
from sqlalchemy import select
from sqlalchemy.exc import InvalidRequestError

from session_conformance import Account, Database, Entry, promise


@promise(
    "identity-map.one-object-per-key",
    "However often a Session selects a row, it gives the same Python object for it.",
    docs="orm/session_basics.html#session-expiring",
)
def test_one_object_per_key(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session() as session, db.watch() as sql:
        by_owner = session.scalars(select(Account).where(Account.owner == "Ann")).one()
        by_balance = session.scalars(select(Account).where(Account.balance == 100)).one()

        assert by_owner is by_balance
        assert sql.verbs == ["SELECT", "SELECT"]


@promise(
    "identity-map.sessions-are-separate",
    "Two Sessions that load one row hold two objects, and a change to one leaves the other alone.",
    docs="orm/session_basics.html#what-does-the-session-do",
)
def test_sessions_are_separate(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session() as first, db.session() as second:
        one = first.get_one(Account, 1)
        other = second.get_one(Account, 1)
        one.balance = 250

        assert one is not other
        assert other.balance == 100


@promise(
    "identity-map.second-object-refused",
    "add() refuses a detached object when the Session already holds another one of its key.",
    docs="API Session.add",
)
def test_second_object_refused(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))
    with db.session() as earlier:
        stranger = earlier.get_one(Account, 1)

    with db.session() as session:
        account = session.get_one(Account, 1)

        with pytest.raises(InvalidRequestError, match="already present in this session"):
            session.add(stranger)

        assert stranger not in session
        assert session.get(Account, 1) is account


@promise(
    "identity-map.outer-join-none",
    "Where an outer join finds no row for a class, there is None in the place of its object.",
    docs="faq/sessions.html",
)
def test_outer_join_none(db: Database) -> None:
    db.given(
        Account(id=1, owner="Ann", entries=[Entry(id=1, amount=10)]), Account(id=2, owner="Bob")
    )
    pairs = select(Account, Entry).outerjoin(Account.entries).order_by(Account.id)

    with db.session() as session:
        (ann, entry), (bob, nothing) = session.execute(pairs).all()

        assert (ann.owner, bob.owner) == ("Ann", "Bob")
        assert entry is session.get(Entry, 1)
        assert nothing is None


@promise(
    "identity-map.identity-token",
    "With different identity tokens one key gives different objects, each found by its token.",
    docs="orm/queryguide/api.html#identity-token",
)
def test_identity_token(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))
    accounts = select(Account)

    with db.session() as session:
        east = session.scalars(accounts, execution_options={"identity_token": "east"}).one()
        west = session.scalars(accounts, execution_options={"identity_token": "west"}).one()

        assert east is not west
        assert (east.owner, west.owner) == ("Ann", "Ann")
        with db.watch() as sql:
            assert session.get(Account, 1, identity_token="west") is west  # noqa: S106
        assert sql.verbs == []
