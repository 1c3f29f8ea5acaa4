"""What a backend's statements can do, tried at the start of a run."""

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import DBAPIError

from session_conformance import Account, Database, Entry, promise


@promise(
    "capabilities.returning",
    "INSERT … RETURNING gives back the key that the server generated.",
    docs="orm/queryguide/dml.html#orm-queryguide-bulk-insert-returning",
    probes="returning",
)
def test_returning(db: Database) -> None:
    with db.session() as session:
        key = session.scalar(insert(Account).values(owner="Ann").returning(Account.id))
        session.commit()

    assert [account.id for account in db.stored(Account)] == [key]


@promise(
    "capabilities.fk-enforcement",
    "A row whose foreign key names no row is refused.",
    docs="core/constraints.html#defining-foreign-keys",
    probes="fk_enforcement",
)
def test_fk_enforcement(db: Database) -> None:
    with db.session() as session:
        session.add(Entry(id=1, account_id=404, amount=1))
        with pytest.raises(DBAPIError):
            session.flush()
            session.commit()
        session.rollback()

    assert db.stored(Entry) == []
