"""An error that a program catches and does not roll back."""

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import DBAPIError

from session_conformance import Account, Database, facts_of, question


@question(
    "constraints-and-errors.commit-after-caught-error",
    "A row is stored, another INSERT fails and its error is caught: what does commit() do then?",
    answers={
        "stores": "It stores the row: only the statement that failed is undone.",
        "stores-nothing": "It raises nothing, and nothing is stored.",
        "refuses": "It raises an error, and nothing is stored.",
    },
    docs="orm/session_api.html#sqlalchemy.orm.Session.commit",
)
@pytest.mark.parametrize("reads", [False, True], ids=["at-once", "after-a-read"])
def test_commit_after_caught_error(db: Database, reads: bool) -> None:
    db.given(Account(id=1, owner="Ann"))
    refused = None

    with db.session() as session:
        session.execute(insert(Account).values(id=100, owner="Bob", balance=0))
        with pytest.raises(DBAPIError):
            session.execute(insert(Account).values(id=1, owner="again", balance=0))
        if reads:
            try:
                session.scalars(select(Account.id)).all()
            except DBAPIError as caught:
                db.tell(**facts_of(caught))
        try:
            session.commit()
        except DBAPIError as caught:
            refused = caught

    stored = db.stored(Account, 100) is not None
    if refused is not None:
        db.answer("refuses")
    else:
        db.answer("stores" if stored else "stores-nothing")
