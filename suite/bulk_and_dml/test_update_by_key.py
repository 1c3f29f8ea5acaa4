"""Lists of dictionaries that update rows by their keys, and the older bulk methods."""

from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.exc import DBAPIError, InvalidRequestError, PendingRollbackError

from session_conformance import Account, Database, promise


@promise(
    "bulk-and-dml.update-by-key",
    "execute() of update() with a list updates each row by its key, with columns of its own.",
    docs="orm/queryguide/dml.html#orm-queryguide-bulk-update",
)
def test_update_by_key(db: Database) -> None:
    db.given(*(Account(id=key, owner=f"Owner {key}", balance=key) for key in range(1, 5)))
    rows: list[dict[str, Any]] = [
        {"id": 2, "balance": 20},
        {"id": 1, "balance": 10},
        {"id": 4, "owner": "Dan"},
        {"id": 3, "owner": "Cleo", "balance": 30},
    ]

    with db.session() as session:
        session.execute(update(Account), rows)
        session.commit()

    stored = [(row.owner, row.balance) for row in db.stored(Account)]
    assert stored == [("Owner 1", 10), ("Owner 2", 20), ("Cleo", 30), ("Dan", 4)]


@promise(
    "bulk-and-dml.update-by-key-syncs",
    "An update by key leaves the objects that are loaded with the new values.",
    docs="orm/queryguide/dml.html#orm-queryguide-bulk-update",
)
def test_update_by_key_syncs(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=1), Account(id=2, owner="Bob", balance=2))

    with db.session() as session:
        ann, bob = session.get_one(Account, 1), session.get_one(Account, 2)
        session.execute(update(Account), [{"id": 1, "balance": 10}, {"id": 2, "owner": "Ben"}])

        assert [(ann.owner, ann.balance), (bob.owner, bob.balance)] == [("Ann", 10), ("Ben", 2)]
        session.commit()

    assert [(row.owner, row.balance) for row in db.stored(Account)] == [("Ann", 10), ("Ben", 2)]


@promise(
    "bulk-and-dml.update-by-key-needs-key",
    "An update by key with a dictionary that names no key raises InvalidRequestError.",
    docs="orm/queryguide/dml.html#orm-queryguide-bulk-update",
)
def test_update_by_key_needs_key(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=1), Account(id=2, owner="Bob", balance=2))

    with db.session() as session:
        with pytest.raises(InvalidRequestError, match="primary key"):
            session.execute(update(Account), [{"id": 1, "balance": 10}, {"balance": 20}])

        session.rollback()
        session.execute(update(Account), [{"id": 2, "balance": 20}])
        session.commit()

    assert [row.balance for row in db.stored(Account)] == [1, 20]


@promise(
    "bulk-and-dml.legacy-return-defaults",
    "bulk_save_objects() with return_defaults=True gives each new object the key of its row.",
    docs="API Session.bulk_save_objects",
)
def test_legacy_return_defaults(db: Database) -> None:
    accounts = [Account(owner=f"Owner {number}") for number in reversed(range(6))]

    with db.session() as session:
        session.bulk_save_objects(accounts, return_defaults=True)
        assert list(session) == []
        session.commit()

    stored = {row.id: row.owner for row in db.stored(Account)}
    assert {account.id: account.owner for account in accounts} == stored
    assert len(stored) == 6


@promise(
    "bulk-and-dml.legacy-mappings-return-defaults",
    "bulk_insert_mappings() with return_defaults=True puts into each dictionary its row's key.",
    docs="API Session.bulk_insert_mappings",
)
def test_legacy_mappings_return_defaults(db: Database) -> None:
    rows: list[dict[str, Any]] = [{"owner": f"Owner {key}", "balance": key} for key in range(6)]

    with db.session() as session:
        session.bulk_insert_mappings(Account.__mapper__, rows, return_defaults=True)
        session.commit()

    stored = {row.id: row.owner for row in db.stored(Account)}
    assert {row.get("id"): row["owner"] for row in rows} == stored
    assert len(stored) == 6


@promise(
    "bulk-and-dml.legacy-after-failed-flush",
    "A bulk method refused after a failed flush keeps nothing from the Session after rollback().",
    docs="API Session.bulk_insert_mappings",
)
def test_legacy_after_failed_flush(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"))
    bob = {"id": 2, "owner": "Bob", "balance": 0}

    with db.session() as session:
        session.add(Account(id=1, owner="Ann again"))
        with pytest.raises(DBAPIError):
            session.flush()
        with pytest.raises(PendingRollbackError):
            session.bulk_insert_mappings(Account.__mapper__, [bob])
        session.rollback()

        session.add(Account(id=3, owner="Cleo"))
        session.commit()

    assert [row.id for row in db.stored(Account)] == [1, 3]


@promise(
    "bulk-and-dml.legacy-bulk-methods",
    "The older bulk methods store and update rows without adding an object to the Session.",
    docs="API Session.bulk_save_objects",
)
def test_legacy_bulk_methods(db: Database) -> None:
    ann = {"id": 1, "owner": "Ann", "balance": 1}
    bob = {"id": 2, "owner": "Bob", "balance": 2}

    with db.session() as session:
        session.bulk_insert_mappings(Account.__mapper__, [ann, bob])
        session.bulk_update_mappings(Account.__mapper__, [{"id": 1, "balance": 10}])
        session.bulk_save_objects([Account(id=3, owner="Cleo"), Account(id=4, owner="Dan")])

        assert list(session) == []
        session.commit()

    stored = [(row.owner, row.balance) for row in db.stored(Account)]
    assert stored == [("Ann", 10), ("Bob", 2), ("Cleo", 0), ("Dan", 0)]
