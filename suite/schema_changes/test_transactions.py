"""DDL inside a transaction: what it commits, and what a rollback undoes of it."""

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, TextClause, inspect, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.schema import CreateTable

from session_conformance import Account, Database, facts_of, question

TRANSACTIONS = "dialects/sqlite.html#sqlite-transactions"
METADATA = "core/metadata.html#creating-and-dropping-database-tables"


class Fair(DeclarativeBase):
    """The registry of this file's table, which only its cases make."""


class Ticket(Fair):
    """A table that is made in the midst of a transaction."""

    __tablename__ = "schema_transaction"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    holder: Mapped[str] = mapped_column(String(20))


@question(
    "schema-changes.ddl-rolled-back",
    "A Session makes a table and rolls back: is the table undone?",
    answers={
        "undone": "Yes, as a row would be.",
        "stays": "No, it stays, and nothing says so.",
    },
    docs=TRANSACTIONS,
)
@pytest.mark.parametrize("before", ["nothing", "a-row"])
def test_ddl_rolled_back(db: Database, before: str) -> None:
    with db.session() as session:
        if before == "a-row":
            session.add(Account(id=1, owner="Ann"))
            session.flush()
        Fair.metadata.create_all(session.connection())
        session.rollback()
        found = inspect(session.connection()).has_table("schema_transaction")

        Fair.metadata.drop_all(session.connection())
        session.commit()

    db.answer("stays" if found else "undone")


@question(
    "schema-changes.ddl-commits-earlier-dml",
    "A Session flushes a row, makes a table and rolls back: what becomes of the row?",
    answers={
        "undone": "It is undone, and nobody else ever saw it.",
        "stored": "It stays: the DDL has committed it, so others saw it before the rollback.",
    },
    docs=TRANSACTIONS,
    needs=("second_connection",),
)
def test_ddl_commits_earlier_dml(db: Database) -> None:
    with db.session() as session:
        session.add(Account(id=1, owner="Ann"))
        session.flush()
        Fair.metadata.create_all(session.connection())
        db.tell(seen_by_others=bool(db.stored(Account)))
        session.rollback()
        stored = bool(db.stored(Account))

        Fair.metadata.drop_all(session.connection())
        session.commit()

    db.answer("stored" if stored else "undone")


@question(
    "schema-changes.temporary-table-rolled-back",
    "A Session flushes a row, makes a temporary table and rolls back: what is undone?",
    answers={
        "both": "The row and the table.",
        "row": "The row; the table stays with the connection.",
        "table": "The table; the row stays.",
        "nothing": "Nothing: making the table has committed the row.",
    },
    docs="API Table prefixes",
    needs=("temp_tables", "second_connection"),
)
def test_temporary_table_rolled_back(db: Database) -> None:
    number = Column("number", Integer, primary_key=True, autoincrement=False)
    table = Table("schema_shelf", MetaData(), number, prefixes=["TEMPORARY"])
    engine = db.new_engine(pool_size=1, max_overflow=0)
    undone = set()

    with Session(engine) as session:
        session.add(Account(id=1, owner="Ann"))
        session.flush()
        table.create(session.connection(), checkfirst=False)
        session.rollback()
        if not db.stored(Account):
            undone.add("row")
        try:
            session.scalars(select(table.c.number)).all()
            table.drop(session.connection(), checkfirst=False)
            session.commit()
        except DBAPIError as error:
            undone.add("table")
            db.tell(**facts_of(error))

    db.answer("both" if len(undone) > 1 else "".join(undone) or "nothing")


@question(
    "schema-changes.ddl-before-dml",
    "A Session makes a table, then flushes a row of another, and rolls back: what is undone?",
    answers={
        "both": "The table and the row.",
        "row": "The row; the table stays.",
        "nothing": "Nothing.",
    },
    docs=TRANSACTIONS,
    needs=("second_connection",),
)
def test_ddl_before_dml(db: Database) -> None:
    with db.session() as session:
        Fair.metadata.create_all(session.connection())
        session.add(Account(id=1, owner="Ann"))
        session.flush()
        session.rollback()
        table = inspect(session.connection()).has_table("schema_transaction")
        row = bool(db.stored(Account))

        Fair.metadata.drop_all(session.connection())
        session.commit()

    db.answer({(False, False): "both", (True, False): "row", (True, True): "nothing"}[table, row])


def works(session: Session, statement: TextClause) -> bool:
    """Tell whether the statement works after a row was written."""
    session.add(Account(owner="Ann"))
    session.flush()
    try:
        session.execute(statement)
    except DBAPIError:
        return False
    return True


@question(
    "schema-changes.autocommit-only-ddl",
    "A statement that transactions forbid is sent after a row was written: where does it work?",
    answers={
        "only-under-autocommit": "In a Session under AUTOCOMMIT only.",
        "in-both": "There, and in an ordinary Session too.",
        "in-neither": "Nowhere: under AUTOCOMMIT it is refused too.",
        "only-in-a-transaction": "In an ordinary Session only.",
    },
    docs="core/connections.html#understanding-the-dbapi-level-autocommit-isolation-level",
    needs=("autocommit",),
)
def test_autocommit_only_ddl(db: Database) -> None:
    statement = db.statement_without_transaction()

    with db.session() as session:
        in_transaction = works(session, statement)
        session.rollback()
    with Session(db.new_engine(isolation_level="AUTOCOMMIT")) as session:
        under_autocommit = works(session, statement)

    if under_autocommit:
        db.answer("in-both" if in_transaction else "only-under-autocommit")
    else:
        db.answer("only-in-a-transaction" if in_transaction else "in-neither")


@question(
    "schema-changes.ddl-with-pending-object",
    "An object is added and not flushed, a table is made, and rollback() follows: is it stored?",
    answers={
        "not-stored": "No.",
        "stored": "Yes: it was flushed before the DDL, which committed it.",
    },
    docs="orm/session_basics.html#flushing",
    needs=("second_connection",),
)
@pytest.mark.parametrize("way", ["on-the-connection", "by-the-session"])
def test_ddl_with_pending_object(db: Database, way: str) -> None:
    """Since SQLAlchemy 2.1 a Session flushes before whatever it executes."""
    table = Fair.metadata.tables["schema_transaction"]

    with db.session() as session:
        account = Account(id=1, owner="Ann")
        session.add(account)
        if way == "by-the-session":
            session.execute(CreateTable(table))
        else:
            table.create(session.connection())
        db.tell(pending=inspect(account).pending)
        session.rollback()
        stored = bool(db.stored(Account))

        Fair.metadata.drop_all(session.connection())
        session.commit()

    db.answer("stored" if stored else "not-stored")
