"""From a new object to a row: transient, pending, persistent."""

from sqlalchemy import inspect, select
from sqlalchemy.orm import object_session

from session_conformance import Account, Database, promise


@promise(
    "object-states.transient",
    "A newly built object is transient: it belongs to no Session, and none stores it.",
    docs="orm/session_state_management.html#session-object-states",
)
def test_transient(db: Database) -> None:
    account = Account(id=1, owner="Ann", balance=100)

    with db.session() as session:
        assert inspect(account).transient
        assert account not in session
        assert session.scalars(select(Account)).all() == []

        session.commit()

    assert db.stored(Account) == []


@promise(
    "object-states.pending",
    "add() makes a new object pending: it is in Session.new, and no SQL is sent before the flush.",
    docs="orm/session_state_management.html#session-object-states",
)
def test_pending(db: Database) -> None:
    account = Account(id=1, owner="Ann", balance=100)

    with db.session() as session, db.watch() as sql:
        session.add(account)

        assert inspect(account).pending
        assert account in session.new
        assert sql.steps == []

        session.flush()

        assert account not in session.new
        assert sql.steps == ["BEGIN", "INSERT"]


@promise(
    "object-states.persistent",
    "flush() makes an object persistent, with the key of its row as its identity.",
    docs="orm/session_state_management.html#session-object-states",
)
def test_persistent(db: Database) -> None:
    db.given(Account(id=700_001, owner="Zoe"))
    account = Account(owner="Ann", balance=100)

    with db.session(expire_on_commit=False) as session:
        session.add(account)
        session.flush()

        assert inspect(account).persistent
        assert inspect(account).identity == (account.id,)
        session.commit()

    stored = db.stored(Account, account.id)
    assert stored is not None
    assert stored.owner == "Ann"


@promise(
    "object-states.loaded-is-persistent",
    "An object that a query returns is persistent and neither new nor changed.",
    docs="orm/session_state_management.html#session-object-states",
)
def test_loaded_is_persistent(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session() as session:
        account = session.scalars(select(Account)).one()

        assert inspect(account).persistent
        assert inspect(account).identity == (1,)
        assert account not in session.new
        assert account not in session.dirty


@promise(
    "object-states.owner-lookup",
    "object_session() and inspect().session tell an object's Session; None when detached.",
    docs="orm/session_basics.html#session-faq",
)
def test_owner_lookup(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session() as session:
        account = session.get_one(Account, 1)

        assert object_session(account) is session
        assert inspect(account).session is session

    assert object_session(account) is None
    assert inspect(account).session is None


@promise(
    "object-states.dirty-is-optimistic",
    "An attribute changed and changed back leaves its object in dirty, yet is_modified() is false.",
    docs="API Session.is_modified",
)
def test_dirty_is_optimistic(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session() as session:
        account = session.get_one(Account, 1)
        account.balance = 250
        assert session.is_modified(account)

        account.balance = 100

        assert account in session.dirty
        assert not session.is_modified(account)
