"""rowcount tells how many rows a statement met."""

import pytest
from sqlalchemy import Delete, TextClause, Update, delete, text, update

from session_conformance import Account, Database, promise


def accounts() -> list[Account]:
    """Build five accounts, with the balances 10 to 50."""
    return [Account(id=key, owner=f"Owner {key}", balance=10 * key) for key in range(1, 6)]


@promise(
    "bulk-and-dml.update-rowcount",
    "rowcount of an UPDATE is the number of rows that its WHERE found.",
    docs="API CursorResult.rowcount",
)
def test_update_rowcount(db: Database) -> None:
    db.given(*accounts())

    with db.session() as session:
        statement = update(Account).where(Account.balance >= 30).values(balance=7)
        result = session.connection().execute(statement)

        assert result.rowcount == 3
        session.commit()

    assert [row.balance for row in db.stored(Account)] == [10, 20, 7, 7, 7]


@promise(
    "bulk-and-dml.update-rowcount-unchanged",
    "rowcount counts the rows that were found, also those that hold the new values already.",
    docs="API CursorResult.rowcount",
)
def test_update_rowcount_unchanged(db: Database) -> None:
    db.given(*accounts())

    with db.session() as session:
        statement = update(Account).where(Account.balance <= 20).values(balance=20)
        result = session.connection().execute(statement)

        assert result.rowcount == 2
        session.commit()

    assert [row.balance for row in db.stored(Account)] == [20, 20, 30, 40, 50]


@promise(
    "bulk-and-dml.update-rowcount-none",
    "rowcount is 0 for a statement whose WHERE finds nothing.",
    docs="API CursorResult.rowcount",
)
@pytest.mark.parametrize(
    "statement",
    [
        pytest.param(update(Account).where(Account.id == 99).values(balance=7), id="update"),
        pytest.param(delete(Account).where(Account.id == 99), id="delete"),
    ],
)
def test_update_rowcount_none(db: Database, statement: Update | Delete) -> None:
    db.given(*accounts())

    with db.session() as session:
        result = session.connection().execute(statement)

        assert result.rowcount == 0
        session.commit()

    assert len(db.stored(Account)) == 5


@promise(
    "bulk-and-dml.delete-rowcount",
    "rowcount of a DELETE is the number of rows that it removed.",
    docs="API CursorResult.rowcount",
)
def test_delete_rowcount(db: Database) -> None:
    db.given(*accounts())

    with db.session() as session:
        result = session.connection().execute(delete(Account).where(Account.balance >= 30))

        assert result.rowcount == 3
        session.commit()

    assert [row.id for row in db.stored(Account)] == [1, 2]


@promise(
    "bulk-and-dml.text-rowcount",
    "rowcount is right for an UPDATE or DELETE that is sent as text.",
    docs="API CursorResult.rowcount",
)
@pytest.mark.parametrize(
    "statement",
    [
        pytest.param(text("UPDATE account SET balance = 7 WHERE balance > :least"), id="update"),
        pytest.param(text("DELETE FROM account WHERE balance > :least"), id="delete"),
    ],
)
def test_text_rowcount(db: Database, statement: TextClause) -> None:
    db.given(*accounts())

    with db.session() as session:
        some = session.connection().execute(statement, {"least": 30}).rowcount
        none = session.connection().execute(statement, {"least": 50}).rowcount

        assert (some, none) == (2, 0)
        session.commit()

    assert [row.balance for row in db.stored(Account)][:3] == [10, 20, 30]


@promise(
    "bulk-and-dml.rowcount-after-commit",
    "rowcount can be read after commit(), and is what it was when the statement ran.",
    docs="API CursorResult.rowcount",
)
def test_rowcount_after_commit(db: Database) -> None:
    db.given(*accounts())

    with db.session() as session:
        statement = update(Account).where(Account.balance >= 30).values(balance=7)
        changed = session.connection().execute(statement)
        removed = session.connection().execute(delete(Account).where(Account.id <= 2))
        session.commit()

    assert (changed.rowcount, removed.rowcount) == (3, 2)
