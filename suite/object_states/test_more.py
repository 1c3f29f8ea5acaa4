"""Objects that are refused, many at once, on their way through pickle, and outside."""

import pickle

import pytest
from sqlalchemy import inspect, select
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import close_all_sessions
from sqlalchemy.orm.exc import UnmappedInstanceError

from session_conformance import Account, Database, Entry, promise


@promise(
    "object-states.expunge-foreign-refused",
    "expunge() refuses an object that is in no Session, and one that is in another.",
    docs="API Session.expunge",
)
def test_expunge_foreign_refused(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session() as session, db.session() as other:
        account = other.get_one(Account, 1)
        with pytest.raises(InvalidRequestError, match="not present in this Session"):
            session.expunge(account)
        with pytest.raises(InvalidRequestError, match="not present in this Session"):
            session.expunge(Account(id=2, owner="Bob"))

        assert account in other


@promise(
    "object-states.unmapped-refused",
    "add() of an object without a mapping raises UnmappedInstanceError; the rest stays as it was.",
    docs="API Session.add",
)
def test_unmapped_refused(db: Database) -> None:
    with db.session() as session:
        session.add(Account(id=1, owner="Ann"))
        with pytest.raises(UnmappedInstanceError):
            session.add("Bob")
        session.commit()

    assert [account.owner for account in db.stored(Account)] == ["Ann"]


@promise(
    "object-states.pickle-and-re-add",
    "A pickled object comes back detached, with its values, and its changes are stored once added.",
    docs="orm/session_state_management.html#session-object-states",
)
def test_pickle_and_re_add(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))
    with db.session() as session:
        pickled = pickle.dumps(session.get_one(Account, 1))

    account: Account = pickle.loads(pickled)  # noqa: S301
    assert inspect(account).detached
    assert (account.owner, account.balance) == ("Ann", 100)

    with db.session() as session, db.watch() as sql:
        session.add(account)
        account.balance = 50
        session.commit()
    assert sql.steps == ["BEGIN", "UPDATE", "COMMIT"]
    assert [row.balance for row in db.stored(Account)] == [50]


@promise(
    "object-states.close-all-sessions",
    "close_all_sessions() closes every Session: no transaction, no connection, objects detached.",
    docs="API close_all_sessions",
)
def test_close_all_sessions(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"))

    with db.session() as first, db.session() as second:
        ann = first.get_one(Account, 1)
        bob = Account(id=2, owner="Bob")
        second.add(bob)
        second.flush()

        close_all_sessions()

        assert (first.in_transaction(), second.in_transaction()) == (False, False)
        assert (inspect(ann).detached, inspect(bob).session) == (True, None)
        assert (db.checked_out, len(db.stored(Account))) == (0, 1)


@promise(
    "object-states.add-all",
    "add_all() adds each of its objects, new or detached, with what cascades from it.",
    docs="API Session.add_all",
)
def test_add_all(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=1))
    with db.session() as session:
        ann = session.get_one(Account, 1)
    ann.balance = 10
    bob = Account(id=2, owner="Bob", balance=2, entries=[Entry(id=1, amount=25)])

    with db.session() as session:
        session.add_all([ann, bob, Account(id=3, owner="Cleo")])
        session.commit()

    assert [(row.id, row.balance) for row in db.stored(Account)] == [(1, 10), (2, 2), (3, 0)]
    assert [(row.account_id, row.amount) for row in db.stored(Entry)] == [(2, 25)]


@promise(
    "object-states.enable-relationship-loading",
    "enable_relationship_loading() lets an object load what its key names, without storing it.",
    docs="API Session.enable_relationship_loading",
)
def test_enable_relationship_loading(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"))

    with db.session() as session:
        entry = Entry(id=1, account_id=1, amount=25)
        session.enable_relationship_loading(entry)

        assert entry.account is session.get(Account, 1)
        assert entry not in session
        session.commit()
        assert session.scalars(select(Entry)).all() == []
