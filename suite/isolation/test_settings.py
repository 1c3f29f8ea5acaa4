"""Which levels there are, which one is the default, and options that a dialect may have."""

import pytest
from sqlalchemy import select
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.orm import Session

from session_conformance import Account, Database, Entry, facts_of, question

LEVELS = ("READ UNCOMMITTED", "READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE")
DBAPI = "core/connections.html#setting-transaction-isolation-levels-including-dbapi-autocommit"


@question(
    "isolation.default-level",
    "At which isolation level does a Session work that asks for none?",
    answers={
        "read-uncommitted": "READ UNCOMMITTED.",
        "read-committed": "READ COMMITTED.",
        "repeatable-read": "REPEATABLE READ.",
        "snapshot": "SNAPSHOT.",
        "serializable": "SERIALIZABLE.",
        "no-levels": "Neither the dialect nor the database tells of levels.",
    },
    docs="API Connection.default_isolation_level",
)
def test_default_level(db: Database) -> None:
    with db.session() as session:
        session.scalars(select(Account)).all()
        try:
            level: str = session.connection().get_isolation_level()
        except (NotImplementedError, DBAPIError):
            level = "no levels"

    db.answer(level.lower().replace(" ", "-"))


@question(
    "isolation.level-list-per-driver",
    "create_engine() is asked for an isolation level: does the connection report it?",
    answers={
        "reported": "Yes.",
        "another-reported": "No: it reports another one.",
        "refused": "No: the dialect has no such level, and raises ArgumentError.",
        "not-settable": "No: neither the dialect nor the driver can set one.",
    },
    docs=DBAPI,
)
@pytest.mark.parametrize("level", LEVELS)
def test_level_list(db: Database, level: str) -> None:
    """AUTOCOMMIT, which is a mode and no level, is the capability of that name."""
    db.given(Account(id=1, owner="Ann"))

    with db.session() as session:
        try:
            session.connection(execution_options={"isolation_level": level})
            reported = session.connection().get_isolation_level()
            answer = "reported" if reported == level else "another-reported"
            db.tell(reported=reported)
        except ArgumentError:
            answer = "refused"
        except (NotImplementedError, AttributeError):
            answer = "not-settable"
        session.rollback()
        session.scalars(select(Account)).all()

    db.answer(answer)


@question(
    "isolation.autocommit-failed-flush",
    "Under AUTOCOMMIT the database refuses one row of a flush: which rows are stored?",
    answers={
        "none": "None.",
        "those-before": "Those that were sent before the one that is refused.",
        "all-others": "All but the one that is refused.",
    },
    docs="orm/session_basics.html#flushing",
    needs=("autocommit",),
)
@pytest.mark.parametrize("tables", ["one-table", "two-tables"])
def test_autocommit_failed_flush(db: Database, tables: str) -> None:
    """Rows of one table can travel in one statement; those of two tables cannot."""
    db.given(Account(id=1, owner="Ann"))
    engine = db.new_engine(isolation_level="AUTOCOMMIT")

    with Session(engine) as session, pytest.raises(DBAPIError):
        session.add(Account(id=2, owner="Bob"))
        if tables == "one-table":
            session.add_all([Account(id=3, owner="Ann"), Account(id=4, owner="Dora")])
        else:
            session.add(Entry(id=1, account_id=2, amount=None))
        session.flush()

    stored = tuple(account.id for account in db.stored(Account))
    db.answer({(1,): "none", (1, 2): "those-before", (1, 2, 4): "all-others"}[stored])


@question(
    "isolation.read-only-option",
    "A Session writes under the execution option DIALECT_readonly: is it refused?",
    answers={
        "refused": "Yes, and the next transaction on the connection can write.",
        "refused-for-good": "Yes, and so is the next transaction on the connection.",
        "stored": "No, the row is stored: the dialect has no such option, and ignores it.",
    },
    docs="dialects/postgresql.html#setting-read-only-deferrable",
)
def test_read_only_option(db: Database) -> None:
    """The option's name begins with that of the dialect."""
    engine = db.new_engine(pool_size=1, max_overflow=0)
    option = f"{engine.dialect.name}_readonly"
    refused = []

    with Session(engine) as session:
        for key, options in ((1, {option: True}), (2, {})):
            try:
                session.connection(execution_options=options)
                session.add(Account(id=key, owner=f"owner {key}"))
                session.commit()
            except DBAPIError as error:
                refused.append(key)
                db.tell(**facts_of(error))
                session.rollback()

    db.answer(["stored", "refused", "refused-for-good"][len(refused)])
