"""A Session on a Connection: whose transaction it joins, and who ends it."""

from collections.abc import Callable

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import ArgumentError
from sqlalchemy.orm import Session

from session_conformance import Account, Database, promise

RECIPE = "orm/session_transaction.html#session-external-transaction"
MODES = "API Session.join_transaction_mode"


@promise(
    "external-transaction.default-with-plain-transaction",
    "By default commit() and close() leave the outer transaction open, and rollback() ends it.",
    docs=MODES,
)
@pytest.mark.parametrize(
    ("end", "kept"),
    [
        pytest.param(Session.commit, ["Ann", "Bob"], id="commit"),
        pytest.param(Session.close, ["Ann", "Bob"], id="close"),
        pytest.param(Session.rollback, [], id="rollback"),
    ],
)
def test_default_with_plain_transaction(
    db: Database, end: Callable[[Session], None], kept: list[str]
) -> None:
    with db.engine.connect() as connection:
        outer = connection.begin()
        connection.execute(insert(Account).values(id=1, owner="Ann", balance=0))
        with Session(connection) as session:
            session.add(Account(id=2, owner="Bob"))
            session.flush()
            end(session)

        assert outer.is_active == bool(kept)
        assert connection.scalars(select(Account.owner).order_by(Account.id)).all() == kept

    assert db.stored(Account) == []


@promise(
    "external-transaction.rollback-only",
    "In rollback_only mode commit() and close() leave the outer transaction open, rollback() not.",
    docs=MODES,
)
@pytest.mark.parametrize(
    ("end", "kept"),
    [
        pytest.param(Session.commit, ["Ann", "Bob"], id="commit"),
        pytest.param(Session.close, ["Ann", "Bob"], id="close"),
        pytest.param(Session.rollback, [], id="rollback"),
    ],
)
def test_rollback_only(db: Database, end: Callable[[Session], None], kept: list[str]) -> None:
    with db.engine.connect() as connection:
        outer = connection.begin()
        connection.execute(insert(Account).values(id=1, owner="Ann", balance=0))
        with Session(connection, join_transaction_mode="rollback_only") as session:
            session.add(Account(id=2, owner="Bob"))
            session.flush()
            end(session)

        assert outer.is_active == bool(kept)
        assert connection.scalars(select(Account.owner).order_by(Account.id)).all() == kept

    assert db.stored(Account) == []


@promise(
    "external-transaction.control-fully",
    "In control_fully mode commit() commits the outer transaction, rollback() and close() undo it.",
    docs=MODES,
)
@pytest.mark.parametrize(
    ("end", "stored"),
    [
        pytest.param(Session.commit, ["Ann", "Bob"], id="commit"),
        pytest.param(Session.rollback, [], id="rollback"),
        pytest.param(Session.close, [], id="close"),
    ],
)
def test_control_fully(db: Database, end: Callable[[Session], None], stored: list[str]) -> None:
    with db.engine.connect() as connection:
        outer = connection.begin()
        connection.execute(insert(Account).values(id=1, owner="Ann", balance=0))
        with Session(connection, join_transaction_mode="control_fully") as session:
            session.add(Account(id=2, owner="Bob"))
            session.flush()
            end(session)

        assert not outer.is_active
        assert [account.owner for account in db.stored(Account)] == stored


@promise(
    "external-transaction.no-outer-transaction",
    "On a Connection without a transaction a Session commits for real and leaves it idle and open.",
    docs=RECIPE,
)
def test_no_outer_transaction(db: Database) -> None:
    with db.engine.connect() as connection:
        with Session(connection) as session:
            session.add(Account(id=1, owner="Ann"))
            session.commit()
            assert [account.owner for account in db.stored(Account)] == ["Ann"]

        assert not connection.in_transaction()
        assert not connection.closed
        assert db.checked_out == 1
        assert connection.scalars(select(Account.owner)).all() == ["Ann"]


@promise(
    "external-transaction.unknown-mode",
    "A join_transaction_mode that does not exist is refused when the Session is made.",
    docs="API Session.params.join_transaction_mode",
)
def test_unknown_mode(db: Database) -> None:
    with db.engine.connect() as connection:
        outer = connection.begin()
        connection.execute(insert(Account).values(id=1, owner="Ann", balance=0))

        with pytest.raises(ArgumentError):
            Session(connection, join_transaction_mode="savepoint")  # type: ignore[arg-type]

        assert outer.is_active
        assert connection.scalars(select(Account.owner)).all() == ["Ann"]


@promise(
    "external-transaction.core-and-orm-share",
    "Rows of the Connection and rows of its Session see each other before anybody commits.",
    docs=RECIPE,
)
def test_core_and_orm_share(db: Database) -> None:
    owners = select(Account.owner).order_by(Account.id)

    with db.engine.connect() as connection, connection.begin():
        connection.execute(insert(Account).values(id=1, owner="Ann", balance=0))
        with Session(connection) as session:
            assert session.scalars(owners).all() == ["Ann"]
            session.add(Account(id=2, owner="Bob"))
            session.flush()

            assert connection.scalars(owners).all() == ["Ann", "Bob"]
            assert db.stored(Account) == []


@promise(
    "external-transaction.takes-effect-on-first-use",
    "A Session joins the transaction that its Connection is in when first used, not when made.",
    docs=MODES,
)
def test_takes_effect_on_first_use(db: Database) -> None:
    with db.engine.connect() as connection, Session(connection) as session:
        outer = connection.begin()
        session.add(Account(id=1, owner="Ann"))
        session.commit()

        assert outer.is_active
        assert db.stored(Account) == []

        outer.rollback()

    assert db.stored(Account) == []
