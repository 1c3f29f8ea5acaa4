"""A statement fails, and nobody rolls back."""

import pytest
from sqlalchemy import Insert, TextClause, insert, select, text
from sqlalchemy.exc import DBAPIError

from session_conformance import Account, Database, facts_of, question


@question(
    "rollback.statement-error-then-continue",
    "A statement has failed: does the transaction go on without a rollback, its work in it?",
    answers={
        "goes-on": "It goes on, and what was done before is still there.",
        "begins-again": "It goes on, and what was done before is gone.",
        "refuses": "It refuses every statement until it is rolled back.",
    },
    docs="faq/sessions.html#but-why-does-flush-insist-on-issuing-a-rollback",
)
@pytest.mark.parametrize(
    "failing",
    [
        pytest.param(insert(Account).values(id=1, owner="again"), id="duplicate"),
        pytest.param(text("SELECT id FROM nowhere"), id="missing-table"),
        pytest.param(text("SELEKT 1"), id="syntax"),
    ],
)
def test_statement_error_then_continue(db: Database, failing: Insert | TextClause) -> None:
    db.given(Account(id=1, owner="Ann"))

    with db.session() as session:
        session.execute(insert(Account).values(id=2, owner="Bob"))
        with pytest.raises(DBAPIError):
            session.execute(failing)
        try:
            there = session.scalar(select(Account.id).where(Account.id == 2)) == 2
            answer = "goes-on" if there else "begins-again"
        except DBAPIError as refused:
            db.tell(**facts_of(refused))
            answer = "refuses"

    db.answer(answer)
