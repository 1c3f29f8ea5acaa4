"""A Session that goes from one thread to another."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy.orm import Session

from session_conformance import Account, Database, promise


def add_one(session: Session) -> int:
    """Add one to the balance, commit, and return it."""
    account = session.get_one(Account, 1)
    account.balance += 1
    session.commit()
    return account.balance


@promise(
    "concurrency.thread-hand-over",
    "A Session that one thread has used goes on in another, which may end its transaction.",
    docs="dialects/sqlite.html#threading-pooling-behavior",
    needs=("threads",),
)
@pytest.mark.parametrize("when", ["closed", "in-transaction"])
def test_thread_hand_over(db: Database, when: str) -> None:
    with db.session() as session:
        session.add(Account(id=1, owner="Ann", balance=0))
        session.commit()
        session.get_one(Account, 1).balance = 10
        session.flush()
        if when == "closed":
            session.close()
        with ThreadPoolExecutor(1) as thread:
            found = thread.submit(add_one, session).result()

        assert found == (1 if when == "closed" else 11)

    assert [account.balance for account in db.stored(Account)] == [found]
