"""What a backend's connections can do, tried at the start of a run."""

import gc
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from session_conformance import Account, Database, promise


@promise(
    "capabilities.async",
    "The driver is asyncio's, and AsyncSession can use it.",
    docs="orm/extensions/asyncio.html",
    probes="async",
)
def test_async(db: Database) -> None:
    with db.session() as session:
        session.scalars(select(Account)).all()

        assert session.connection().dialect.is_async


@promise(
    "capabilities.threads",
    "A thread can use a Session while another thread uses one of the same engine.",
    docs="orm/session_basics.html#session-faq-threadsafe",
    probes="threads",
)
def test_threads(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"))

    def owner() -> str:
        with db.session() as session:
            try:
                return session.get_one(Account, 1).owner
            finally:
                # Some drivers let a connection be closed by the thread that opened it alone.
                session.invalidate()

    with db.session() as session, ThreadPoolExecutor(1) as thread:
        here = session.get_one(Account, 1).owner
        there = thread.submit(owner).result()

    assert (here, there) == ("Ann", "Ann")


@promise(
    "capabilities.reclaims-forgotten",
    "The connection of a Session that is forgotten unclosed is the one that the next Session gets.",
    docs="core/pooling.html#reset-on-return",
    probes="reclaims_forgotten",
)
def test_reclaims_forgotten(db: Database) -> None:
    def forget() -> object:
        session = db.session()
        session.scalars(select(Account)).all()
        return session.connection().connection.dbapi_connection

    forgotten = forget()
    gc.collect()

    assert db.checked_out == 0
    with db.session() as session:
        assert session.connection().connection.dbapi_connection is forgotten


@promise(
    "capabilities.second-connection",
    "A second, independent connection sees what the first one has committed.",
    docs="core/connections.html",
    probes="second_connection",
)
def test_second_connection(db: Database) -> None:
    with db.session() as session:
        session.add(Account(id=1, owner="Ann"))
        session.flush()
        first = session.connection().connection.dbapi_connection

        with db.session() as other:
            assert other.connection().connection.dbapi_connection is not first

        session.commit()

    with db.session() as session, db.session() as other:
        session.connection()

        assert other.scalars(select(Account.owner)).all() == ["Ann"]


@promise(
    "capabilities.kill-connection",
    "The server ends one connection when another one asks for it.",
    docs="core/pooling.html#disconnect-handling-pessimistic",
    probes="kill_connection",
)
def test_kill_connection(db: Database) -> None:
    with db.session() as session:
        session.scalars(select(Account)).all()
        first = db.connection_id(session)

        db.kill(session)

        with pytest.raises(DBAPIError):
            session.scalars(select(Account)).all()
        session.invalidate()
        assert db.connection_id(session) != first


@promise(
    "capabilities.own-server",
    "The suite starts a server for one case alone, and what is stored there is nowhere else.",
    docs="core/engines.html",
    probes="own_server",
)
def test_own_server(db: Database) -> None:
    """Takes seconds where it is the first to ask for the server, which is started then."""
    with db.own_server() as server:
        engine = server.new_engine()
        with Session(engine) as session:
            session.add(Account(id=1, owner="Ann"))
            session.commit()

        assert [account.owner for account in server.stored(Account)] == ["Ann"]

    assert db.stored(Account) == []
