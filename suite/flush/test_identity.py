"""What a flush makes of primary keys that change or collide."""

import pytest
from sqlalchemy.exc import IntegrityError, SAWarning

from session_conformance import Account, Database, promise


@promise(
    "flush.key-change",
    "Changing a primary key updates the row, and the Session then knows the object by the new key.",
    docs="API Session.flush",
)
def test_key_change(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session() as session:
        account = session.get_one(Account, 1)
        account.id = 5
        with db.watch() as sql:
            session.flush()
            assert session.get(Account, 5) is account

        assert sql.verbs == ["UPDATE"]
        assert session.get(Account, 1) is None
        session.commit()

    assert [(row.id, row.owner) for row in db.stored(Account)] == [(5, "Ann")]


@promise(
    "flush.duplicate-identity-warns",
    "Flushing a new object with the key of a loaded one warns, then raises IntegrityError.",
    docs="API Session.flush",
)
def test_duplicate_identity_warns(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session() as session:
        account = session.get_one(Account, 1)
        session.add(Account(id=1, owner="Ben", balance=250))

        with (
            pytest.warns(SAWarning, match="conflicts with persistent instance"),
            pytest.raises(IntegrityError),
        ):
            session.flush()

        session.rollback()
        assert set(session) == {account}

    assert [row.owner for row in db.stored(Account)] == ["Ann"]
