"""Errors inside a savepoint, and of a savepoint itself."""

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError, SAWarning

from session_conformance import Account, Database, promise

DOCS = "orm/session_transaction.html#session-begin-nested"


@promise(
    "savepoints.duplicate-row-skipped",
    "A duplicate row refused inside begin_nested() costs that block; the others' rows are stored.",
    docs=DOCS,
    needs=("savepoints",),
)
def test_duplicate_row_skipped(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"))

    with db.session() as session:
        session.add(Account(id=2, owner="Bob"))
        with pytest.raises(DBAPIError), session.begin_nested():
            session.add(Account(id=3, owner="Ann"))

        assert session.is_active
        session.add(Account(id=4, owner="Cleo"))
        session.commit()

    assert [account.owner for account in db.stored(Account)] == ["Ann", "Bob", "Cleo"]


@promise(
    "savepoints.failed-statement-inside",
    "A statement that fails inside begin_nested() undoes that block; the rest is stored.",
    docs=DOCS,
    needs=("savepoints",),
)
@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param("SELEC 1", id="syntax"),
        pytest.param("SELECT * FROM no_such_table", id="missing-table"),
        pytest.param("INSERT INTO account (id, owner, balance) VALUES (9, 'Ann', 0)", id="unique"),
        pytest.param("INSERT INTO account (id, owner, balance) VALUES (9, NULL, 0)", id="null"),
    ],
)
def test_failed_statement_inside(db: Database, wrong: str) -> None:
    with db.session() as session:
        session.add(Account(id=1, owner="Ann"))
        with pytest.raises(DBAPIError), session.begin_nested():
            session.add(Account(id=2, owner="Bob"))
            session.flush()
            session.execute(text(wrong))

        assert session.scalar(select(func.count()).select_from(Account)) == 1
        session.add(Account(id=3, owner="Cleo"))
        session.commit()

    assert [account.owner for account in db.stored(Account)] == ["Ann", "Cleo"]


@promise(
    "savepoints.missing-savepoint-raises",
    "The release of a savepoint that is gone raises and ends it; the outer rollback() works.",
    docs="API NestedTransaction",
    needs=("savepoints",),
)
def test_missing_savepoint_raises(db: Database) -> None:
    with db.session() as session:
        session.add(Account(id=1, owner="Ann"))
        session.flush()
        with db.watch() as sql:
            savepoint = session.connection().begin_nested()
        session.execute(text(f"RELEASE {sql.events[0].text}"))
        with pytest.raises(DBAPIError):
            savepoint.commit()
        assert not savepoint.is_active

        session.rollback()
        session.add(Account(id=2, owner="Bob"))
        session.commit()

    assert [account.owner for account in db.stored(Account)] == ["Bob"]


@promise(
    "savepoints.double-end-warns",
    "A Connection's savepoint that is rolled back twice warns, and the transaction goes on.",
    docs="API NestedTransaction.rollback",
    needs=("savepoints",),
)
def test_double_end_warns(db: Database) -> None:
    with db.session() as session:
        session.add(Account(id=1, owner="Ann"))
        session.flush()
        savepoint = session.connection().begin_nested()
        session.execute(text("INSERT INTO account (id, owner, balance) VALUES (2, 'Bob', 0)"))
        savepoint.rollback()

        with pytest.warns(SAWarning, match="already deassociated"):
            savepoint.rollback()

        session.commit()

    assert [account.owner for account in db.stored(Account)] == ["Ann"]


@promise(
    "savepoints.rollback-inside-block",
    "rollback() of a savepoint inside its own block ends it quietly; the transaction goes on.",
    docs=DOCS,
    needs=("savepoints",),
)
def test_rollback_inside_block(db: Database) -> None:
    with db.session() as session:
        session.add(Account(id=1, owner="Ann"))
        with session.begin_nested() as savepoint:
            session.add(Account(id=2, owner="Bob"))
            session.flush()
            savepoint.rollback()

        assert not session.in_nested_transaction()
        session.add(Account(id=3, owner="Cleo"))
        session.commit()

    assert [account.owner for account in db.stored(Account)] == ["Ann", "Cleo"]
