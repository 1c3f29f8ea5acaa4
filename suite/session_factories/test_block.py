"""Sessions from a factory, and the factory's own begin() block."""

import pytest
from sqlalchemy import inspect
from sqlalchemy.orm import sessionmaker

from session_conformance import Account, Database, promise


@promise(
    "session-factories.seed-factory-pattern",
    "A factory that knows the engine gives Sessions that add, commit and close like any other.",
    docs="orm/session_basics.html#using-a-sessionmaker",
)
def test_seed_factory_pattern(db: Database) -> None:
    factory = sessionmaker(db.engine)
    ann = Account(id=1, owner="Ann", balance=100)
    bob = Account(id=2, owner="Bob", balance=5)

    with db.watch() as sql, factory() as session:
        session.add(ann)
        session.add(bob)
        session.commit()

    assert sql.steps == ["BEGIN", "INSERT", "COMMIT"]
    assert sql.pool == ["check-out", "check-in"]
    assert inspect(ann).detached
    assert [account.owner for account in db.stored(Account)] == ["Ann", "Bob"]


@promise(
    "session-factories.begin-commits-and-closes",
    "The factory's begin() block flushes, commits and closes at its end.",
    docs="API sessionmaker.begin",
)
def test_begin_commits_and_closes(db: Database) -> None:
    factory = sessionmaker(db.engine)

    with db.watch() as sql, factory.begin() as session:
        account = Account(id=1, owner="Ann", balance=100)
        session.add(account)

    assert sql.steps == ["BEGIN", "INSERT", "COMMIT"]
    assert inspect(account).detached
    assert db.checked_out == 0
    assert [found.owner for found in db.stored(Account)] == ["Ann"]


@promise(
    "session-factories.begin-rolls-back",
    "The factory's begin() block left by an exception rolls back, closes and lets it through.",
    docs="API sessionmaker.begin",
)
def test_begin_rolls_back(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))
    factory = sessionmaker(db.engine)
    error = LookupError("Bob has moved away")

    with pytest.raises(LookupError) as caught, factory.begin() as session:
        account = session.get_one(Account, 1)
        account.balance = 0
        session.flush()
        raise error

    assert caught.value is error
    assert inspect(account).detached
    assert db.checked_out == 0
    assert not db.locked(Account, 1)
    assert [found.balance for found in db.stored(Account)] == [100]
