"""update() and delete() with WHERE keep the objects that are loaded in step, as they are told."""

import pytest
from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.exc import InvalidRequestError

from session_conformance import Account, Database, promise


def accounts() -> list[Account]:
    """Build three accounts."""
    return [
        Account(id=1, owner="Ann", balance=10),
        Account(id=2, owner="Bob", balance=20),
        Account(id=3, owner="Cleo", balance=30),
    ]


@promise(
    "bulk-and-dml.sync-fetch",
    "With synchronize_session='fetch' loaded objects follow criteria that only the database knows.",
    docs="orm/queryguide/dml.html#orm-queryguide-update-delete-sync",
)
def test_sync_fetch(db: Database) -> None:
    db.given(*accounts())
    upper = func.upper(Account.owner)
    change = update(Account).where(upper == "ANN").values(balance=11)
    remove = delete(Account).where(upper == "CLEO")

    with db.session() as session:
        ann, bob, cleo = session.scalars(select(Account).order_by(Account.id))
        session.execute(change.execution_options(synchronize_session="fetch"))
        session.execute(remove.execution_options(synchronize_session="fetch"))

        assert (ann.balance, bob.balance) == (11, 20)
        assert set(session) == {ann, bob}
        assert cleo not in session
        session.commit()

    assert [(row.owner, row.balance) for row in db.stored(Account)] == [("Ann", 11), ("Bob", 20)]


@promise(
    "bulk-and-dml.sync-auto",
    "Without being told, update() and delete() leave loaded objects in step with the rows.",
    docs="orm/queryguide/dml.html#orm-queryguide-update-delete-sync",
)
@pytest.mark.parametrize(
    "owner",
    [
        pytest.param(Account.owner, id="plain"),
        pytest.param(func.lower(Account.owner), id="only-sql"),
    ],
)
def test_sync_auto(db: Database, owner: ColumnElement[str]) -> None:
    db.given(*accounts())

    with db.session() as session:
        ann, bob, cleo = session.scalars(select(Account).order_by(Account.id))
        session.execute(update(Account).where(owner.in_(["Ann", "ann"])).values(balance=11))
        session.execute(delete(Account).where(owner.in_(["Cleo", "cleo"])))

        assert (ann.balance, bob.balance) == (11, 20)
        assert cleo not in session
        session.commit()

    assert [(row.owner, row.balance) for row in db.stored(Account)] == [("Ann", 11), ("Bob", 20)]


@promise(
    "bulk-and-dml.sync-evaluate",
    "With synchronize_session='evaluate' loaded objects follow and no other statement is sent.",
    docs="orm/queryguide/dml.html#orm-queryguide-update-delete-sync",
)
def test_sync_evaluate(db: Database) -> None:
    db.given(*accounts())
    change = update(Account).where(Account.balance < 15).values(balance=11)
    remove = delete(Account).where(Account.balance > 25)

    with db.session() as session:
        ann, bob, cleo = session.scalars(select(Account).order_by(Account.id))

        with db.watch() as sql:
            session.execute(change.execution_options(synchronize_session="evaluate"))
            session.execute(remove.execution_options(synchronize_session="evaluate"))
            assert (ann.balance, bob.balance) == (11, 20)

        assert cleo not in session
        assert sql.verbs == ["UPDATE", "DELETE"]
        session.commit()

    assert [(row.owner, row.balance) for row in db.stored(Account)] == [("Ann", 11), ("Bob", 20)]


@promise(
    "bulk-and-dml.sync-off",
    "With synchronize_session=False loaded objects stay as they were, whatever their rows became.",
    docs="orm/queryguide/dml.html#orm-queryguide-update-delete-sync",
)
def test_sync_off(db: Database) -> None:
    db.given(*accounts())
    off = {"synchronize_session": False}

    with db.session() as session:
        ann, _bob, cleo = session.scalars(select(Account).order_by(Account.id))
        session.execute(update(Account).values(balance=99), execution_options=off)
        session.execute(delete(Account).where(Account.id == 3), execution_options=off)

        assert (ann.balance, cleo.balance) == (10, 30)
        assert cleo in session
        session.commit()

    assert [(row.owner, row.balance) for row in db.stored(Account)] == [("Ann", 99), ("Bob", 99)]


@promise(
    "bulk-and-dml.sync-evaluate-refuses",
    "'evaluate' refuses criteria that Python cannot judge, before anything is sent.",
    docs="orm/queryguide/dml.html#orm-queryguide-update-delete-sync",
)
def test_sync_evaluate_refuses(db: Database) -> None:
    db.given(*accounts())
    change = update(Account).where(func.upper(Account.owner) == "ANN").values(balance=11)

    with db.session() as session:
        ann = session.get_one(Account, 1)

        with db.watch() as sql, pytest.raises(InvalidRequestError, match="evaluate"):
            session.execute(change.execution_options(synchronize_session="evaluate"))

        assert sql.verbs == []
        assert ann.balance == 10


@promise(
    "bulk-and-dml.sync-undone-by-rollback",
    "rollback() brings back the objects that update() and delete() had changed or removed.",
    docs="orm/queryguide/dml.html#orm-queryguide-update-delete-sync",
)
def test_sync_undone_by_rollback(db: Database) -> None:
    db.given(*accounts())

    with db.session() as session:
        ann, _bob, cleo = session.scalars(select(Account).order_by(Account.id))
        session.execute(update(Account).where(Account.id == 1).values(balance=11))
        session.execute(delete(Account).where(Account.id == 3))
        assert ann.balance == 11
        assert cleo not in session

        session.rollback()

        assert cleo in session
        assert (ann.balance, cleo.balance) == (10, 30)


@promise(
    "bulk-and-dml.update-expression-sync",
    "After an UPDATE that computes in the database loaded objects read what it computed.",
    docs="orm/queryguide/dml.html#orm-queryguide-update-delete-sync",
)
@pytest.mark.parametrize("strategy", ["auto", "evaluate", "fetch"])
def test_update_expression_sync(db: Database, strategy: str) -> None:
    db.given(*accounts())
    twice = update(Account).where(Account.id <= 2).values(balance=Account.balance * 2)

    with db.session() as session:
        ann, bob, cleo = session.scalars(select(Account).order_by(Account.id))
        session.execute(twice.execution_options(synchronize_session=strategy))

        assert (ann.balance, bob.balance, cleo.balance) == (20, 40, 30)
        session.commit()

    assert [row.balance for row in db.stored(Account)] == [20, 40, 30]


@promise(
    "bulk-and-dml.update-returning",
    "update() with returning() of a class gives the changed rows as objects with the new values.",
    docs="orm/queryguide/dml.html#orm-queryguide-update-delete-where-returning",
    needs=("update_returning",),
)
def test_update_returning(db: Database) -> None:
    db.given(*accounts())
    change = update(Account).where(Account.balance >= 20).values(balance=Account.balance + 5)

    with db.session() as session:
        bob = session.get_one(Account, 2)
        found = session.scalars(change.returning(Account)).all()

        assert sorted((row.owner, row.balance) for row in found) == [("Bob", 25), ("Cleo", 35)]
        assert bob in found
        session.commit()

    assert [row.balance for row in db.stored(Account)] == [10, 25, 35]


@promise(
    "bulk-and-dml.delete-returning",
    "delete() with returning() gives the columns of the rows that it removed.",
    docs="orm/queryguide/dml.html#orm-queryguide-update-delete-where-returning",
    needs=("delete_returning",),
)
def test_delete_returning(db: Database) -> None:
    db.given(*accounts())
    remove = delete(Account).where(Account.balance >= 20)

    with db.session() as session:
        gone = session.execute(remove.returning(Account.owner, Account.balance)).all()
        session.commit()

    assert sorted(tuple(row) for row in gone) == [("Bob", 20), ("Cleo", 30)]
    assert [row.owner for row in db.stored(Account)] == ["Ann"]


@promise(
    "bulk-and-dml.returning-with-fetch",
    "returning() and the 'fetch' strategy share a statement; columns come in the order asked for.",
    docs="orm/queryguide/dml.html#orm-queryguide-update-delete-sync",
    needs=("update_returning",),
)
def test_returning_with_fetch(db: Database) -> None:
    db.given(*accounts())
    change = update(Account).where(func.upper(Account.owner) == "BOB").values(balance=25)
    fetch = change.execution_options(synchronize_session="fetch")

    with db.session() as session:
        bob = session.get_one(Account, 2)
        with db.watch() as sql:
            found = session.execute(fetch.returning(Account.balance, Account.owner)).all()
            assert bob.balance == 25

        assert [tuple(row) for row in found] == [(25, "Bob")]
        assert sql.verbs == ["UPDATE"]
        session.commit()

    assert [row.balance for row in db.stored(Account)] == [10, 25, 30]
