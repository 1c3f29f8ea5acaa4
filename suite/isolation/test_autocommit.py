"""AUTOCOMMIT: the driver commits each statement, and the Session goes on as if it did not."""

from typing import Any

import pytest
from sqlalchemy import inspect, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from session_conformance import Account, Database, promise

UNDERSTANDING = "core/connections.html#understanding-the-dbapi-level-autocommit-isolation-level"
ENGINE_WIDE = "orm/session_transaction.html#setting-isolation-for-a-sessionmaker-engine-wide"
SEVERAL = "core/connections.html#maintaining-multiple-isolation-levels-for-a-single-engine"


@promise(
    "isolation.autocommit-stores-at-once",
    "Under AUTOCOMMIT each flushed row, and each change of one, is there for others at once.",
    docs=UNDERSTANDING,
    needs=("autocommit", "second_connection"),
)
def test_autocommit_stores_at_once(db: Database) -> None:
    engine = db.new_engine(isolation_level="AUTOCOMMIT")

    with Session(engine) as session:
        account = Account(id=1, owner="Ann", balance=100)
        session.add(account)
        session.flush()
        assert [found.balance for found in db.stored(Account)] == [100]

        account.balance = 7
        session.flush()
        assert [found.balance for found in db.stored(Account)] == [7]


@promise(
    "isolation.autocommit-ignores-rollback",
    "Under AUTOCOMMIT rollback() raises nothing and undoes nothing, and commit() raises nothing.",
    docs=ENGINE_WIDE,
    needs=("autocommit",),
)
def test_autocommit_ignores_rollback(db: Database) -> None:
    engine = db.new_engine(isolation_level="AUTOCOMMIT", pool_size=1, max_overflow=0)

    with Session(engine) as session:
        session.add(Account(id=1, owner="Ann"))
        session.flush()
        session.rollback()
        assert [account.owner for account in db.stored(Account)] == ["Ann"]

        session.add(Account(id=2, owner="Bob"))
        session.commit()
        session.add(Account(id=3, owner="Cleo"))
        session.flush()

    assert [account.owner for account in db.stored(Account)] == ["Ann", "Bob", "Cleo"]


@promise(
    "isolation.autocommit-keeps-session-rules",
    "Under AUTOCOMMIT begin(), expiry and the states of objects are those of any Session.",
    docs=ENGINE_WIDE,
    needs=("autocommit",),
)
def test_autocommit_keeps_session_rules(db: Database) -> None:
    engine = db.new_engine(isolation_level="AUTOCOMMIT")

    with Session(engine) as session:
        account = Account(id=1, owner="Ann", balance=100)
        with session.begin():
            session.add(account)
            assert inspect(account).pending
        assert db.loaded(account) == set()
        assert inspect(account).persistent

        bob = Account(id=2, owner="Bob")
        session.add(bob)
        session.flush()
        session.rollback()

        assert inspect(bob).transient
        assert session.scalars(select(Account.owner).order_by(Account.id)).all() == ["Ann", "Bob"]


@promise(
    "isolation.autocommit-not-sticky",
    "A connection used under AUTOCOMMIT has transactions again for the next Session without it.",
    docs=SEVERAL,
    needs=("autocommit", "second_connection"),
)
def test_autocommit_is_not_sticky(db: Database) -> None:
    engine = db.new_engine(pool_size=1, max_overflow=0)

    with Session(engine.execution_options(isolation_level="AUTOCOMMIT")) as session:
        session.add(Account(id=1, owner="Ann"))
        session.flush()
        used = session.connection().connection.dbapi_connection
    with Session(engine) as session:
        assert session.connection().connection.dbapi_connection is used
        session.add(Account(id=2, owner="Bob"))
        session.flush()
        assert [account.owner for account in db.stored(Account)] == ["Ann"]
        session.rollback()

    assert [account.owner for account in db.stored(Account)] == ["Ann"]


@promise(
    "isolation.autocommit-reported-level",
    "Under AUTOCOMMIT get_isolation_level() reports the level that the server has.",
    docs="API Connection.get_isolation_level",
    needs=("autocommit", "isolation_levels"),
)
def test_autocommit_reported_level(db: Database) -> None:
    engine = db.new_engine(isolation_level="AUTOCOMMIT")

    with Session(engine) as session:
        session.scalars(select(Account)).all()
        level = session.connection().get_isolation_level()

        assert level == db.isolation_level(session)


@promise(
    "isolation.autocommit-detected-without-network",
    "skip_autocommit_rollback tells AUTOCOMMIT from a transaction, which it still rolls back.",
    docs="core/connections.html#dbapi-autocommit-skip-rollback",
    needs=("autocommit",),
)
def test_autocommit_is_detected(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))
    engine = db.new_engine(pool_size=1, max_overflow=0, skip_autocommit_rollback=True)
    told: list[bool] = []
    detect: Any = engine.dialect.detect_autocommit_setting

    with Session(engine.execution_options(isolation_level="AUTOCOMMIT")) as session:
        session.scalars(select(Account)).all()
        lent = session.connection().connection.dbapi_connection
        told.append(detect(lent))
    raw = engine.raw_connection()
    told.append(detect(raw.dbapi_connection))
    cursor = raw.cursor()
    cursor.execute("UPDATE account SET balance = 0")
    cursor.close()
    raw.close()

    assert told == [True, False]
    assert not db.locked(Account, 1)
    assert [account.balance for account in db.stored(Account)] == [100]


@promise(
    "isolation.error-under-autocommit",
    "Under AUTOCOMMIT a failed statement spoils nothing: the next one works without rollback().",
    docs=UNDERSTANDING,
    needs=("autocommit",),
)
def test_error_under_autocommit(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"))
    engine = db.new_engine(isolation_level="AUTOCOMMIT")

    with Session(engine) as session:
        with pytest.raises(DBAPIError):
            session.execute(text("SELEKT 1"))

        assert session.scalars(select(Account.owner)).all() == ["Ann"]
