"""The block `with session.begin()`, and the long form that it stands for."""

from collections.abc import Callable

import pytest
from sqlalchemy import inspect, select
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import Session

from session_conformance import PATTERNS, Account, Database, promise


@promise(
    "autobegin.with-begin-commits",
    "A begin() block that ends without an exception flushes and commits; the Session stays open.",
    docs="orm/session_transaction.html#unitofwork-transaction",
)
def test_with_begin_commits(db: Database) -> None:
    with db.session() as session:
        with db.watch() as sql, session.begin():
            account = Account(id=1, owner="Ann", balance=100)
            session.add(account)

        assert sql.steps == ["BEGIN", "INSERT", "COMMIT"]
        assert db.checked_out == 0
        assert account in session
        assert [found.owner for found in db.stored(Account)] == ["Ann"]


@promise(
    "autobegin.with-begin-rolls-back",
    "A begin() block left by an exception rolls back, lets the exception through, stores nothing.",
    docs="orm/session_basics.html#session-begin-commit-rollback-block",
)
def test_with_begin_rolls_back(db: Database) -> None:
    error = LookupError("Bob has moved away")

    with db.session() as session:
        with db.watch() as sql, pytest.raises(LookupError) as caught, session.begin():
            session.add(Account(id=1, owner="Ann", balance=100))
            session.flush()
            raise error

        assert caught.value is error
        assert sql.steps == ["BEGIN", "INSERT", "ROLLBACK"]
        assert db.checked_out == 0
        assert db.stored(Account) == []


@promise(
    "autobegin.long-form-equivalent",
    "begin() with try, except and else does what the block does: same steps, rows and exception.",
    docs="orm/session_basics.html#session-begin-commit-rollback-block",
)
@pytest.mark.parametrize("name", ["begin-try-else", "nested-with"])
def test_long_form_equivalent(db: Database, name: str) -> None:
    error = LookupError("Bob has moved away")

    def succeed(session: Session) -> None:
        session.add(Account(id=1, owner="Ann", balance=100))

    def fail(session: Session) -> None:
        session.add(Account(id=2, owner="Bob", balance=5))
        session.flush()
        raise error

    with db.watch() as sql:
        PATTERNS[name](db.engine, succeed)
        with pytest.raises(LookupError) as caught:
            PATTERNS[name](db.engine, fail)

    assert caught.value is error
    assert sql.steps == ["BEGIN", "INSERT", "COMMIT", "BEGIN", "INSERT", "ROLLBACK"]
    assert [account.owner for account in db.stored(Account)] == ["Ann"]


@promise(
    "autobegin.nested-with-form",
    "The inner block commits at its end; the outer block closes the Session at its own.",
    docs="orm/session_basics.html#session-begin-commit-rollback-block",
)
def test_nested_with_form(db: Database) -> None:
    with Session(db.engine) as session:
        with session.begin():
            account = Account(id=1, owner="Ann", balance=100)
            session.add(account)

        assert [found.owner for found in db.stored(Account)] == ["Ann"]
        assert inspect(account).persistent

    assert inspect(account).detached


@promise(
    "autobegin.combined-with-form",
    "One with line for Session and transaction commits and then closes.",
    docs="orm/session_basics.html#session-begin-commit-rollback-block",
)
def test_combined_with_form(db: Database) -> None:
    with db.watch() as sql, Session(db.engine) as session, session.begin():
        account = Account(id=1, owner="Ann", balance=100)
        session.add(account)

    assert sql.steps == ["BEGIN", "INSERT", "COMMIT"]
    assert [found.owner for found in db.stored(Account)] == ["Ann"]
    assert inspect(account).detached


@promise(
    "autobegin.ended-inside-block",
    "After commit() or rollback() inside a begin() block the Session is refused until its end.",
    docs="core/connections.html#begin-once",
)
@pytest.mark.parametrize("end", [Session.commit, Session.rollback], ids=["commit", "rollback"])
def test_ended_inside_block(db: Database, end: Callable[[Session], None]) -> None:
    with db.session() as session, session.begin():
        session.execute(select(Account.id))
        end(session)

        with pytest.raises(InvalidRequestError):
            session.execute(select(Account.id))

    assert db.checked_out == 0


@promise(
    "autobegin.usable-after-block",
    "After a begin() block, committed or rolled back, the Session is idle and takes another one.",
    docs="orm/session_transaction.html#unitofwork-transaction",
)
def test_usable_after_block(db: Database) -> None:
    with db.session() as session:
        with session.begin():
            session.add(Account(id=1, owner="Ann", balance=100))
        assert not session.in_transaction()

        with pytest.raises(LookupError), session.begin():
            session.add(Account(id=2, owner="Bob", balance=5))
            session.flush()
            raise LookupError
        assert not session.in_transaction()

        with session.begin():
            session.add(Account(id=3, owner="Cid", balance=7))

    assert [account.owner for account in db.stored(Account)] == ["Ann", "Cid"]
