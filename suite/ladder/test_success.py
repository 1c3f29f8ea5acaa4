"""Each pattern, where nothing goes wrong."""

import pytest
from sqlalchemy.orm import Session

from session_conformance import PATTERNS, Account, Database, Pattern, promise


def deposit(session: Session) -> None:
    session.get_one(Account, 1).balance += 25
    session.add(Account(id=2, owner="Bob", balance=5))


@promise(
    "ladder.success-stores-the-work",
    "Each pattern flushes and commits what was done in it, and gives the connection back.",
    docs="orm/session_basics.html#session-begin-commit-rollback-block",
)
@pytest.mark.parametrize("pattern", PATTERNS.values(), ids=PATTERNS)
def test_success_stores_the_work(db: Database, pattern: Pattern) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.watch() as sql:
        pattern(db.engine, deposit)

    assert sql.steps == ["BEGIN", "SELECT", "UPDATE", "INSERT", "COMMIT"]
    assert db.checked_out == 0
    assert not db.locked(Account, 1)
    assert [account.balance for account in db.stored(Account)] == [125, 5]


@promise(
    "ladder.success-detaches-and-expires",
    "Each pattern closes its Session: the object is detached, and since the commit expired.",
    docs="orm/session_basics.html#session-getting",
)
@pytest.mark.parametrize("pattern", PATTERNS.values(), ids=PATTERNS)
def test_success_detaches_and_expires(db: Database, pattern: Pattern) -> None:
    used: list[Session] = []
    account = Account(id=1, owner="Ann", balance=100)

    def work(session: Session) -> None:
        used.append(session)
        session.add(account)

    pattern(db.engine, work)

    assert account not in used[0]
    assert db.loaded(account) == set()
