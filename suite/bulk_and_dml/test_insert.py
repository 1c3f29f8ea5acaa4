"""What insert() of a class makes of a list of dictionaries."""

import pytest
from sqlalchemy import ForeignKey, String, event, func, insert, select, text
from sqlalchemy.exc import IntegrityError, InvalidRequestError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from session_conformance import Account, Base, Database, promise


class Works(DeclarativeBase):
    """The registry of this file's tables."""


class Job(Works):
    """A row with a default of the server and one of Python."""

    __tablename__ = "job"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str | None] = mapped_column(String(20))
    stage: Mapped[str | None] = mapped_column(String(10), server_default="open")
    weight: Mapped[int] = mapped_column(default=1)


class Tool(Works):
    """A row whose attributes are called otherwise than its columns."""

    __tablename__ = "tool"

    number: Mapped[int] = mapped_column("id", primary_key=True)
    label: Mapped[str] = mapped_column("title", String(20))


class Person(Works):
    """The base of a class that is stored in two tables."""

    __tablename__ = "person"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(20))


class Driver(Person):
    """A person with a second row in a table of its own."""

    __tablename__ = "driver"

    id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    licence: Mapped[int]


@promise(
    "bulk-and-dml.insert-list",
    "execute() of insert() with a list stores each of its rows and adds no object to the Session.",
    docs="orm/queryguide/dml.html#orm-queryguide-bulk-insert",
)
def test_insert_list(db: Database) -> None:
    rows = [{"id": 1, "owner": "Ann", "balance": 10}, {"id": 2, "owner": "Bob", "balance": 20}]

    attached: list[object] = []

    with db.session() as session:
        event.listen(session, "after_attach", lambda _session, found: attached.append(found))
        session.execute(insert(Account), rows)
        session.commit()

    assert attached == []

    assert [(row.owner, row.balance) for row in db.stored(Account)] == [("Ann", 10), ("Bob", 20)]


@promise(
    "bulk-and-dml.insert-mixed-keys",
    "Dictionaries with different keys in one bulk insert store their values, and defaults beside.",
    docs="orm/queryguide/dml.html#orm-queryguide-insert-heterogeneous-params",
)
def test_insert_mixed_keys(db: Database) -> None:
    db.create(Job)
    rows = [
        {"id": 1, "title": "first"},
        {"id": 2, "stage": "shut"},
        {"id": 3, "title": "third", "weight": 30},
        {"id": 4, "title": "fourth"},
    ]

    with db.session() as session:
        session.execute(insert(Job), rows)
        session.commit()

    stored = [(row.title, row.stage, row.weight) for row in db.stored(Job)]
    assert stored == [
        ("first", "open", 1),
        (None, "shut", 1),
        ("third", "open", 30),
        ("fourth", "open", 1),
    ]


@promise(
    "bulk-and-dml.insert-none-uses-default",
    "None in a bulk insert leaves its column out, so that the default of the server applies.",
    docs="orm/queryguide/dml.html#orm-queryguide-insert-null-params",
)
def test_insert_none_uses_default(db: Database) -> None:
    db.create(Job)

    with db.session() as session:
        session.execute(insert(Job), [{"id": 1, "stage": None}, {"id": 2, "stage": "shut"}])
        session.commit()

    assert [row.stage for row in db.stored(Job)] == ["open", "shut"]


@promise(
    "bulk-and-dml.insert-render-nulls",
    "With render_nulls=True None in a bulk insert is stored as NULL, whatever the default.",
    docs="orm/queryguide/dml.html#orm-queryguide-insert-null-params",
)
def test_insert_render_nulls(db: Database) -> None:
    db.create(Job)

    with db.session() as session, db.watch() as sql:
        session.execute(
            insert(Job).execution_options(render_nulls=True),
            [{"id": 1, "stage": None}, {"id": 2, "stage": "shut"}],
        )
        session.commit()

    assert [row.stage for row in db.stored(Job)] == [None, "shut"]
    assert sql.verbs == ["INSERT"]


@promise(
    "bulk-and-dml.insert-attribute-names",
    "A bulk insert goes by the names of mapped attributes where columns are called otherwise.",
    docs="orm/queryguide/dml.html#orm-queryguide-bulk-insert",
)
def test_insert_attribute_names(db: Database) -> None:
    db.create(Tool)

    with db.session() as session:
        session.execute(
            insert(Tool), [{"number": 1, "label": "saw"}, {"number": 2, "label": "axe"}]
        )
        session.commit()

    assert [(row.number, row.label) for row in db.stored(Tool)] == [(1, "saw"), (2, "axe")]


@promise(
    "bulk-and-dml.insert-fixed-expression",
    "values() with a function of SQL beside a list of parameters applies it to every row.",
    docs="orm/queryguide/dml.html#orm-queryguide-bulk-insert-w-sql",
)
def test_insert_fixed_expression(db: Database) -> None:
    statement = insert(Account).values(balance=func.length("four"))

    with db.session() as session:
        session.execute(statement, [{"id": 1, "owner": "Ann"}, {"id": 2, "owner": "Bob"}])
        session.commit()

    assert [(row.owner, row.balance) for row in db.stored(Account)] == [("Ann", 4), ("Bob", 4)]


@promise(
    "bulk-and-dml.insert-values-list",
    "values() of a list, with expressions of SQL that differ by row, is one statement.",
    docs="orm/queryguide/dml.html#orm-queryguide-insert-values",
)
def test_insert_values_list(db: Database) -> None:
    rows = [
        {"id": 1, "owner": func.upper("ann"), "balance": 5},
        {"id": 2, "owner": func.lower("BOB"), "balance": func.length("four")},
    ]

    with db.session() as session, db.watch() as sql:
        session.execute(insert(Account).values(rows))
        session.commit()

    assert sql.verbs == ["INSERT"]
    assert [(row.owner, row.balance) for row in db.stored(Account)] == [("ANN", 5), ("bob", 4)]


@promise(
    "bulk-and-dml.insert-from-select",
    "from_select() stores the rows that a SELECT finds, and nothing travels through the program.",
    docs="API Insert.from_select",
)
def test_insert_from_select(db: Database) -> None:
    db.create(Job)
    db.given(
        Account(id=1, owner="Ann", balance=10),
        Account(id=2, owner="Bob", balance=20),
        Account(id=3, owner="Cleo", balance=30),
    )
    rich = select(Account.id, Account.owner, Account.balance).where(Account.balance >= 20)

    with db.session() as session, db.watch() as sql:
        session.execute(insert(Job).from_select(["id", "title", "weight"], rich))
        session.commit()

    assert sql.verbs == ["INSERT"]
    assert [(row.title, row.weight) for row in db.stored(Job)] == [("Bob", 20), ("Cleo", 30)]


@promise(
    "bulk-and-dml.empty-parameter-list",
    "execute() of insert() with an empty list inserts one row, of defaults alone.",
    docs="orm/queryguide/dml.html#orm-queryguide-bulk-insert",
)
def test_empty_parameter_list(db: Database) -> None:
    db.create(Job)

    with db.session() as session:
        session.execute(insert(Job), [])
        session.commit()

    assert [(row.title, row.stage, row.weight) for row in db.stored(Job)] == [(None, "open", 1)]


@promise(
    "bulk-and-dml.insert-joined-inheritance",
    "A bulk insert of a class in two tables stores both rows of each object under one key.",
    docs="orm/queryguide/dml.html#orm-queryguide-insert-joined-table-inheritance",
)
def test_insert_joined_inheritance(db: Database) -> None:
    db.create(Person, Driver)
    db.given(Person(title="nobody's"), Person(title="nobody's"))
    rows = [{"title": f"Driver {number}", "licence": number} for number in range(30)]

    with db.session() as session:
        session.execute(insert(Driver), rows)
        session.commit()

    stored = {row.title: row.licence for row in db.stored(Driver)}
    assert stored == {f"Driver {number}": number for number in range(30)}


@promise(
    "bulk-and-dml.insert-failure-in-batch",
    "A duplicate in the middle of a bulk insert raises IntegrityError; rollback() leaves no row.",
    docs="orm/queryguide/dml.html#orm-queryguide-bulk-insert",
)
def test_insert_failure_in_batch(db: Database) -> None:
    db.given(Account(id=500, owner="Ann"))
    rows = [{"id": key, "owner": f"Owner {key}", "balance": 0} for key in range(498, 503)]

    with db.session() as session:
        with pytest.raises(IntegrityError):
            session.execute(insert(Account), rows)

        session.rollback()
        session.add(Account(id=1, owner="Bob"))
        session.commit()

    assert [(row.id, row.owner) for row in db.stored(Account)] == [(1, "Bob"), (500, "Ann")]


@promise(
    "bulk-and-dml.text-executemany",
    "An INSERT sent as text with a list of dictionaries stores each of them.",
    docs="API Session.execute",
)
def test_text_executemany(db: Database) -> None:
    statement = text("INSERT INTO account (id, owner, balance) VALUES (:id, :owner, :balance)")
    rows = [{"id": key, "owner": f"Owner {key}", "balance": 10 * key} for key in range(1, 6)]

    with db.session() as session:
        session.execute(statement, rows)
        assert db.stored(Account) == []
        session.commit()

    stored = [{"id": r.id, "owner": r.owner, "balance": r.balance} for r in db.stored(Account)]
    assert stored == rows


@promise(
    "bulk-and-dml.core-bulk-through-connection",
    "A list of rows sent through Session.connection() is part of the Session's transaction.",
    docs="orm/queryguide/dml.html#orm-queryguide-bulk-update-disabling",
)
def test_core_bulk_through_connection(db: Database) -> None:
    account = Base.metadata.tables["account"]
    rows = [{"id": key, "owner": f"Owner {key}", "balance": 10 * key} for key in range(1, 6)]

    with db.session() as session, db.watch() as sql:
        session.connection().execute(insert(account), rows)
        session.rollback()
        session.connection().execute(insert(account), rows[:3])
        session.commit()

    assert sql.steps == ["BEGIN", "INSERT", "ROLLBACK", "BEGIN", "INSERT", "COMMIT"]
    assert [row.balance for row in db.stored(Account)] == [10, 20, 30]


@promise(
    "bulk-and-dml.insert-returning-refused",
    "A bulk insert with returning() that the engine cannot serve is refused before it is sent.",
    docs="orm/queryguide/dml.html#orm-queryguide-bulk-insert-returning",
)
def test_insert_returning_refused(db: Database) -> None:
    # Without its batches no engine has RETURNING for many rows.
    engine = db.new_engine(use_insertmanyvalues=False)
    rows = [{"id": 1, "owner": "Ann", "balance": 10}, {"id": 2, "owner": "Bob", "balance": 20}]

    with Session(engine) as session, db.watch() as sql:
        with pytest.raises(InvalidRequestError, match="RETURNING"):
            session.execute(insert(Account).returning(Account), rows)

        assert sql.verbs == []
        session.execute(insert(Account), rows)
        session.commit()

    assert [row.owner for row in db.stored(Account)] == ["Ann", "Bob"]
