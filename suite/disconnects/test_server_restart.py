"""Connections whose server was stopped, in good order, and started again."""

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from session_conformance import Account, Database, promise

OWNERS = select(Account.owner).order_by(Account.id)


@promise(
    "disconnects.server-restart",
    "After a restart of the server each connection in use fails once, and the pool's idle ones none.",
    docs="core/pooling.html#disconnect-handling-optimistic",
    needs=("own_server",),
)
def test_server_restart(db: Database) -> None:
    """Takes seconds: a whole server stops and starts again."""
    with db.own_server() as server:
        server.given(Account(id=1, owner="Ann"))
        engine = server.new_engine(pool_size=3, max_overflow=0)

        with Session(engine) as ann, Session(engine) as bob, Session(engine) as idle:
            ann.add(Account(id=2, owner="Bob"))
            ann.flush()
            assert bob.scalars(OWNERS).all() == idle.scalars(OWNERS).all() == ["Ann"]
            idle.commit()

            server.restart()

            with pytest.raises(DBAPIError) as of_ann:
                ann.scalars(OWNERS).all()
            with pytest.raises(DBAPIError) as of_bob:
                bob.scalars(OWNERS).all()
            ann.rollback()
            bob.rollback()
            ann.add(Account(id=3, owner="Cleo"))
            ann.commit()

            assert of_ann.value.connection_invalidated
            assert of_bob.value.connection_invalidated
            assert bob.scalars(OWNERS).all() == idle.scalars(OWNERS).all() == ["Ann", "Cleo"]


@promise(
    "disconnects.server-restart-pre-ping",
    "With pool_pre_ping a restart of the server costs the pool's idle connections no error.",
    docs="core/pooling.html#disconnect-handling-pessimistic",
    needs=("own_server",),
)
def test_server_restart_pre_ping(db: Database) -> None:
    """Takes seconds: a whole server stops and starts again."""
    with db.own_server() as server:
        server.given(Account(id=1, owner="Ann"))
        engine = server.new_engine(pool_pre_ping=True, pool_size=2, max_overflow=0)

        with Session(engine) as one, Session(engine) as other:
            before = {session.connection().connection.dbapi_connection for session in (one, other)}
            one.commit()
            other.commit()

            server.restart()

            assert one.scalars(OWNERS).all() == other.scalars(OWNERS).all() == ["Ann"]
            assert {one.connection().connection.dbapi_connection}.isdisjoint(before)
            assert {other.connection().connection.dbapi_connection}.isdisjoint(before)
