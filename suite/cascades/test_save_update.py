"""Objects that come into a Session by way of others."""

import pytest
from sqlalchemy import inspect
from sqlalchemy.exc import SAWarning

from session_conformance import Account, Database, Entry, promise


@promise(
    "cascades.append-follows",
    "An object appended to a collection of a persistent object is pending, and stored with it.",
    docs="orm/cascades.html#cascade-save-update",
)
def test_append_follows(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session() as session:
        account = session.get_one(Account, 1)
        entry = Entry(id=1, amount=25)
        assert inspect(entry).transient

        account.entries.append(entry)

        assert inspect(entry).pending
        session.commit()
    assert [(found.account_id, found.amount) for found in db.stored(Entry)] == [(1, 25)]


@promise(
    "cascades.add-follows",
    "add() of a parent adds the children in its collection, and one flush stores them all.",
    docs="orm/cascades.html#cascade-save-update",
)
def test_add_follows(db: Database) -> None:
    entries = [Entry(id=1, amount=25), Entry(id=2, amount=-5)]
    account = Account(id=1, owner="Ann", balance=20, entries=entries)

    with db.session() as session:
        session.add(account)

        assert set(session.new) == {account, *entries}
        session.commit()

    assert [(entry.account_id, entry.amount) for entry in db.stored(Entry)] == [(1, 25), (1, -5)]


@promise(
    "cascades.backref-does-not-add",
    "A new child that names a persistent parent stays outside the Session, and no flush stores it.",
    docs="orm/cascades.html#back-populates-cascade",
)
def test_backref_does_not_add(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session() as session:
        account = session.get_one(Account, 1)
        entry = Entry(id=1, amount=25)
        entry.account = account

        assert entry not in session
        with pytest.warns(SAWarning, match="not in session"):
            session.commit()
        assert inspect(entry).transient

    assert db.stored(Entry) == []


@promise(
    "cascades.removed-child-follows-parent",
    "A child taken from a detached parent is added along with it, and loses its foreign key.",
    docs="orm/cascades.html#cascade-save-update",
)
def test_removed_child_follows_parent(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100), Entry(id=1, account_id=1, amount=25))
    with db.session() as session:
        account = session.get_one(Account, 1)
        (entry,) = account.entries

    account.entries.remove(entry)
    with db.session() as session:
        session.add(account)

        assert entry in session
        session.commit()

    assert [(stored.id, stored.account_id) for stored in db.stored(Entry)] == [(1, None)]
