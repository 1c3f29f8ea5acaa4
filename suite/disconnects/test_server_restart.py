"""Connections whose server was stopped, in good order, and started again."""

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from session_conformance import Account, Database, promise

OWNERS = select(Account.owner).order_by(Account.id)


@promise(
    "disconnects.server-restart",
    "After a restart of the server a connection in use fails once; idle ones are replaced unseen.",
    docs="core/pooling.html#disconnect-handling-optimistic",
    needs=("own_server",),
)
def test_server_restart(db: Database) -> None:
    """Takes seconds: a whole server stops and starts again."""
    with db.own_server() as server:
        server.given(Account(id=1, owner="Ann"))
        engine = server.new_engine(pool_size=3, max_overflow=0)
        pinging = server.new_engine(pool_pre_ping=True)

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
            assert of_ann.value.connection_invalidated
            assert of_bob.value.connection_invalidated
            ann.rollback()
            bob.rollback()
            ann.add(Account(id=3, owner="Cleo"))
            ann.commit()

            assert bob.scalars(OWNERS).all() == idle.scalars(OWNERS).all() == ["Ann", "Cleo"]

        with Session(pinging) as pinged:
            assert pinged.scalars(OWNERS).all() == ["Ann", "Cleo"]
