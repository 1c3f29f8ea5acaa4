"""A return in the middle: a block commits all the same, a commit() further down is missed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from session_conformance import Account, Database, promise

Deposit = Callable[[Engine], str]


def nested_with(engine: Engine) -> str:
    with Session(engine) as session:
        with session.begin():
            session.get_one(Account, 1).balance += 25
            return "early"
    return "late"


def combined_with(engine: Engine) -> str:
    with Session(engine) as session, session.begin():
        session.get_one(Account, 1).balance += 25
        return "early"
    return "late"


def factory_begin(engine: Engine) -> str:
    with sessionmaker(engine).begin() as session:
        session.get_one(Account, 1).balance += 25
        return "early"
    return "late"


@contextmanager
def scope(engine: Engine) -> Iterator[Session]:
    with Session(engine) as session:
        try:
            yield session
            session.commit()
        except BaseException:
            session.rollback()
            raise


def session_scope(engine: Engine) -> str:
    with scope(engine) as session:
        session.get_one(Account, 1).balance += 25
        return "early"
    return "late"


def by_hand(engine: Engine) -> str:
    session = Session(engine)
    try:
        session.get_one(Account, 1).balance += 25
        session.flush()
        if session.is_active:
            return "early"
        session.commit()
    finally:
        session.close()
    return "late"


def with_commit(engine: Engine) -> str:
    with Session(engine) as session:
        session.get_one(Account, 1).balance += 25
        session.flush()
        if session.is_active:
            return "early"
        session.commit()
    return "late"


def begin_try_else(engine: Engine) -> str:
    with Session(engine) as session:
        session.begin()
        try:
            session.get_one(Account, 1).balance += 25
            session.flush()
            return "early"
        except BaseException:
            session.rollback()
            raise
        else:
            session.commit()
    return "late"


def named(*patterns: Deposit) -> pytest.MarkDecorator:
    ids = [pattern.__name__.replace("_", "-") for pattern in patterns]
    return pytest.mark.parametrize("deposit", patterns, ids=ids)


@promise(
    "ladder.early-return-stores-the-work",
    "A return inside a block that commits at its end commits too: the work is stored.",
    docs="orm/session_basics.html#session-begin-commit-rollback-block",
)
@named(nested_with, combined_with, factory_begin, session_scope)
def test_early_return_stores_the_work(db: Database, deposit: Deposit) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.watch() as sql:
        assert deposit(db.engine) == "early"

    assert sql.steps == ["BEGIN", "SELECT", "UPDATE", "COMMIT"]
    assert db.checked_out == 0
    assert not db.locked(Account, 1)
    assert [account.balance for account in db.stored(Account)] == [125]


@promise(
    "ladder.early-return-skips-the-commit",
    "A return before commit(), also one that skips the else of a try, stores nothing.",
    docs="orm/session_basics.html#session-closing",
)
@named(by_hand, with_commit, begin_try_else)
def test_early_return_skips_the_commit(db: Database, deposit: Deposit) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.watch() as sql:
        assert deposit(db.engine) == "early"

    assert sql.steps == ["BEGIN", "SELECT", "UPDATE", "ROLLBACK"]
    assert db.checked_out == 0
    assert not db.locked(Account, 1)
    assert [account.balance for account in db.stored(Account)] == [100]
