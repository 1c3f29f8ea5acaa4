"""The number of rows that a statement matched tells a flush whether its rows are still there."""

from contextlib import suppress

import pytest
from sqlalchemy import delete, inspect
from sqlalchemy.exc import SAWarning
from sqlalchemy.orm.exc import StaleDataError

from session_conformance import Account, Database, promise


@promise(
    "flush.stale-update-raises",
    "Updating an object whose row somebody else deleted raises StaleDataError.",
    docs="API StaleDataError",
)
def test_stale_update_raises(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session(expire_on_commit=False) as session:
        account = session.get_one(Account, 1)
        session.commit()
        with db.elsewhere() as other:
            other.execute(delete(Account))

        account.balance = 250
        with db.watch() as sql, pytest.raises(StaleDataError):
            session.flush()

        assert sql.steps == ["BEGIN", "UPDATE", "ROLLBACK"]
        session.rollback()
        assert session.get(Account, 1) is None


@promise(
    "flush.matched-not-changed",
    "An UPDATE to values that the row holds already counts as a match: no StaleDataError.",
    docs="API CursorResult.rowcount",
)
def test_matched_not_changed(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session(expire_on_commit=False) as session:
        account = session.get_one(Account, 1)
        session.commit()
        with db.elsewhere() as other:
            other.get_one(Account, 1).balance = 250

        account.balance = 250
        # A flush that finds no match gives up; the steps then show its rollback.
        with db.watch() as sql, suppress(StaleDataError):
            session.commit()

    assert sql.steps == ["BEGIN", "UPDATE", "COMMIT"]
    assert [found.rowcount for found in sql.statements] == [1]


@promise(
    "flush.delete-missing-row-warns",
    "Deleting an object whose row is already gone gives a warning, no error.",
    docs="API Mapper.confirm_deleted_rows",
)
def test_delete_missing_row_warns(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session(expire_on_commit=False) as session:
        account = session.get_one(Account, 1)
        session.commit()
        with db.elsewhere() as other:
            other.execute(delete(Account))

        session.delete(account)
        with pytest.warns(SAWarning, match="expected to delete 1 row.*; 0 were matched"):
            session.flush()

        assert inspect(account).deleted
