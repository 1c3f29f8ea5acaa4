"""What each pattern costs on the wire."""

import pytest
from sqlalchemy.orm import Session

from session_conformance import PATTERNS, Account, Database, Pattern, question


@question(
    "ladder.round-trips",
    "How often does a pattern's transaction of three statements wait for the server's answer?",
    answers={
        "four-times": "For each statement and for COMMIT; the transaction begins without a wait.",
        "five-times": "For each statement, for COMMIT, and for BEGIN or the pool's ROLLBACK.",
        "more-often": "For more than these, such as preparing each statement anew.",
        "less-often": "Statements are sent together.",
    },
    docs="orm/session_basics.html#session-begin-commit-rollback-block",
)
@pytest.mark.parametrize("pattern", PATTERNS.values(), ids=PATTERNS)
def test_round_trips(db: Database, pattern: Pattern) -> None:
    """What a connection does once only, such as to prepare a statement, is not counted."""
    db.given(Account(id=1, owner="Ann", balance=100))
    engine = db.new_engine()
    engine.dispose()
    keys = iter(range(2, 11))

    def work(session: Session) -> None:
        session.get_one(Account, 1).balance += 25
        key = next(keys)
        session.add(Account(id=key, owner=f"owner {key}", balance=5))

    with db.through_proxy(engine) as proxy:
        for _ in range(8):
            pattern(engine, work)
        before = proxy.trips
        with db.watch() as sql:
            pattern(engine, work)
        trips = proxy.trips - before

    assert sql.steps == ["BEGIN", "SELECT", "UPDATE", "INSERT", "COMMIT"]
    db.tell(statements=len(sql.steps) - 2, round_trips=trips)
    answers = {4: "four-times", 5: "five-times"}
    db.answer(answers.get(trips, "more-often" if trips > 5 else "less-often"))
