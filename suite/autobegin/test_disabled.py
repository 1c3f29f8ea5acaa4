"""Sessions with autobegin=False: nothing without begin()."""

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import Session

from session_conformance import Account, Database, promise

DOCS = "orm/session_basics.html#session-autobegin-disable"


@promise(
    "autobegin.disabled-refuses-work",
    "With autobegin=False, work before begin() is refused; after begin() it is done.",
    docs=DOCS,
)
@pytest.mark.parametrize(
    "work",
    [
        pytest.param(lambda session: session.execute(select(Account.id)), id="execute"),
        pytest.param(lambda session: session.add(Account(id=1, owner="Ann")), id="add"),
        pytest.param(lambda session: session.get(Account, 1), id="get"),
        pytest.param(lambda session: session.connection(), id="connection"),
    ],
)
def test_disabled_refuses_work(db: Database, work: Callable[[Session], object]) -> None:
    with db.session(autobegin=False) as session:
        with db.watch() as sql, pytest.raises(InvalidRequestError):
            work(session)
        assert sql.events == []

        session.begin()
        work(session)
        session.execute(select(Account.id))

        assert session.in_transaction()
        assert db.checked_out == 1


@promise(
    "autobegin.disabled-again-after-end",
    "With autobegin=False, each end of a transaction makes the Session refuse work again.",
    docs=DOCS,
)
@pytest.mark.parametrize("end", [Session.commit, Session.rollback, Session.close])
def test_disabled_again_after_end(db: Database, end: Callable[[Session], None]) -> None:
    with db.session(autobegin=False) as session:
        session.begin()
        session.execute(select(Account.id))
        end(session)

        with pytest.raises(InvalidRequestError):
            session.execute(select(Account.id))

        assert db.checked_out == 0


@promise(
    "autobegin.disabled-blocks-lazy-loads",
    "With autobegin=False, outside a transaction expired values are not read and none are set.",
    docs=DOCS,
)
def test_disabled_blocks_lazy_loads(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session(autobegin=False, expire_on_commit=False) as session:
        with session.begin():
            account = session.get_one(Account, 1)
        session.expire(account, ["owner"])

        with pytest.raises(InvalidRequestError):
            account.owner  # noqa: B018
        with pytest.raises(InvalidRequestError):
            account.balance = 7

        with session.begin():
            assert (account.owner, account.balance) == ("Ann", 100)

    assert [row.balance for row in db.stored(Account)] == [100]


@promise(
    "autobegin.disabled-begin-nested",
    "With autobegin=False, begin_nested() in an idle Session begins the outer transaction too.",
    docs="API Session.begin_nested",
    needs=("savepoints",),
)
def test_disabled_begin_nested(db: Database) -> None:
    with db.session(autobegin=False) as session:
        with session.begin_nested():
            session.add(Account(id=1, owner="Ann"))
        assert session.in_transaction()
        session.add(Account(id=2, owner="Bob"))
        session.commit()

    assert [account.owner for account in db.stored(Account)] == ["Ann", "Bob"]
