"""What gives the connection back, and what the server has forgotten by then."""

import gc

from sqlalchemy import inspect, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from session_conformance import Account, Database, promise


class Base(DeclarativeBase):
    """The registry of this file's table."""


class Note(Base):
    """A table that nobody else reads."""

    __tablename__ = "opening_note"

    id: Mapped[int] = mapped_column(primary_key=True)


@promise(
    "opening-and-closing.released-by-commit",
    "commit() gives the connection back to the pool; the Session stays open.",
    docs="orm/session_basics.html#session-committing",
)
def test_released_by_commit(db: Database) -> None:
    with db.session() as session:
        session.add(Account(id=1, owner="Ann", balance=100))
        session.flush()
        assert db.checked_out == 1

        session.commit()

        assert db.checked_out == 0
        assert not db.locked(Account, 1)


@promise(
    "opening-and-closing.released-by-rollback",
    "rollback() gives the connection back to the pool and frees the row; the Session stays open.",
    docs="orm/session_basics.html#session-rollback",
)
def test_released_by_rollback(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session() as session:
        session.get_one(Account, 1).balance = 0
        session.flush()
        assert db.checked_out == 1

        session.rollback()

        assert db.checked_out == 0
        assert not db.locked(Account, 1)


@promise(
    "opening-and-closing.released-by-close",
    "close() in the middle of a transaction gives the connection back to the pool.",
    docs="orm/session_basics.html#session-closing",
)
def test_released_by_close(db: Database) -> None:
    session = db.session()
    with db.watch() as sql:
        session.add(Account(id=1, owner="Ann", balance=100))
        session.flush()
        session.close()

    assert sql.steps == ["BEGIN", "INSERT", "ROLLBACK"]
    assert sql.pool == ["check-out", "check-in"]


@promise(
    "opening-and-closing.row-locks-freed",
    "After close() nobody waits for a row that the Session had changed but not committed.",
    docs="faq/connections.html#why-does-sqlalchemy-issue-so-many-rollbacks",
)
def test_row_locks_freed(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))
    session = db.session()
    session.get_one(Account, 1).balance = 0
    session.flush()
    assert db.locked(Account, 1)

    session.close()

    with db.elsewhere() as other:
        other.get_one(Account, 1).balance = 7
    assert [account.balance for account in db.stored(Account)] == [7]


@promise(
    "opening-and-closing.table-locks-freed",
    "After close() another connection can drop a table that the Session had read.",
    docs="core/pooling.html#reset-on-return",
)
def test_table_locks_freed(db: Database) -> None:
    db.create(Note)
    session = db.session()
    session.scalars(select(Note)).all()

    session.close()

    with db.elsewhere() as other:
        Note.metadata.drop_all(other.connection())
        assert not inspect(other.connection()).has_table("opening_note")


@promise(
    "opening-and-closing.server-transaction-ended",
    "After close() the server has ended the transaction: another one may take the same key.",
    docs="core/pooling.html#reset-on-return",
)
def test_server_transaction_ended(db: Database) -> None:
    session = db.session()
    session.add(Account(id=1, owner="Ann", balance=100))
    session.flush()

    session.close()

    with db.elsewhere() as other:
        other.add(Account(id=1, owner="Bob", balance=5))
    assert [account.owner for account in db.stored(Account)] == ["Bob"]


@promise(
    "opening-and-closing.forgotten-session-is-reclaimed",
    "When an unclosed Session is forgotten, its connection goes back and its work is undone.",
    docs="core/pooling.html#reset-on-return",
    needs=("reclaims_forgotten",),
)
def test_forgotten_session_is_reclaimed(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    def forget() -> None:
        session = db.session()
        session.get_one(Account, 1).balance = 0
        session.flush()

    with db.watch() as sql:
        forget()
        gc.collect()

    assert sql.verbs == ["SELECT", "UPDATE"]
    assert sql.pool == ["check-out", "check-in"]
    assert not db.locked(Account, 1)
    assert [account.balance for account in db.stored(Account)] == [100]


@promise(
    "opening-and-closing.external-connection-kept-open",
    "close() of a Session bound to a Connection leaves that Connection open and in use.",
    docs="API Session.close",
)
def test_external_connection_kept_open(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.engine.connect() as connection:
        session = Session(connection)
        session.scalars(select(Account)).all()
        session.close()

        assert not connection.closed
        assert db.checked_out == 1
        assert connection.scalar(select(Account.owner)) == "Ann"
