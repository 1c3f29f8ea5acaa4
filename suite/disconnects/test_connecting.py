"""Connections that cannot be made."""

from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from session_conformance import Account, Database, promise


@promise(
    "disconnects.server-unreachable",
    "Where nobody listens, the first statement raises a DBAPIError and keeps no place in the pool.",
    docs="errors.html#operationalerror",
    needs=("connection_list",),
)
def test_server_unreachable(db: Database) -> None:
    engine = db.new_engine(pool_size=1, max_overflow=0, pool_timeout=0.1)
    engine.dispose()

    with Session(engine) as session:
        with db.out_of_reach(engine), pytest.raises(DBAPIError):
            session.scalars(select(Account)).all()
        session.rollback()

        assert db.checked_out == 0
        assert session.scalars(select(Account)).all() == []


@promise(
    "disconnects.repeated-connect-failures",
    "Connects that fail in a row do not use the pool's one place up: the next that can, works.",
    docs="core/pooling.html#disconnect-handling-pessimistic",
    needs=("connection_list",),
)
def test_repeated_connect_failures(db: Database) -> None:
    engine = db.new_engine(pool_size=1, max_overflow=0, pool_timeout=0.1)
    engine.dispose()
    accounts = select(Account)

    with Session(engine) as session:
        with db.out_of_reach(engine):
            with pytest.raises(DBAPIError):
                session.scalars(accounts).all()
            with pytest.raises(DBAPIError):
                session.scalars(accounts).all()
            with pytest.raises(DBAPIError):
                session.scalars(accounts).all()

        assert session.scalars(accounts).all() == []


@promise(
    "disconnects.error-during-connect-listener",
    "A connect listener whose SQL fails raises a DBAPIError; no half-made connection is used.",
    docs="API PoolEvents.connect",
)
def test_error_during_connect_listener(db: Database) -> None:
    engine = db.new_engine(pool_size=1, max_overflow=0, pool_timeout=0.1)
    engine.dispose()

    def connect(dbapi_connection: Any, _record: Any) -> None:
        cursor = dbapi_connection.cursor()
        try:
            cursor.execute("SELECT id FROM no_such_table")
        finally:
            cursor.close()
            dbapi_connection.rollback()
            dbapi_connection.close()

    event.listen(engine, "connect", connect)
    with Session(engine) as session:
        with pytest.raises(DBAPIError):
            session.scalars(select(Account)).all()
        event.remove(engine, "connect", connect)

        assert db.checked_out == 0
        assert session.scalars(select(Account)).all() == []
