"""The with block of a Session: it closes, and it never commits."""

import pytest
from sqlalchemy import inspect
from sqlalchemy.orm import Session

from session_conformance import Account, Database, promise


@promise(
    "opening-and-closing.with-block-closes",
    "Leaving the with block of a Session leaves no transaction, no connection and no object in it.",
    docs="orm/session_basics.html#session-getting",
)
def test_with_block_closes(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with Session(db.engine) as session:
        account = session.get_one(Account, 1)

    assert not session.in_transaction()
    assert db.checked_out == 0
    assert inspect(account).detached


@promise(
    "opening-and-closing.with-block-lets-errors-through",
    "An exception leaves the with block as the same object, and the Session is closed.",
    docs="orm/session_basics.html#session-getting",
)
def test_with_block_lets_errors_through(db: Database) -> None:
    error = LookupError("Bob has moved away")

    with pytest.raises(LookupError) as caught, Session(db.engine) as session:
        session.add(Account(id=1, owner="Ann", balance=100))
        session.flush()
        raise error

    assert caught.value is error
    assert not session.in_transaction()
    assert db.checked_out == 0
    assert db.stored(Account) == []


@promise(
    "opening-and-closing.with-block-never-commits",
    "Rows that were flushed but not committed are gone after the with block of a Session.",
    docs="orm/session_basics.html#session-getting",
)
def test_with_block_never_commits(db: Database) -> None:
    with db.watch() as sql, Session(db.engine) as session:
        session.add(Account(id=1, owner="Ann", balance=100))
        session.flush()

    assert sql.steps == ["BEGIN", "INSERT", "ROLLBACK"]
    assert db.stored(Account) == []


@promise(
    "opening-and-closing.seed-write-pattern",
    "add, add and commit() in a with block store both rows; both objects are detached, expired.",
    docs="orm/session_basics.html#session-getting",
)
def test_seed_write_pattern(db: Database) -> None:
    ann = Account(id=1, owner="Ann", balance=100)
    bob = Account(id=2, owner="Bob", balance=5)

    with Session(db.engine) as session:
        session.add(ann)
        session.add(bob)
        session.commit()

    assert [account.owner for account in db.stored(Account)] == ["Ann", "Bob"]
    assert inspect(ann).detached
    assert inspect(bob).detached
    assert db.loaded(ann) == db.loaded(bob) == set()
