"""From a row to nothing: marked, deleted, detached."""

import pytest
from sqlalchemy import inspect, select
from sqlalchemy.exc import InvalidRequestError

from session_conformance import Account, Database, promise


@promise(
    "object-states.marked-deleted",
    "delete() only marks: until the flush the object is in Session.deleted and still persistent.",
    docs="API Session.delete",
)
def test_marked_deleted(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session() as session:
        account = session.get_one(Account, 1)

        with db.watch() as sql:
            session.delete(account)

        assert account in session.deleted
        assert inspect(account).persistent
        assert sql.verbs == []
        session.flush()
        assert account not in session.deleted


@promise(
    "object-states.deleted",
    "After the flush of its delete an object is deleted: out of the Session, the row not yet gone.",
    docs="orm/session_events.html#session-lifecycle-events",
)
def test_deleted(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session() as session:
        account = session.get_one(Account, 1)
        session.delete(account)
        session.flush()

        assert inspect(account).deleted
        assert account not in session
        assert session.get(Account, 1) is None
        assert db.stored(Account, 1) is not None


@promise(
    "object-states.was-deleted",
    "Once its delete is committed an object is detached, remembers it, and its row is gone.",
    docs="orm/session_events.html#session-lifecycle-events",
)
def test_was_deleted(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session() as session:
        account = session.get_one(Account, 1)
        session.delete(account)
        session.commit()

        assert inspect(account).detached
        assert inspect(account).was_deleted
        assert db.stored(Account, 1) is None


@promise(
    "object-states.delete-detached",
    "delete() takes a detached object into the Session and removes its row at the flush.",
    docs="API Session.delete",
)
def test_delete_detached(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))
    with db.session() as earlier:
        account = earlier.get_one(Account, 1)

    with db.session() as session:
        session.delete(account)
        assert inspect(account).persistent
        session.commit()

    assert db.stored(Account, 1) is None


@promise(
    "object-states.delete-transient-refused",
    "delete() refuses an object that never had a row, even where a row has the same key.",
    docs="API Session.delete",
)
def test_delete_transient_refused(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session() as session:
        with pytest.raises(InvalidRequestError, match="is not persisted"):
            session.delete(Account(id=1, owner="Ann", balance=100))

        assert session.scalars(select(Account.id)).all() == [1]
        session.commit()

    assert db.stored(Account, 1) is not None


@promise(
    "object-states.re-add-deleted-refused",
    "add() refuses an object whose delete was committed, and nothing is stored again.",
    docs="orm/session_events.html#session-lifecycle-events",
)
def test_re_add_deleted_refused(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session() as session:
        account = session.get_one(Account, 1)
        session.delete(account)
        session.commit()

        with pytest.raises(InvalidRequestError, match="has been deleted"):
            session.add(account)

        session.commit()

    assert db.stored(Account) == []
