"""What the pool does to a connection that comes back."""

from typing import Any

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from session_conformance import Account, Database, promise

RESET = "core/pooling.html#reset-on-return"


@promise(
    "pooling.rollback-on-return",
    "What was written through a raw connection and not committed is undone when it is given back.",
    docs="core/pooling.html#pool-reset-on-return",
)
def test_rollback_on_return(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))
    engine = db.new_engine(pool_size=1, max_overflow=0)

    raw = engine.raw_connection()
    cursor = raw.cursor()
    cursor.execute("UPDATE account SET balance = 0")
    cursor.close()
    raw.close()

    assert not db.locked(Account, 1)
    with Session(engine) as session:
        assert session.scalars(select(Account.balance)).all() == [100]
        session.commit()
    assert [account.balance for account in db.stored(Account)] == [100]


@promise(
    "pooling.commit-on-return",
    "With pool_reset_on_return='commit' what a raw connection wrote is stored when it comes back.",
    docs=RESET,
)
def test_commit_on_return(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))
    engine = db.new_engine(pool_size=1, max_overflow=0, pool_reset_on_return="commit")

    raw = engine.raw_connection()
    cursor = raw.cursor()
    cursor.execute("UPDATE account SET balance = 7")
    cursor.close()
    raw.close()

    with Session(engine) as session:
        assert session.scalars(select(Account.balance)).all() == [7]
    assert [account.balance for account in db.stored(Account)] == [7]


@promise(
    "pooling.reset-event-replaces-rollback",
    "With pool_reset_on_return=None a reset listener that rolls back cleans what comes back.",
    docs="core/pooling.html#custom-reset-on-return-schemes",
)
def test_reset_event_replaces_rollback(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))
    engine = db.new_engine(pool_size=1, max_overflow=0, pool_reset_on_return=None)

    def reset(dbapi_connection: Any, _record: Any, _state: Any) -> None:
        dbapi_connection.rollback()

    event.listen(engine, "reset", reset)
    raw = engine.raw_connection()
    cursor = raw.cursor()
    cursor.execute("UPDATE account SET balance = 0")
    cursor.close()
    raw.close()

    assert not db.locked(Account, 1)
    with Session(engine) as session:
        assert session.scalars(select(Account.balance)).all() == [100]
        session.commit()
    assert [account.balance for account in db.stored(Account)] == [100]


@promise(
    "pooling.failing-reset-discards",
    "A connection whose rollback on return fails is thrown away, and the next user gets another.",
    docs="core/pooling.html#more-on-invalidation",
    needs=("kill_connection",),
)
def test_failing_reset_discards(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))
    engine = db.new_engine(pool_size=1, max_overflow=0)
    with Session(engine) as session:
        number = db.connection_id(session)

    raw = engine.raw_connection()
    cursor = raw.cursor()
    cursor.execute("UPDATE account SET balance = 0")
    cursor.close()
    db.kill(number)
    raw.close()

    with Session(engine) as session:
        assert session.scalars(select(Account.balance)).all() == [100]
        assert db.connection_id(session) != number


@promise(
    "pooling.checkin-with-open-cursor",
    "A connection that comes back with rows unread gives right answers to its next user.",
    docs="faq/connections.html#mysql-sync-errors",
)
def test_checkin_with_open_cursor(db: Database) -> None:
    db.given(*(Account(id=number, owner=f"owner {number}") for number in range(1, 51)))
    engine = db.new_engine(pool_size=1, max_overflow=0)

    raw = engine.raw_connection()
    cursor = raw.cursor()
    cursor.execute("SELECT id FROM account ORDER BY id")
    first = cursor.fetchone()
    raw.close()

    assert tuple(first or ()) == (1,)
    with Session(engine) as session:
        assert session.scalars(select(Account.owner).where(Account.id == 9)).all() == ["owner 9"]
        session.get_one(Account, 50).balance = 5
        session.commit()
    found = db.stored(Account, 50)
    assert found is not None
    assert found.balance == 5


def syntax_error(engine: Engine) -> None:
    with Session(engine) as session, pytest.raises(DBAPIError):
        session.execute(text("SELEKT 1"))


def failed_flush(engine: Engine) -> None:
    with Session(engine) as session, pytest.raises(DBAPIError):
        session.add(Account(id=1, owner="Ann"))
        session.flush()


def abandoned_stream(engine: Engine) -> None:
    with Session(engine) as session:
        accounts = select(Account).execution_options(yield_per=2)
        assert next(session.scalars(accounts)).id


def exception(engine: Engine) -> None:
    with pytest.raises(ZeroDivisionError), Session(engine) as session:
        session.get_one(Account, 1).balance = 0
        session.flush()
        1 / 0  # noqa: B018


@promise(
    "pooling.no-leak-after-errors",
    "However a Session's block ends, its pool then counts no connection as checked out.",
    docs=RESET,
)
@pytest.mark.parametrize("use", [syntax_error, failed_flush, abandoned_stream, exception])
def test_no_leak_after_errors(db: Database, use: Any) -> None:
    db.given(*(Account(id=number, owner=f"owner {number}") for number in range(1, 11)))
    engine = db.new_engine(pool_size=1, max_overflow=0, pool_timeout=0.1)

    use(engine)

    assert db.checked_out == 0
    with Session(engine) as session:
        assert len(session.scalars(select(Account)).all()) == 10


@promise(
    "pooling.server-connections-bounded",
    "However many Sessions are opened, fail, stream and close, the server sees no more than one.",
    docs=RESET,
    needs=("connection_list",),
)
def test_server_connections_bounded(db: Database) -> None:
    db.given(*(Account(id=number, owner=f"owner {number}") for number in range(1, 11)))
    before = set(db.connections)
    engine = db.new_engine(pool_size=1, max_overflow=0, pool_timeout=0.1)

    def use(kind: Any) -> int:
        kind(engine)
        return len(set(db.connections) - before)

    seen = {use(kind) for kind in (syntax_error, failed_flush, abandoned_stream, exception) * 4}

    with Session(engine) as session:
        session.connection()
        assert db.checked_out == 1
    assert seen == {1}
