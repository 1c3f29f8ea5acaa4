"""What starts a Session's transaction, and when the database hears of it."""

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import Session

from session_conformance import Account, Database, promise


@promise(
    "autobegin.started-by-execute",
    "A new Session is idle; the first statement puts it in a transaction that lasts.",
    docs="orm/session_basics.html#session-autobegin",
)
def test_started_by_execute(db: Database) -> None:
    with db.session() as session:
        assert not session.in_transaction()

        session.execute(select(Account.id))

        assert session.in_transaction()
        assert session.get_transaction() is not None


@promise(
    "autobegin.started-by-attribute-set",
    "Setting an attribute of a persistent object starts a transaction in an idle Session.",
    docs="orm/session_basics.html#session-autobegin",
)
def test_started_by_attribute_set(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))
    with db.session(expire_on_commit=False) as session:
        account = session.get_one(Account, 1)
        session.commit()
        assert not session.in_transaction()

        account.balance = 7

        assert session.in_transaction()
        assert db.checked_out == 0


@promise(
    "autobegin.started-by-expired-load",
    "Reading an attribute that the commit expired starts a transaction and takes a connection.",
    docs="orm/session_basics.html#session-committing",
)
def test_started_by_expired_load(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))
    with db.session() as session:
        account = session.get_one(Account, 1)
        session.commit()
        assert db.checked_out == 0

        with db.watch() as sql:
            assert account.owner == "Ann"

        assert sql.steps == ["BEGIN", "SELECT"]
        assert session.in_transaction()
        assert db.checked_out == 1


@promise(
    "autobegin.explicit-begin",
    "begin() puts the Session in a transaction at once and takes no connection for it.",
    docs="orm/session_basics.html#session-autobegin",
)
def test_explicit_begin(db: Database) -> None:
    with db.watch() as sql, db.session() as session:
        session.begin()

        assert session.in_transaction()
        assert sql.events == []

        session.execute(select(Account.id))

        assert sql.steps == ["BEGIN", "SELECT"]


@promise(
    "autobegin.begin-twice-refused",
    "begin() in a transaction that begin() opened is refused; the transaction goes on unharmed.",
    docs="API Session.begin",
)
def test_begin_twice_refused(db: Database) -> None:
    with db.session() as session:
        session.begin()
        session.add(Account(id=1, owner="Ann", balance=100))

        with pytest.raises(InvalidRequestError):
            session.begin()

        session.commit()
    assert [account.owner for account in db.stored(Account)] == ["Ann"]


@promise(
    "autobegin.begin-after-implicit-refused",
    "begin() after work that has started a transaction by itself is refused.",
    docs="API Session.begin",
)
def test_begin_after_implicit_refused(db: Database) -> None:
    with db.session() as session:
        session.execute(select(Account.id))

        with pytest.raises(InvalidRequestError):
            session.begin()

        assert session.in_transaction()


@promise(
    "autobegin.begin-sends-no-sql",
    "Neither the Session's begin() nor the connection's sends a statement of its own.",
    docs="API Connection.begin",
)
def test_begin_sends_no_sql(db: Database) -> None:
    engine = db.new_engine()
    sent: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *found: sent.append(found[2]))

    with Session(engine) as session, session.begin():
        session.connection()
        assert sent == []

        session.execute(text("DELETE FROM account"))

    assert sent == ["DELETE FROM account"]


@promise(
    "autobegin.database-transaction-on-dml",
    "The first change opens a transaction in the database: unseen by others, undone by rollback().",
    docs="core/connections.html#commit-as-you-go",
)
@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO account (id, owner, balance) VALUES (2, 'Bob', 5)",
        "UPDATE account SET balance = 5",
        "DELETE FROM account",
    ],
    ids=["insert", "update", "delete"],
)
def test_database_transaction_on_dml(db: Database, statement: str) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session() as session:
        session.execute(text(statement))
        assert [account.balance for account in db.stored(Account)] == [100]

        session.rollback()

    assert [account.balance for account in db.stored(Account)] == [100]


@promise(
    "autobegin.new-database-transaction-each-time",
    "The first statement after commit() sees what another connection committed in between.",
    docs="orm/session_basics.html#what-does-the-session-do",
)
def test_new_database_transaction_each_time(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session() as session:
        assert session.scalars(select(Account.owner)).all() == ["Ann"]
        session.commit()
        db.given(Account(id=2, owner="Bob", balance=5))

        owners = session.scalars(select(Account.owner).order_by(Account.id)).all()

        assert owners == ["Ann", "Bob"]
