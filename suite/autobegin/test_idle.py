"""When a Session is idle, and what makes it begin."""

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, SessionTransactionOrigin

from session_conformance import Account, Database, promise

DOCS = "orm/session_basics.html#session-autobegin"


@promise(
    "autobegin.fresh-session-is-idle",
    "A Session that is new, or whose transaction was committed or closed, is in no transaction.",
    docs=DOCS,
)
def test_fresh_session_is_idle(db: Database) -> None:
    with db.session() as session:
        assert (session.in_transaction(), session.get_transaction()) == (False, None)

        session.execute(select(Account.id))
        assert session.in_transaction()
        session.commit()
        assert (session.in_transaction(), session.get_transaction()) == (False, None)

        session.execute(select(Account.id))
        session.close()
        assert (session.in_transaction(), session.get_transaction()) == (False, None)


@promise(
    "autobegin.started-by-add",
    "add() of a new object puts an idle Session in a transaction and takes no connection yet.",
    docs=DOCS,
)
def test_started_by_add(db: Database) -> None:
    with db.session() as session:
        session.add(Account(id=1, owner="Ann"))

        assert session.in_transaction()
        assert db.checked_out == 0

        session.commit()
        assert not session.in_transaction()

    assert [account.owner for account in db.stored(Account)] == ["Ann"]


@promise(
    "autobegin.started-by-delete-merge-connection",
    "delete(), merge() and connection() each put an idle Session in a transaction.",
    docs=DOCS,
)
@pytest.mark.parametrize(
    "start",
    [
        pytest.param(lambda session, account: session.delete(account), id="delete"),
        pytest.param(lambda session, _: session.merge(Account(id=1, balance=5)), id="merge"),
        pytest.param(lambda session, _: session.connection(), id="connection"),
    ],
)
def test_started_by_delete_merge_connection(
    db: Database, start: Callable[[Session, Account], object]
) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))
    with db.session(expire_on_commit=False) as session:
        account = session.get_one(Account, 1)
        session.commit()
        assert not session.in_transaction()

        start(session, account)

        assert session.in_transaction()


@promise(
    "autobegin.not-started-by-empty-flush",
    "flush() with nothing to write begins nothing and takes no connection.",
    docs="API Session.flush",
)
def test_not_started_by_empty_flush(db: Database) -> None:
    with db.session() as session:
        session.execute(select(Account.id))
        session.commit()

        with db.watch() as sql:
            session.flush()

        assert not session.in_transaction()
        assert sql.events == []


@promise(
    "autobegin.is-active-truth-table",
    "is_active is true idle and in a sound transaction, false from a failed flush to rollback().",
    docs="API Session.is_active",
)
def test_is_active_truth_table(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"))

    with db.session() as session:
        assert session.is_active
        session.execute(select(Account.id))
        assert session.is_active

        session.add(Account(id=2, owner="Ann"))
        with pytest.raises(DBAPIError):
            session.flush()
        assert not session.is_active

        session.rollback()
        assert session.is_active
        session.begin()
        assert session.is_active


@promise(
    "autobegin.origin-recorded",
    "A transaction's origin tells whether work, begin() or begin_nested() began it.",
    docs="API SessionTransaction.origin",
)
def test_origin_recorded(db: Database) -> None:
    with db.session() as session:
        session.execute(select(Account.id))
        by_work = session.get_transaction()
        session.rollback()
        by_begin = session.begin()
        nested = session.begin_nested()

        assert by_work is not None
        assert [found.origin for found in (by_work, by_begin, nested)] == [
            SessionTransactionOrigin.AUTOBEGIN,
            SessionTransactionOrigin.BEGIN,
            SessionTransactionOrigin.BEGIN_NESTED,
        ]


@promise(
    "autobegin.get-transaction-is-root",
    "get_transaction() gives the outermost transaction, also while a savepoint is open.",
    docs="API Session.get_transaction",
    needs=("savepoints",),
)
def test_get_transaction_is_root(db: Database) -> None:
    with db.session() as session:
        root = session.begin()
        savepoint = session.begin_nested()
        session.execute(select(Account.id))

        assert session.get_transaction() is root
        assert session.get_nested_transaction() is savepoint
