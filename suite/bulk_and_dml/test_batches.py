"""Statements for many rows: the order in which rows come back, and half of a batch that failed."""

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.exc import DBAPIError

from session_conformance import Account, Base, Database, question

ACCOUNT = Base.metadata.tables["account"]


@question(
    "bulk-and-dml.insert-returning-unsorted-order",
    "In which order do inserted rows come back if nobody asked for the order of the parameters?",
    answers={
        "as-given": "In the order of the parameters.",
        "otherwise": "In another order.",
    },
    docs="core/connections.html#engine-insertmanyvalues-returning-order",
    needs=("insert_returning_many",),
)
@pytest.mark.parametrize("generated", [True, False], ids=["generated-keys", "falling-keys"])
def test_insert_returning_unsorted_order(db: Database, generated: bool) -> None:
    numbers = list(reversed(range(1, 201)))
    rows = [
        {"owner": f"Owner {number}", "balance": number} | ({} if generated else {"id": number})
        for number in numbers
    ]

    with db.session() as session:
        given_back = session.scalars(insert(Account).returning(Account.balance), rows).all()

    db.tell(rows=len(given_back))
    db.answer("as-given" if given_back == numbers else "otherwise")


@question(
    "bulk-and-dml.partial-batch-before-rollback",
    "The third of five rows of one INSERT is refused: what does the open transaction hold?",
    answers={
        "none": "None of the five.",
        "earlier": "The two before the refused one.",
        "all-others": "All but the refused one.",
        "nobody-knows": "It refuses every statement until it is rolled back.",
    },
    docs="tutorial/dbapi_transactions.html#sending-multiple-parameters",
)
def test_partial_batch_before_rollback(db: Database) -> None:
    db.given(Account(id=3, owner="Owner 3", balance=0))
    rows = [{"id": key, "owner": f"owner {key}", "balance": key} for key in range(1, 6)]
    held = None

    with db.session() as session:
        with pytest.raises(DBAPIError):
            session.execute(insert(ACCOUNT), rows)
        try:
            held = session.scalar(select(func.count()).where(ACCOUNT.c.balance > 0))
        except DBAPIError:
            session.rollback()

    db.answer({0: "none", 2: "earlier", 4: "all-others", None: "nobody-knows"}[held])
