"""What a backend's INSERT, UPDATE and DELETE can do, tried at the start of a run."""

from sqlalchemy import Computed, Integer, Sequence, String, delete, insert, update
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from session_conformance import Account, Database, promise


class Workshop(DeclarativeBase):
    """The registry of this file's tables."""


class Tool(Workshop):
    """A row that a trigger changes."""

    __tablename__ = "tool"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(20))
    changes: Mapped[int] = mapped_column(default=0)


class ToolLog(Workshop):
    """A row that a trigger writes."""

    __tablename__ = "tool_log"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(20))


class Crate(Workshop):
    """A row with a value that the server computes."""

    __tablename__ = "crate"

    id: Mapped[int] = mapped_column(primary_key=True)
    height: Mapped[int]
    twice: Mapped[int] = mapped_column(Computed("height * 2", persisted=True))


class Ticket(Workshop):
    """A row with a number from a counter of its own."""

    __tablename__ = "ticket"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(Integer, Sequence("ticket_number", start=40))


@promise(
    "capabilities.insert-returning-many",
    "INSERT … RETURNING gives back the keys of many rows at once, in the order they were given.",
    docs="orm/queryguide/dml.html#orm-queryguide-bulk-insert-returning",
    probes="insert_returning_many",
)
def test_insert_returning_many(db: Database) -> None:
    statement = insert(Account).returning(Account.id, sort_by_parameter_order=True)

    with db.session() as session:
        keys = session.scalars(statement, [{"owner": "Ann"}, {"owner": "Bob"}]).all()
        session.commit()

    assert [(keys.index(row.id), row.owner) for row in db.stored(Account)] == [
        (0, "Ann"),
        (1, "Bob"),
    ]


@promise(
    "capabilities.update-returning",
    "UPDATE … RETURNING gives back the rows that it changed.",
    docs="orm/queryguide/dml.html#orm-queryguide-update-delete-where-returning",
    probes="update_returning",
)
def test_update_returning(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=1), Account(id=2, owner="Bob", balance=2))
    statement = update(Account).where(Account.id == 2).values(balance=20).returning(Account.balance)

    with db.session() as session:
        assert session.scalars(statement).all() == [20]


@promise(
    "capabilities.delete-returning",
    "DELETE … RETURNING gives back the rows that it removed.",
    docs="orm/queryguide/dml.html#orm-queryguide-update-delete-where-returning",
    probes="delete_returning",
)
def test_delete_returning(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=1), Account(id=2, owner="Bob", balance=2))
    statement = delete(Account).where(Account.id == 2).returning(Account.owner)

    with db.session() as session:
        assert session.scalars(statement).all() == ["Bob"]


@promise(
    "capabilities.upsert",
    "The dialect's own INSERT updates the row that is there and adds the one that is not.",
    docs="orm/queryguide/dml.html#orm-queryguide-upsert",
    probes="upsert",
)
def test_upsert(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=1))
    rows = [{"id": 1, "owner": "Ann", "balance": 10}, {"id": 2, "owner": "Bob", "balance": 20}]

    with db.session() as session:
        session.execute(db.upsert(Account, "balance"), rows)
        session.commit()

    assert [(row.owner, row.balance) for row in db.stored(Account)] == [("Ann", 10), ("Bob", 20)]


@promise(
    "capabilities.triggers",
    "A trigger writes a row of another table at each INSERT, and another counts the UPDATEs.",
    docs="orm/persistence_techniques.html#orm-server-defaults",
    probes="triggers",
)
def test_triggers(db: Database) -> None:
    db.create(Tool, ToolLog)
    db.log_inserts(Tool, ToolLog, "name")
    db.count_updates(Tool, "changes")

    with db.session() as session:
        session.add(Tool(id=1, name="saw"))
        session.flush()
        session.execute(update(Tool).values(name="axe"))
        session.commit()

    assert [row.name for row in db.stored(ToolLog)] == ["saw"]
    assert [(row.name, row.changes) for row in db.stored(Tool)] == [("axe", 1)]


@promise(
    "capabilities.computed-columns",
    "A stored column is computed by the server from another one of its row.",
    docs="core/defaults.html#computed-ddl",
    probes="computed_columns",
)
def test_computed_columns(db: Database) -> None:
    db.create(Crate)

    with db.session() as session:
        session.add(Crate(id=1, height=21))
        session.commit()

    assert [row.twice for row in db.stored(Crate)] == [42]


@promise(
    "capabilities.sequences",
    "A sequence that CREATE SEQUENCE has made counts from where it was told to start.",
    docs="core/defaults.html#defining-sequences",
    probes="sequences",
)
def test_sequences(db: Database) -> None:
    db.create(Ticket)

    with db.session() as session:
        session.add(Ticket(id=1))
        session.flush()
        session.add(Ticket(id=2))
        session.commit()

    assert [row.number for row in db.stored(Ticket)] == [40, 41]
