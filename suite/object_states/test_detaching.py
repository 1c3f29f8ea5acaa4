"""Out of a Session and into one again."""

import pytest
from sqlalchemy import inspect
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import make_transient, make_transient_to_detached, object_session

from session_conformance import Account, Database, promise


@promise(
    "object-states.detached-by-expunge",
    "expunge() makes a persistent object detached, its values still there, and a pending one new.",
    docs="orm/session_state_management.html#expunging",
)
def test_detached_by_expunge(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session() as session:
        account = session.get_one(Account, 1)
        pending = Account(id=2, owner="Ben")
        session.add(pending)

        session.expunge(account)
        session.expunge(pending)

        assert inspect(account).detached
        assert account.balance == 100
        assert inspect(pending).transient
        session.commit()

    assert db.stored(Account, 2) is None


@promise(
    "object-states.detached-to-persistent",
    "add() of a detached object makes it persistent again, as it is and without SQL.",
    docs="API Session.add",
)
def test_detached_to_persistent(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))
    with db.session() as earlier:
        account = earlier.get_one(Account, 1)

    with db.session() as session, db.watch() as sql:
        session.add(account)

        assert inspect(account).persistent
        assert session.get(Account, 1) is account
        assert account.balance == 100
        assert sql.verbs == []


@promise(
    "object-states.detached-change-is-flushed",
    "A change made while an object was detached is written once the object is in a Session again.",
    docs="orm/session_basics.html#session-adding",
)
def test_detached_change_is_flushed(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))
    with db.session() as earlier:
        account = earlier.get_one(Account, 1)
    account.balance = 250

    with db.session() as session, db.watch() as sql:
        session.add(account)
        session.commit()

    assert sql.verbs == ["UPDATE"]
    stored = db.stored(Account, 1)
    assert stored is not None
    assert stored.balance == 250


@promise(
    "object-states.close-of-flushed-new-object",
    "close() detaches an object that was flushed but not committed, and its row does not exist.",
    docs="orm/session_basics.html#session-closing",
)
def test_close_of_flushed_new_object(db: Database) -> None:
    session = db.session()
    account = Account(id=1, owner="Ann", balance=100)
    session.add(account)
    session.flush()

    session.close()

    assert inspect(account).detached
    assert db.stored(Account) == []
    assert db.checked_out == 0


@promise(
    "object-states.two-sessions-refused",
    "add() refuses an object that belongs to another open Session, and its owner stays the same.",
    docs="API Session.add",
)
def test_two_sessions_refused(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session() as first, db.session() as second:
        account = first.get_one(Account, 1)

        with pytest.raises(InvalidRequestError, match="already attached to session"):
            second.add(account)

        assert account not in second
        assert object_session(account) is first


@promise(
    "object-states.make-transient",
    "make_transient() makes an object new again: added under another key it is a second row.",
    docs="API make_transient",
)
def test_make_transient(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session() as session:
        account = session.get_one(Account, 1)
        make_transient(account)
        assert inspect(account).transient

        account.id = 2
        account.owner = "Ben"
        session.add(account)
        session.commit()

    stored = [(row.id, row.owner, row.balance) for row in db.stored(Account)]
    assert stored == [(1, "Ann", 100), (2, "Ben", 100)]


@promise(
    "object-states.make-transient-to-detached",
    "make_transient_to_detached() lets an object built from its key alone load the rest later.",
    docs="API make_transient_to_detached",
)
def test_make_transient_to_detached(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))
    account = Account(id=1)
    make_transient_to_detached(account)
    assert inspect(account).detached

    with db.session() as session, db.watch() as sql:
        session.add(account)
        assert sql.verbs == []

        assert account.balance == 100
        assert sql.verbs == ["SELECT"]
