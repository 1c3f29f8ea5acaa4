"""A Session inside somebody else's transaction, kept in savepoints: the recipe for test suites."""

from collections.abc import Callable

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from session_conformance import Account, Database, promise

RECIPE = "orm/session_transaction.html#session-external-transaction"


@promise(
    "external-transaction.recipe-reverts-all",
    "Rolling back the Connection undoes all that a Session in create_savepoint mode committed.",
    docs=RECIPE,
    needs=("savepoints",),
)
def test_recipe_reverts_all(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.engine.connect() as connection:
        outer = connection.begin()
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            session.get_one(Account, 1).balance = 150
            session.commit()
            session.add(Account(id=2, owner="Bob"))
            session.flush()
            session.rollback()
            session.add(Account(id=3, owner="Ann"))
            with pytest.raises(DBAPIError):
                session.commit()
            session.rollback()
            session.add(Account(id=4, owner="Cleo"))
            session.commit()
            found = session.scalars(select(Account.owner).order_by(Account.id)).all()
            assert found == ["Ann", "Cleo"]

        outer.rollback()

    assert [(row.owner, row.balance) for row in db.stored(Account)] == [("Ann", 100)]


@promise(
    "external-transaction.create-savepoint-keeps-outer",
    "In create_savepoint mode the Session's end leaves the outer transaction open with its rows.",
    docs="API Session.join_transaction_mode",
    needs=("savepoints",),
)
@pytest.mark.parametrize(
    ("end", "kept"),
    [
        pytest.param(Session.commit, ["Ann", "Bob"], id="commit"),
        pytest.param(Session.rollback, ["Ann"], id="rollback"),
        pytest.param(Session.close, ["Ann"], id="close"),
    ],
)
def test_create_savepoint_keeps_outer(
    db: Database, end: Callable[[Session], None], kept: list[str]
) -> None:
    with db.engine.connect() as connection:
        outer = connection.begin()
        connection.execute(insert(Account).values(id=1, owner="Ann", balance=0))
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            session.add(Account(id=2, owner="Bob"))
            session.flush()
            end(session)

        assert outer.is_active
        assert connection.scalars(select(Account.owner).order_by(Account.id)).all() == kept
        assert db.stored(Account) == []
        outer.commit()

    assert [account.owner for account in db.stored(Account)] == kept


@promise(
    "external-transaction.error-inside-recipe",
    "An error and rollback() in create_savepoint mode leave the Connection fit for statements.",
    docs=RECIPE,
    needs=("savepoints",),
)
def test_error_inside_recipe(db: Database) -> None:
    with db.engine.connect() as connection:
        outer = connection.begin()
        connection.execute(insert(Account).values(id=1, owner="Ann", balance=0))
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            session.add(Account(id=2, owner="Ann"))
            with pytest.raises(DBAPIError):
                session.flush()
            session.rollback()

            assert session.scalars(select(Account.owner)).all() == ["Ann"]

        connection.execute(insert(Account).values(id=3, owner="Bob", balance=0))
        outer.commit()

    assert [account.owner for account in db.stored(Account)] == ["Ann", "Bob"]


@promise(
    "external-transaction.default-with-savepoint",
    "Joined to a savepoint, a Session's rollback() undoes its own work and no more, by default.",
    docs="API Session.join_transaction_mode",
    needs=("savepoints",),
)
def test_default_with_savepoint(db: Database) -> None:
    with db.engine.connect() as connection:
        outer = connection.begin()
        savepoint = connection.begin_nested()
        connection.execute(insert(Account).values(id=1, owner="Ann", balance=0))
        with Session(connection) as session:
            session.add(Account(id=2, owner="Bob"))
            session.flush()
            session.rollback()

        assert savepoint.is_active
        assert connection.scalars(select(Account.owner)).all() == ["Ann"]
        savepoint.commit()
        outer.commit()

    assert [account.owner for account in db.stored(Account)] == ["Ann"]


@promise(
    "external-transaction.control-fully-savepoint",
    "In control_fully mode over a savepoint, rollback() ends it and keeps the rows before it.",
    docs="API Session.join_transaction_mode",
    needs=("savepoints",),
)
def test_control_fully_savepoint(db: Database) -> None:
    with db.engine.connect() as connection:
        outer = connection.begin()
        connection.execute(insert(Account).values(id=1, owner="Ann", balance=0))
        savepoint = connection.begin_nested()
        with Session(connection, join_transaction_mode="control_fully") as session:
            session.add(Account(id=2, owner="Bob"))
            session.flush()
            session.rollback()

        assert (outer.is_active, savepoint.is_active) == (True, False)
        assert connection.scalars(select(Account.owner)).all() == ["Ann"]
        outer.commit()

    assert [account.owner for account in db.stored(Account)] == ["Ann"]
