"""What a rollback takes back in the database."""

import pytest
from sqlalchemy import delete, insert, select, text, update

from session_conformance import Account, Database, promise


@promise(
    "rollback.removes-inserts",
    "After rollback() a row that was inserted exists for nobody, the Session itself included.",
    docs="orm/session_basics.html#session-rollback",
)
def test_rollback_removes_inserted_rows(db: Database) -> None:
    with db.session() as session:
        session.add(Account(id=1, owner="Ann"))
        session.flush()
        session.rollback()

        assert db.stored(Account) == []
        assert session.scalars(select(Account)).all() == []


@promise(
    "rollback.restores-updates",
    "After rollback() a changed and flushed attribute reads what it was before the transaction.",
    docs="orm/session_basics.html#session-rollback",
)
def test_rollback_restores_updated_values(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session() as session:
        account = session.get_one(Account, 1)
        account.balance = 150
        session.flush()
        session.rollback()

        with db.watch() as sql:
            assert account.balance == 100

        assert sql.verbs == ["SELECT"]

    assert [account.balance for account in db.stored(Account)] == [100]


@promise(
    "rollback.restores-deletes",
    "After rollback() a deleted row exists again, and its object is persistent again.",
    docs="orm/session_basics.html#session-rollback",
)
def test_rollback_restores_deleted_rows_and_objects(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"))

    with db.session() as session:
        account = session.get_one(Account, 1)
        session.delete(account)
        session.flush()
        assert account not in session

        session.rollback()

        assert account in session
        assert account.owner == "Ann"
        assert [row.owner for row in db.stored(Account)] == ["Ann"]


@promise(
    "rollback.undoes-text-and-bulk",
    "rollback() also undoes what was sent as text, as a statement for many rows, or in bulk.",
    docs="orm/queryguide/dml.html#orm-expression-update-delete",
)
def test_rollback_undoes_text_and_bulk_statements(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=1), Account(id=2, owner="Bob", balance=2))
    new = [{"id": 4, "owner": "Dan", "balance": 4}, {"id": 5, "owner": "Eve", "balance": 5}]

    with db.session() as session:
        session.execute(text("INSERT INTO account (id, owner, balance) VALUES (3, 'Cleo', 3)"))
        session.execute(insert(Account), new)
        session.execute(update(Account).where(Account.id != 2).values(balance=0))
        session.execute(delete(Account).where(Account.id == 2))
        inside = session.execute(select(Account.id, Account.balance).order_by(Account.id)).all()
        session.rollback()

    assert [tuple(row) for row in inside] == [(1, 0), (3, 0), (4, 0), (5, 0)]
    assert [(row.owner, row.balance) for row in db.stored(Account)] == [("Ann", 1), ("Bob", 2)]


@promise(
    "rollback.key-change-undone",
    "After rollback() of a changed key the old key finds the object and the new one nothing.",
    docs="orm/session_basics.html#session-rollback",
)
def test_rollback_undoes_a_change_of_key(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"))

    with db.session() as session:
        account = session.get_one(Account, 1)
        account.id = 7
        session.flush()
        assert session.get(Account, 7) is account

        session.rollback()

        assert session.get(Account, 1) is account
        assert session.get(Account, 7) is None


@promise(
    "rollback.base-exception",
    "KeyboardInterrupt inside `with session.begin()` rolls back and comes out unchanged.",
    docs="orm/session_transaction.html#unitofwork-transaction",
)
def test_keyboard_interrupt_rolls_back(db: Database) -> None:
    interrupt = KeyboardInterrupt()

    with db.session() as session:
        with pytest.raises(KeyboardInterrupt) as caught, session.begin():
            session.add(Account(id=1, owner="Ann"))
            session.flush()
            raise interrupt

        assert caught.value is interrupt
        assert not session.in_transaction()
        assert db.checked_out == 0
        assert db.stored(Account) == []


@promise(
    "rollback.ends-every-level",
    "rollback() inside two savepoints undoes all three levels and leaves no transaction open.",
    docs="API Session.rollback",
    needs=("savepoints",),
)
def test_rollback_ends_every_level(db: Database) -> None:
    with db.session() as session:
        session.add(Account(id=1, owner="Ann"))
        session.begin_nested()
        session.add(Account(id=2, owner="Bob"))
        session.begin_nested()
        session.add(Account(id=3, owner="Cleo"))
        session.flush()

        session.rollback()

        assert not session.in_transaction()
        assert db.checked_out == 0
        session.commit()
        assert db.stored(Account) == []
