"""What a query through a Session gives: rows, objects, or exactly one."""

import pytest
from sqlalchemy import select
from sqlalchemy.exc import MultipleResultsFound, NoResultFound

from session_conformance import Account, Database, promise


@promise(
    "queries.rows-versus-scalars",
    "execute() of a select of one class gives rows of one element; scalars() gives the objects.",
    docs="orm/session_basics.html#session-querying-20",
)
def test_rows_versus_scalars(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100), Account(id=2, owner="Bob", balance=5))
    accounts = select(Account).order_by(Account.id)

    with db.session() as session:
        rows = session.execute(accounts).all()
        objects = session.scalars(accounts).all()

    assert [len(row) for row in rows] == [1, 1]
    assert [row[0] for row in rows] == objects
    assert [account.owner for account in objects] == ["Ann", "Bob"]


@promise(
    "queries.one-and-friends",
    "one(), one_or_none(), first() and scalar_one() return or raise as their names say.",
    docs="API Result.one",
)
def test_one_and_friends(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100), Account(id=2, owner="Bob", balance=5))
    owners = select(Account.owner).order_by(Account.id)
    ann = owners.where(Account.id == 1)
    nobody = owners.where(Account.id == 3)

    with db.session() as session:
        assert session.scalars(ann).one() == "Ann"
        assert session.execute(ann).scalar_one() == "Ann"
        assert session.scalars(owners).first() == "Ann"
        assert session.scalars(nobody).first() is None
        assert session.scalars(nobody).one_or_none() is None
        with pytest.raises(NoResultFound):
            session.scalars(nobody).one()
        with pytest.raises(MultipleResultsFound):
            session.scalars(owners).one()
        with pytest.raises(MultipleResultsFound):
            session.scalars(owners).one_or_none()
        assert session.scalars(owners).all() == ["Ann", "Bob"]
