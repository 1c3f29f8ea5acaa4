"""What an object can still do without a Session."""

import pytest
from sqlalchemy import inspect, select
from sqlalchemy.orm import defer
from sqlalchemy.orm.exc import DetachedInstanceError

from session_conformance import Account, Database, Entry, promise


@promise(
    "detached-and-merge.loaded-values-usable",
    "Values loaded before detaching stay readable and changeable; no change reaches the database.",
    docs="orm/session_state_management.html#session-object-states",
)
def test_loaded_values_usable(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))
    with db.session() as session:
        account = session.get_one(Account, 1)

    with db.watch() as sql:
        account.balance += 50

    assert (account.owner, account.balance) == ("Ann", 150)
    assert sql.steps == []
    stored = db.stored(Account, 1)
    assert stored is not None
    assert stored.balance == 100


@promise(
    "detached-and-merge.expired-column-refused",
    "An expired column of a detached object raises DetachedInstanceError until it is added again.",
    docs="orm/session_state_management.html#session-object-states",
)
def test_expired_column_refused(db: Database) -> None:
    with db.session() as session:
        account = Account(id=1, owner="Ann", balance=100)
        session.add(account)
        session.commit()

    with pytest.raises(DetachedInstanceError):
        repr(account.balance)

    with db.session() as session:
        session.add(account)
        assert account.balance == 100


@promise(
    "detached-and-merge.deferred-column-refused",
    "A deferred column that was never loaded raises DetachedInstanceError on a detached object.",
    docs="orm/session_state_management.html#session-object-states",
)
def test_deferred_column_refused(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))
    with db.session() as session:
        account = session.scalars(select(Account).options(defer(Account.balance))).one()

    with pytest.raises(DetachedInstanceError):
        repr(account.balance)

    assert account.owner == "Ann"
    assert inspect(account).detached


@promise(
    "detached-and-merge.lazy-load-refused",
    "A relationship that was not loaded raises DetachedInstanceError on a detached object.",
    docs="errors.html#error-bhk3",
)
def test_lazy_load_refused(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"), Entry(id=1, account_id=1, amount=10))
    with db.session() as session:
        account = session.get_one(Account, 1)

    with pytest.raises(DetachedInstanceError):
        repr(account.entries)

    with db.session() as session:
        session.add(account)
        assert [entry.amount for entry in account.entries] == [10]


@promise(
    "detached-and-merge.move-between-sessions",
    "An object of a closed Session can be added to another one, changed there and committed.",
    docs="orm/session_basics.html#session-adding",
)
def test_move_between_sessions(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))
    with db.session() as first:
        account = first.get_one(Account, 1)

    with db.session() as second:
        second.add(account)
        account.balance += 50
        second.commit()

        assert account.balance == 150

    stored = db.stored(Account, 1)
    assert stored is not None
    assert stored.balance == 150
