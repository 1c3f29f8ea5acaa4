"""Tables that come while a Session has its transaction open."""

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, insert, inspect, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from session_conformance import Database, promise


class Fair(DeclarativeBase):
    """The registry of this file's table, which only its cases make."""


class Ticket(Fair):
    """A row of the table that comes late."""

    __tablename__ = "schema_ticket"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    holder: Mapped[str] = mapped_column(String(20))


@promise(
    "schema-changes.create-all-in-session",
    "Tables that create_all() makes on the Session's connection can be used by it at once.",
    docs="API MetaData.create_all",
)
def test_create_all_in_session(db: Database) -> None:
    with db.session() as session:
        Fair.metadata.create_all(session.connection())
        session.add(Ticket(id=1, holder="Ann"))
        session.flush()
        session.expire_all()

        found = session.scalars(select(Ticket.holder)).all()

        session.commit()
        Fair.metadata.drop_all(session.connection())
        session.commit()
    assert found == ["Ann"]


@promise(
    "schema-changes.ddl-then-commit",
    "A table made in a Session is there for other connections once commit() has returned.",
    docs="API Session.commit",
    needs=("second_connection",),
)
def test_ddl_then_commit(db: Database) -> None:
    with db.session() as session:
        Fair.metadata.create_all(session.connection())
        session.commit()
        session.add(Ticket(id=1, holder="Ann"))
        session.commit()

        seen = db.stored(Ticket)

        Fair.metadata.drop_all(session.connection())
        session.commit()
    assert [(ticket.id, ticket.holder) for ticket in seen] == [(1, "Ann")]


@promise(
    "schema-changes.temp-table-in-session",
    "A temporary table made in a Session serves its transaction; no other connection has it.",
    docs="API Table prefixes",
    needs=("temp_tables", "second_connection"),
)
def test_temp_table_in_session(db: Database) -> None:
    number = Column("number", Integer, primary_key=True, autoincrement=False)
    table = Table("schema_basket", MetaData(), number, prefixes=["TEMPORARY"])

    with db.session() as session, db.session() as other:
        table.create(session.connection(), checkfirst=False)
        session.execute(insert(table), [{"number": 1}, {"number": 2}])
        found = session.scalars(select(table.c.number).order_by(table.c.number)).all()
        with pytest.raises(DBAPIError):
            other.scalars(select(table.c.number))

        table.drop(session.connection(), checkfirst=False)
        session.commit()
    assert found == [1, 2]


@promise(
    "schema-changes.reflection-in-session",
    "inspect() of the Session's connection sees a table made earlier in the transaction.",
    docs="core/reflection.html#fine-grained-reflection-with-inspector",
)
def test_reflection_in_session(db: Database) -> None:
    with db.session() as session:
        assert not inspect(session.connection()).has_table("schema_ticket")

        Fair.metadata.create_all(session.connection())
        inspector = inspect(session.connection())
        found = inspector.has_table("schema_ticket")
        columns = [column["name"] for column in inspector.get_columns("schema_ticket")]

        Fair.metadata.drop_all(session.connection())
        session.commit()
    assert (found, columns) == (True, ["id", "holder"])
