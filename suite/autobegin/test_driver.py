"""Whether the database is in a transaction where the Session says that it is."""

from sqlalchemy import select, update

from session_conformance import Account, Database, question

ENDS = "core/connections.html#commit-as-you-go"
THERE = {
    "open": "The database has a transaction open for the connection.",
    "none": "There is none: the statement was a transaction of its own.",
}


@question(
    "autobegin.database-transaction-on-select",
    "Is the database in a transaction after a Session has sent a SELECT and nothing else?",
    answers=THERE,
    docs=ENDS,
)
def test_database_transaction_on_select(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"))

    with db.session() as session:
        assert session.scalars(select(Account.owner)).all() == ["Ann"]

        db.answer("open" if db.in_transaction(session) else "none")


@question(
    "autobegin.database-transaction-on-update",
    "Is the database in a transaction after a Session has sent an UPDATE?",
    answers=THERE,
    docs=ENDS,
)
def test_database_transaction_on_update(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"))

    with db.session() as session:
        session.execute(update(Account).values(balance=5))

        db.answer("open" if db.in_transaction(session) else "none")
