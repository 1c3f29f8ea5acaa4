"""Objects that come into a Session by way of others."""

from sqlalchemy import inspect

from session_conformance import Account, Database, Entry, promise


@promise(
    "cascades.append-follows",
    "An object appended to a collection of a persistent object is pending, and stored with it.",
    docs="orm/cascades.html#cascade-save-update",
)
def test_append_follows(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session() as session:
        account = session.get_one(Account, 1)
        entry = Entry(id=1, amount=25)
        assert inspect(entry).transient

        account.entries.append(entry)

        assert inspect(entry).pending
        session.commit()
    assert [(found.account_id, found.amount) for found in db.stored(Entry)] == [(1, 25)]
