"""What two transactions at SERIALIZABLE cannot do to each other."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from session_conformance import Account, Database, promise

Write = Callable[[Session, int], None]


def deposit(session: Session, key: int) -> None:
    """Of what it has read in row 1, make more."""
    session.get_one(Account, 1).balance += key


def withdraw(session: Session, key: int) -> None:
    """Empty a row of its own, since another is full."""
    session.get_one(Account, key).balance = 0


def insert(session: Session, key: int) -> None:
    """Add a row of its own, since there are only two."""
    session.add(Account(id=key + 10, owner=f"owner {key}", balance=1))
    session.flush()


def read_then(engine: Engine, write: Write, both_have_read: Barrier, key: int) -> bool:
    """Read every row, wait until the other has, and write; tell whether that was committed."""
    with Session(engine) as session:
        accounts = session.scalars(select(Account).where(Account.balance > 0)).all()
        both_have_read.wait()
        try:
            write(session, key)
            session.commit()
        except DBAPIError:
            session.rollback()
            return False
        return bool(accounts)


@promise(
    "isolation.serializable-prevents-all",
    "At SERIALIZABLE two transactions that both read first, and then write, do not both commit.",
    docs="core/connections.html#setting-transaction-isolation-levels-including-dbapi-autocommit",
    needs=("isolation_levels", "threads"),
)
@pytest.mark.parametrize(
    "write", [deposit, withdraw, insert], ids=["lost-update", "write-skew", "phantom"]
)
def test_serializable_prevents_all(db: Database, write: Write) -> None:
    db.given(Account(id=1, owner="Ann", balance=100), Account(id=2, owner="Bob", balance=100))
    engine = db.new_engine(isolation_level="SERIALIZABLE")
    both_have_read = Barrier(2, timeout=5)

    with ThreadPoolExecutor(2) as threads:
        ann = threads.submit(read_then, engine, write, both_have_read, 1)
        bob = threads.submit(read_then, engine, write, both_have_read, 2)

    assert sorted([ann.result(), bob.result()]) == [False, True]


@promise(
    "isolation.serialization-failure-retry",
    "The one that was refused at SERIALIZABLE commits when it reads and writes once more.",
    docs="faq/sessions.html#faq-session-rollback",
    needs=("isolation_levels", "threads"),
)
def test_serialization_failure_retry(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))
    engine = db.new_engine(isolation_level="SERIALIZABLE")
    both_have_read = Barrier(2, timeout=5)

    with ThreadPoolExecutor(2) as threads:
        ann = threads.submit(read_then, engine, deposit, both_have_read, 1)
        bob = threads.submit(read_then, engine, deposit, both_have_read, 2)
    refused = 1 if bob.result() else 2

    assert ann.result() is not bob.result()
    with Session(engine) as session:
        deposit(session, refused)
        session.commit()
    assert [account.balance for account in db.stored(Account)] == [103]
