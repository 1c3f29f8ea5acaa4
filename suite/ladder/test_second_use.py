"""The same Session once more, after the pattern it was made in has ended."""

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from session_conformance import PATTERNS, Account, Database, Pattern, promise


@promise(
    "ladder.second-use-after-success",
    "A Session that a pattern closed can be used again, in a transaction of its own.",
    docs="orm/session_basics.html#session-closing",
)
@pytest.mark.parametrize("pattern", PATTERNS.values(), ids=PATTERNS)
def test_second_use_after_success(db: Database, pattern: Pattern) -> None:
    used: list[Session] = []

    def work(session: Session) -> None:
        used.append(session)
        session.add(Account(id=1, owner="Ann", balance=100))

    pattern(db.engine, work)

    with db.watch() as sql, used[0] as session:
        session.add(Account(id=2, owner="Bob", balance=5))
        session.commit()

    assert sql.steps == ["BEGIN", "INSERT", "COMMIT"]
    assert db.checked_out == 0
    assert [account.owner for account in db.stored(Account)] == ["Ann", "Bob"]


@promise(
    "ladder.second-use-after-an-error",
    "A Session that a pattern closed after a failed flush stores new work, and none of the old.",
    docs="orm/session_basics.html#session-closing",
)
@pytest.mark.parametrize("pattern", PATTERNS.values(), ids=PATTERNS)
def test_second_use_after_an_error(db: Database, pattern: Pattern) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))
    used: list[Session] = []

    def work(session: Session) -> None:
        used.append(session)
        session.add(Account(id=2, owner="Bob", balance=5))
        session.flush()
        session.add(Account(id=3, owner="Ann", balance=0))
        session.flush()

    with pytest.raises(IntegrityError):
        pattern(db.engine, work)

    with used[0] as session:
        session.add(Account(id=4, owner="Cid", balance=7))
        session.commit()

    assert db.checked_out == 0
    assert [account.owner for account in db.stored(Account)] == ["Ann", "Cid"]
