"""Levels, locks, streams and limits, tried at the start of a run."""

from contextlib import suppress

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, aliased

from session_conformance import Account, Database, Entry, promise


@promise(
    "capabilities.connection-list",
    "The server lists the number that a connection knows itself by, as long as it is there.",
    docs="core/connections.html#engine-disposal",
    probes="connection_list",
)
def test_connection_list(db: Database) -> None:
    engine = db.new_engine()

    with Session(engine) as session:
        session.scalars(select(Account)).all()
        number = db.connection_id(session)

        assert number in db.connections

    engine.dispose()
    db.until_gone(number)

    assert number not in db.connections


@promise(
    "capabilities.isolation-levels",
    "A second read sees others' change at READ COMMITTED, and none at REPEATABLE READ.",
    docs="orm/session_transaction.html#setting-transaction-isolation-levels-dbapi-autocommit",
    probes="isolation_levels",
)
def test_isolation_levels(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))
    engine = db.new_engine()
    balance = select(Account.balance)

    with (
        Session(engine.execution_options(isolation_level="READ COMMITTED")) as moving,
        Session(engine.execution_options(isolation_level="REPEATABLE READ")) as still,
    ):
        before = (moving.scalar(balance), still.scalar(balance))
        with db.elsewhere() as other:
            other.get_one(Account, 1).balance = 200
        after = (moving.scalar(balance), still.scalar(balance))

    assert (before, after) == ((100, 100), (200, 100))


@promise(
    "capabilities.autocommit",
    "With isolation_level=AUTOCOMMIT a flushed row is there for others before any commit().",
    docs="core/connections.html#dbapi-autocommit-understanding",
    probes="autocommit",
)
def test_autocommit(db: Database) -> None:
    engine = db.new_engine(isolation_level="AUTOCOMMIT")

    with Session(engine) as session:
        session.add(Account(id=1, owner="Ann"))
        session.flush()

        assert [account.owner for account in db.stored(Account)] == ["Ann"]


@promise(
    "capabilities.select-for-update",
    "with_for_update() locks the row that is read, and leaves the next row free.",
    docs="API Select.with_for_update",
    probes="select_for_update",
)
def test_select_for_update(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"), Account(id=2, owner="Bob"))

    with db.session() as session:
        session.scalars(select(Account).where(Account.id == 1).with_for_update()).all()

        assert db.locked(Account, 1)
        assert not db.locked(Account, 2)


@promise(
    "capabilities.server-side-cursor",
    "Of a streamed result whose last row fails the first row is there before it does.",
    docs="orm/queryguide/api.html#fetching-large-result-sets-with-yield-per",
    probes="server_side_cursor",
)
def test_server_side_cursor(db: Database) -> None:
    db.given(Account(id=118, owner="Ann"), Account(id=119, owner="Bob"))
    db.given(*(Entry(id=number, amount=0) for number in range(1, 61)))
    left, right = aliased(Entry), aliased(Entry)
    # Two rows where one is wanted, when both numbers are 60: the last row of all.
    one = select(Account.id).where(Account.id < left.id + right.id).scalar_subquery()
    # A join of all with all is what is meant here.
    engine = db.new_engine(enable_from_linting=False)

    with Session(engine) as session:
        rows = session.execute(select(left.id, right.id, one), execution_options={"yield_per": 10})

        first = rows.fetchone()
        # Whether what fails later is raised, and how, is a case of its own.
        with suppress(Exception):
            rows.all()

        assert first is not None


@promise(
    "capabilities.statement-timeout",
    "A statement that takes longer than the server allows ends in an error.",
    docs="errors.html#error-e3q8",
    probes="statement_timeout",
)
def test_statement_timeout(db: Database) -> None:
    db.given(*(Entry(id=number, amount=0) for number in range(1, 31)))
    engine = db.new_engine(enable_from_linting=False)
    many = [aliased(Entry) for _ in range(5)]

    with Session(engine) as session:
        db.limit_time(session, 0.05)

        with pytest.raises(DBAPIError) as raised:
            session.scalar(select(func.sum(sum(entry.amount for entry in many))))

        assert raised.value.orig is not None


@promise(
    "capabilities.idle-timeout",
    "The server closes a connection that nobody has used for a while.",
    docs="dialects/mysql.html#connection-timeouts-and-disconnects",
    probes="idle_timeout",
)
def test_idle_timeout(db: Database) -> None:
    """Takes a second where the server counts in whole ones."""
    engine = db.new_engine()

    with Session(engine) as session:
        session.scalars(select(Account)).all()
        db.limit_idle(session)
        number = db.connection_id(session)
        session.commit()
        db.until_gone(number)

        with pytest.raises(DBAPIError):
            session.scalars(select(Account)).all()
        session.invalidate()

        assert db.connection_id(session) != number
