"""Isolation levels: that one is in force shows in what a second read sees of others' changes."""

from collections.abc import Callable

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import ArgumentError, DBAPIError, InvalidRequestError, SAWarning
from sqlalchemy.orm import Session

from session_conformance import Account, Database, promise

TRANSACTION = "orm/session_transaction.html#setting-isolation-for-individual-transactions"
MULTIPLE = "core/connections.html#understanding-the-dbapi-level-autocommit-isolation-level"
ENGINE = "core/connections.html#setting-isolation-level-or-dbapi-autocommit-for-an-engine"
BALANCE = select(Account.balance)
# What a second read gives of 100 that somebody else has made 200 meanwhile.
SEEN = [("READ COMMITTED", 200), ("REPEATABLE READ", 100)]
NAMES = ["read-committed", "repeatable-read"]
LEVELS = ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"]
levels = pytest.mark.parametrize(("level", "second"), SEEN, ids=NAMES)


def change(db: Database) -> None:
    with db.elsewhere() as other:
        other.get_one(Account, 1).balance = 200


@promise(
    "isolation.engine-wide-level-stays",
    "A level given to create_engine() holds for each transaction of a connection, not the first.",
    docs=ENGINE,
    needs=("isolation_levels",),
)
@levels
def test_engine_wide_level_stays(db: Database, level: str, second: int) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))
    engine = db.new_engine(isolation_level=level, pool_size=1, max_overflow=0)

    with Session(engine) as session:
        session.scalar(BALANCE)
        session.rollback()
    with Session(engine) as session:
        session.scalar(BALANCE)
        session.commit()
        assert session.scalar(BALANCE) == 100
        change(db)
        assert session.scalar(BALANCE) == second


@promise(
    "isolation.each-level-takes-effect",
    "A level given to create_engine() is the one that the server reports for the transaction.",
    docs=ENGINE,
    needs=("isolation_levels",),
)
@pytest.mark.parametrize("level", LEVELS)
def test_each_level_takes_effect(db: Database, level: str) -> None:
    engine = db.new_engine(isolation_level=level)

    with Session(engine) as session:
        session.scalars(select(Account)).all()

        assert session.connection().get_isolation_level() == level
        assert db.isolation_level(session) == level


@promise(
    "isolation.default-level-known",
    "default_isolation_level is what the server reports of a fresh connection, known without SQL.",
    docs="API Connection.default_isolation_level",
    needs=("isolation_levels",),
)
def test_default_level_known(db: Database) -> None:
    with db.session() as session:
        connection = session.connection()
        with db.watch() as sql:
            default = connection.default_isolation_level
        session.scalars(select(Account)).all()

        assert sql.verbs == []
        assert default == db.isolation_level(session)


@promise(
    "isolation.per-transaction-level",
    "connection() with an isolation_level option sets the level of the Session's transaction.",
    docs=TRANSACTION,
    needs=("isolation_levels",),
)
@levels
def test_per_transaction_level(db: Database, level: str, second: int) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session() as session:
        session.connection(execution_options={"isolation_level": level})

        assert session.scalar(BALANCE) == 100
        change(db)
        assert session.scalar(BALANCE) == second


def commit(session: Session) -> None:
    session.commit()


def rollback(session: Session) -> None:
    session.rollback()


def close(session: Session) -> None:
    session.close()


def fail(session: Session) -> None:
    with pytest.raises(DBAPIError):
        session.execute(text("SELEKT 1"))
    session.rollback()


@promise(
    "isolation.restored-after-rollback-and-close",
    "However a transaction with a level of its own ends, the next one has the default level.",
    docs=TRANSACTION,
    needs=("isolation_levels",),
)
@pytest.mark.parametrize("end", [commit, rollback, close, fail])
@pytest.mark.parametrize("level", LEVELS)
def test_restored_after_end(db: Database, level: str, end: Callable[[Session], None]) -> None:
    engine = db.new_engine(pool_size=1, max_overflow=0)

    with Session(engine) as session:
        default = db.isolation_level(session)
        session.commit()

        session.connection(execution_options={"isolation_level": level})
        session.scalars(select(Account)).all()
        assert db.isolation_level(session) == level
        end(session)

        session.scalars(select(Account)).all()
        assert db.isolation_level(session) == default


@promise(
    "isolation.sub-engine-shares-pool",
    "engine.execution_options(isolation_level=…) shares the pool, and not its level.",
    docs="core/connections.html#maintaining-multiple-isolation-levels-for-a-single-engine",
    needs=("isolation_levels",),
)
@pytest.mark.parametrize("level", LEVELS)
def test_sub_engine_shares_pool(db: Database, level: str) -> None:
    engine = db.new_engine(pool_size=1, max_overflow=0)
    sub_engine = engine.execution_options(isolation_level=level)

    with Session(engine) as session:
        session.scalars(select(Account)).all()
        default = db.isolation_level(session)
        number = db.connection_id(session)
    with Session(sub_engine) as session:
        session.scalars(select(Account)).all()
        assert db.isolation_level(session) == level
        assert db.connection_id(session) == number
    with Session(engine) as session:
        session.scalars(select(Account)).all()
        assert db.isolation_level(session) == default
        assert db.connection_id(session) == number


@promise(
    "isolation.names-normalised",
    "A level may be written in lower case, with underscores.",
    docs="API Connection.execution_options",
    needs=("isolation_levels",),
)
@levels
def test_names_normalised(db: Database, level: str, second: int) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))
    name = level.lower().replace(" ", "_")

    with db.session() as session:
        session.connection(execution_options={"isolation_level": name})

        assert session.scalar(BALANCE) == 100
        change(db)
        assert session.scalar(BALANCE) == second


@promise(
    "isolation.own-writes-visible",
    "At every level a Session reads what it has flushed and not committed.",
    docs="orm/session_basics.html#flushing",
    needs=("isolation_levels",),
)
@pytest.mark.parametrize("level", LEVELS)
def test_own_writes_visible(db: Database, level: str) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session() as session:
        session.connection(execution_options={"isolation_level": level})
        session.get_one(Account, 1).balance = 50
        session.add(Account(id=2, owner="Bob", balance=7))
        session.flush()

        assert session.scalars(BALANCE.order_by(Account.id)).all() == [50, 7]
        assert [account.balance for account in db.stored(Account)] == [100]


@promise(
    "isolation.unknown-level-refused",
    "A level that there is not raises ArgumentError, which lists those that there are.",
    docs="core/connections.html#setting-transaction-isolation-levels-including-dbapi-autocommit",
    needs=("isolation_levels",),
)
def test_unknown_level_refused(db: Database) -> None:
    with pytest.raises(ArgumentError, match="READ COMMITTED"):
        db.new_engine(isolation_level="SPLENDID")

    with db.session() as session:
        with pytest.raises(ArgumentError, match="READ COMMITTED"):
            session.connection(execution_options={"isolation_level": "SPLENDID"})
        session.rollback()

        assert session.scalars(select(Account)).all() == []


@promise(
    "isolation.statement-level-refused",
    "A single statement takes no isolation_level: ArgumentError.",
    docs="core/connections.html#setting-transaction-isolation-levels-including-dbapi-autocommit",
)
def test_statement_level_refused(db: Database) -> None:
    with pytest.raises(ArgumentError, match="isolation_level"):
        select(Account).execution_options(isolation_level="SERIALIZABLE")

    with db.session() as session:
        assert session.scalars(select(Account)).all() == []


@promise(
    "isolation.mid-transaction-refused",
    "A Connection whose transaction has begun refuses another level, and keeps the one it has.",
    docs="API Connection.execution_options",
    needs=("isolation_levels",),
)
def test_mid_transaction_refused(db: Database) -> None:
    with db.session() as session:
        session.scalars(select(Account)).all()
        level = db.isolation_level(session)

        with pytest.raises(InvalidRequestError, match="already initialized"):
            session.connection().execution_options(isolation_level="SERIALIZABLE")

        assert db.isolation_level(session) == level


@promise(
    "isolation.late-session-option-warns",
    "connection() with a level warns where the Session has its connection, and changes nothing.",
    docs="API Session.connection",
    needs=("isolation_levels",),
)
def test_late_session_option_warns(db: Database) -> None:
    with db.session() as session:
        session.scalars(select(Account)).all()
        level = db.isolation_level(session)

        with pytest.warns(SAWarning, match="already established"):
            session.connection(execution_options={"isolation_level": "SERIALIZABLE"})

        assert db.isolation_level(session) == level


@promise(
    "isolation.reset-by-invalidate",
    "A level set on a Connection goes with its driver connection when that is invalidated.",
    docs="API Connection.execution_options",
    needs=("isolation_levels",),
)
def test_reset_by_invalidate(db: Database) -> None:
    with db.engine.connect() as connection:
        default = connection.default_isolation_level
        connection.execution_options(isolation_level="SERIALIZABLE")
        with Session(connection) as session:
            session.scalars(select(Account)).all()
            assert db.isolation_level(session) == "SERIALIZABLE"
        connection.invalidate()
        connection.rollback()

        with Session(connection) as session:
            session.scalars(select(Account)).all()
            assert db.isolation_level(session) == default
