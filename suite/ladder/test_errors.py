"""Each pattern, where an exception is raised: in the body, by the flush, by the commit."""

from contextlib import ExitStack

import pytest
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from session_conformance import PATTERNS, Account, Database, Pattern, promise


def deposit(session: Session) -> None:
    session.get_one(Account, 1).balance += 25
    session.add(Account(id=2, owner="Bob", balance=5))
    session.flush()


@promise(
    "ladder.body-error-stores-nothing",
    "An exception in the body undoes the work in each pattern and comes out as the same object.",
    docs="orm/session_basics.html#session-begin-commit-rollback-block",
)
@pytest.mark.parametrize("pattern", PATTERNS.values(), ids=PATTERNS)
def test_body_error_stores_nothing(db: Database, pattern: Pattern) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))
    error = LookupError("Bob has moved away")

    def work(session: Session) -> None:
        deposit(session)
        raise error

    with db.watch() as sql, pytest.raises(LookupError) as caught:
        pattern(db.engine, work)

    assert caught.value is error
    assert sql.steps == ["BEGIN", "SELECT", "UPDATE", "INSERT", "ROLLBACK"]
    assert db.checked_out == 0
    assert not db.locked(Account, 1)
    assert [account.balance for account in db.stored(Account)] == [100]


@promise(
    "ladder.flush-error-stores-nothing",
    "An exception raised by a flush undoes the work in each pattern and comes out unchanged.",
    docs="orm/session_basics.html#session-flushing",
)
@pytest.mark.parametrize("pattern", PATTERNS.values(), ids=PATTERNS)
def test_flush_error_stores_nothing(db: Database, pattern: Pattern) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))
    raised: list[BaseException | None] = []
    engine = db.new_engine()
    event.listen(engine, "handle_error", lambda found: raised.append(found.sqlalchemy_exception))

    def work(session: Session) -> None:
        deposit(session)
        session.add(Account(id=3, owner="Ann", balance=0))
        session.flush()

    with pytest.raises(IntegrityError) as caught:
        pattern(engine, work)

    assert raised == [caught.value]
    assert db.checked_out == 0
    assert not db.locked(Account, 1)
    assert [account.balance for account in db.stored(Account)] == [100]


@promise(
    "ladder.commit-error-stores-nothing",
    "An exception raised by the commit comes out of each pattern unchanged; nothing is stored.",
    docs="orm/session_basics.html#session-committing",
)
@pytest.mark.parametrize("pattern", PATTERNS.values(), ids=PATTERNS)
def test_commit_error_stores_nothing(db: Database, pattern: Pattern) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))
    raised: list[BaseException | None] = []
    engine = db.new_engine()
    event.listen(engine, "handle_error", lambda found: raised.append(found.sqlalchemy_exception))

    with ExitStack() as refusal:

        def work(session: Session) -> None:
            deposit(session)
            refusal.enter_context(db.failing_commit(session))

        with pytest.raises(DBAPIError) as caught:
            pattern(engine, work)

    assert raised == [caught.value]
    assert db.checked_out == 0
    assert not db.locked(Account, 1)
    assert [account.balance for account in db.stored(Account)] == [100]


@promise(
    "ladder.keyboard-interrupt-stores-nothing",
    "KeyboardInterrupt, which is no Exception, undoes the work in each pattern like any other.",
    docs="orm/session_basics.html#session-begin-commit-rollback-block",
)
@pytest.mark.parametrize("pattern", PATTERNS.values(), ids=PATTERNS)
def test_keyboard_interrupt_stores_nothing(db: Database, pattern: Pattern) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))
    interrupt = KeyboardInterrupt()

    def work(session: Session) -> None:
        deposit(session)
        raise interrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        pattern(db.engine, work)

    assert caught.value is interrupt
    assert db.checked_out == 0
    assert not db.locked(Account, 1)
    assert [account.balance for account in db.stored(Account)] == [100]
