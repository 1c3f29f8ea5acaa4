"""A row that breaks a rule of its table is refused with IntegrityError, and nothing is stored."""

import pytest
from sqlalchemy import delete, insert, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from session_conformance import Account, Database, Entry, promise

BOB = text("INSERT INTO account (id, owner, balance) VALUES (:id, :owner, 0)")


@promise(
    "constraints-and-errors.primary-key-duplicate",
    "A second row with the primary key of another one raises IntegrityError.",
    docs="errors.html#integrityerror",
)
def test_primary_key_duplicate(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session() as session:
        session.add(Account(id=1, owner="Bob"))
        with pytest.raises(IntegrityError):
            session.flush()
        session.rollback()

        with pytest.raises(IntegrityError):
            session.execute(BOB, {"id": 1, "owner": "Bob"})
        session.rollback()

    assert [(row.id, row.owner) for row in db.stored(Account)] == [(1, "Ann")]


@promise(
    "constraints-and-errors.unique",
    "A value that a unique column holds already raises IntegrityError, in INSERT and in UPDATE.",
    docs="errors.html#integrityerror",
)
def test_unique(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"), Account(id=2, owner="Bob"))

    with db.session() as session:
        session.add(Account(id=3, owner="Ann"))
        with pytest.raises(IntegrityError):
            session.flush()
        session.rollback()

        session.get_one(Account, 2).owner = "Ann"
        with pytest.raises(IntegrityError):
            session.flush()
        session.rollback()

    assert [row.owner for row in db.stored(Account)] == ["Ann", "Bob"]


@promise(
    "constraints-and-errors.not-null",
    "NULL for a column that takes none raises IntegrityError, in INSERT and in UPDATE.",
    docs="errors.html#integrityerror",
)
def test_not_null(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"))

    with db.session() as session:
        with pytest.raises(IntegrityError):
            session.execute(insert(Account).values(id=2, owner=None, balance=0))
        session.rollback()

        with pytest.raises(IntegrityError):
            session.execute(text("UPDATE account SET owner = NULL WHERE id = 1"))
        session.rollback()

    assert [(row.id, row.owner) for row in db.stored(Account)] == [(1, "Ann")]


@promise(
    "constraints-and-errors.foreign-key-insert",
    "A row that refers to a row that is not there raises IntegrityError.",
    docs="errors.html#integrityerror",
    needs=("fk_enforcement",),
)
def test_foreign_key_insert(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"))

    with db.session() as session:
        session.add_all([Entry(id=1, account_id=1, amount=5), Entry(id=2, account_id=9, amount=5)])
        with pytest.raises(IntegrityError):
            session.flush()
        session.rollback()

        assert session.get(Entry, 1) is None

    assert db.stored(Entry) == []


@promise(
    "constraints-and-errors.foreign-key-delete",
    "The row that another row refers to cannot be deleted: IntegrityError.",
    docs="errors.html#integrityerror",
    needs=("fk_enforcement",),
)
def test_foreign_key_delete(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"))
    db.given(Entry(id=1, account_id=1, amount=5))

    with db.session() as session:
        with pytest.raises(IntegrityError):
            session.execute(delete(Account).where(Account.id == 1))
        session.rollback()

    assert [row.id for row in db.stored(Account)] == [1]
    assert [row.account_id for row in db.stored(Entry)] == [1]


@promise(
    "constraints-and-errors.error-in-executemany-position",
    "A row refused in the middle of many raises what it raises when it is the first.",
    docs="errors.html#integrityerror",
)
def test_error_in_executemany_position(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"))
    good = [{"id": key, "owner": f"owner {key}"} for key in range(2, 12)]
    bad = {"id": 1, "owner": "again"}

    with db.session() as session:
        with pytest.raises(DBAPIError) as first:
            session.execute(BOB, [bad, *good])
        session.rollback()
        with pytest.raises(DBAPIError) as later:
            session.execute(BOB, [*good[:5], bad, *good[5:]])
        session.rollback()
        assert type(later.value) is type(first.value)
        assert type(later.value.orig) is type(first.value.orig)

        session.execute(BOB, good)
        session.commit()

    assert [row.id for row in db.stored(Account)] == list(range(1, 12))
