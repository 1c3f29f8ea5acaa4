"""Errors that are no disconnects, and some that are made into one."""

from typing import Any

import pytest
from sqlalchemy import Executable, event, func, insert, select, text
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, aliased

from session_conformance import Account, Database, Entry, promise

INVALIDATION = "core/pooling.html#more-on-invalidation"
ORDINARY: dict[str, Executable] = {
    "syntax": text("SELEKT 1"),
    "missing-table": text("SELECT id FROM no_such_table"),
    "missing-column": text("SELECT no_such_column FROM account"),
    "duplicate": insert(Account).values(id=1, owner="Ann", balance=0),
}
MESSAGES = {
    "postgresql": "server closed the connection unexpectedly",
    "psycopg": "connection has been closed unexpectedly",
    "asyncpg": "connection is closed",
    "pg8000": "connection is closed; network error",
    "mysql": "MySQL server has gone away",
    "mysql-query": "2013: Lost connection to MySQL server during query",
    "pymysql": "(0, '')",
    "sqlite": "Cannot operate on a closed database.",
    "reset": "Connection reset by peer",
}
UNENCODABLE = "\ud800"


@promise(
    "disconnects.ordinary-errors-are-not",
    "An ordinary error marks no disconnect: after rollback() the same connection goes on.",
    docs=INVALIDATION,
)
@pytest.mark.parametrize("name", list(ORDINARY))
def test_ordinary_errors_are_no_disconnects(db: Database, name: str) -> None:
    db.given(Account(id=1, owner="Ann"))
    engine = db.new_engine(pool_size=1, max_overflow=0)

    with Session(engine) as session:
        first = session.connection().connection.dbapi_connection

        with pytest.raises(DBAPIError) as raised:
            session.execute(ORDINARY[name])
        session.rollback()

        assert not raised.value.connection_invalidated
        assert session.scalars(select(Account.owner)).all() == ["Ann"]
        assert session.connection().connection.dbapi_connection is first


@promise(
    "disconnects.misleading-text",
    "An error whose SQL quotes the message of a disconnect is not taken for one.",
    docs=INVALIDATION,
)
@pytest.mark.parametrize("name", list(MESSAGES))
def test_misleading_text(db: Database, name: str) -> None:
    db.given(Account(id=1, owner="Ann"))
    message = MESSAGES[name].replace("'", "''").replace(":", r"\:")

    with db.session() as session:
        first = session.connection().connection.dbapi_connection

        with pytest.raises(DBAPIError) as raised:
            session.execute(text(f"SELEKT '{message}'"))
        session.rollback()

        assert not raised.value.connection_invalidated
        assert session.scalars(select(Account.owner)).all() == ["Ann"]
        assert session.connection().connection.dbapi_connection is first


@promise(
    "disconnects.statement-timeout-is-not",
    "A statement that the server ends for its length is no disconnect; the connection goes on.",
    docs=INVALIDATION,
    needs=("statement_timeout",),
)
def test_statement_timeout_is_no_disconnect(db: Database) -> None:
    db.given(*(Entry(id=number, amount=1) for number in range(1, 31)))
    # A join of all with all is what is meant here.
    engine = db.new_engine(enable_from_linting=False, pool_size=1, max_overflow=0)
    many = [aliased(Entry) for _ in range(5)]

    with Session(engine) as session:
        db.limit_time(session, 0.05)
        number = db.connection_id(session)
        session.commit()

        with pytest.raises(DBAPIError) as raised:
            session.scalar(select(func.sum(sum(entry.amount for entry in many))))
        session.rollback()

        assert not raised.value.connection_invalidated
        assert session.scalar(select(func.sum(Entry.amount))) == 30
        assert db.connection_id(session) == number


@promise(
    "disconnects.client-encoding-error",
    "Text that no encoding takes raises, and the connection gives right answers afterwards.",
    docs="faq/connections.html#mysql-sync-errors",
)
def test_client_encoding_error(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session() as session:
        # A lone surrogate; drivers differ in who notices.
        with pytest.raises((DBAPIError, UnicodeError)):
            session.scalars(select(Account).where(Account.owner == UNENCODABLE)).all()
        session.rollback()

        assert session.scalars(select(Account.owner)).all() == ["Ann"]
        session.commit()
        assert session.scalars(select(Account.balance)).all() == [100]


@promise(
    "disconnects.base-exception-invalidates",
    "An interrupt inside the driver's execute() discards the connection, whose state is unknown.",
    docs="faq/connections.html#mysql-sync-errors",
)
@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_base_exception_invalidates(db: Database, interrupt: type[BaseException]) -> None:
    engine = db.new_engine(pool_size=1, max_overflow=0)

    def do_execute(cursor: Any, statement: Any, parameters: Any, _context: Any) -> None:
        cursor.execute(statement, parameters)
        raise interrupt

    with Session(engine) as session:
        session.add(Account(id=1, owner="Ann"))
        session.flush()
        first = session.connection().connection.dbapi_connection
        event.listen(engine, "do_execute", do_execute)
        with pytest.raises(interrupt), db.watch() as sql:
            session.scalars(select(Account)).all()
        event.remove(engine, "do_execute", do_execute)
        session.rollback()

        assert sql.pool[:1] == ["invalidate"]
        assert session.scalars(select(Account)).all() == []
        assert session.connection().connection.dbapi_connection is not first


@promise(
    "disconnects.listener-upgrade",
    "A handle_error listener that sets is_disconnect has the connection of any error discarded.",
    docs="core/pooling.html#supporting-new-database-error-codes-for-disconnect-scenarios",
)
def test_listener_upgrade(db: Database) -> None:
    engine = db.new_engine(pool_size=1, max_overflow=0)

    def handle_error(context: ExceptionContext) -> None:
        context.is_disconnect = True

    event.listen(engine, "handle_error", handle_error)
    with Session(engine) as session:
        first = session.connection().connection.dbapi_connection

        with pytest.raises(DBAPIError) as raised:
            session.execute(ORDINARY["missing-table"])
        session.rollback()

        assert raised.value.connection_invalidated
        assert session.scalars(select(Account)).all() == []
        assert session.connection().connection.dbapi_connection is not first
