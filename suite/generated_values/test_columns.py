"""Values that defaults, triggers and computed columns make are the ones that are read."""

import itertools
from datetime import datetime

from sqlalchemy import Computed, FetchedValue, String, func, literal_column, select, update
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from session_conformance import Account, Database, promise

NUMBERS = itertools.count(1)


class Works(DeclarativeBase):
    """The registry of this file's tables."""


class Part(Works):
    """A row with a default of the server."""

    __tablename__ = "part"

    id: Mapped[int] = mapped_column(primary_key=True)
    grade: Mapped[str] = mapped_column(String(10), server_default="good")
    made: Mapped[datetime] = mapped_column(server_default=func.now())


class EagerPart(Works):
    """A row whose defaults are fetched within the flush."""

    __tablename__ = "eager_part"
    __mapper_args__ = {"eager_defaults": True}  # noqa: RUF012

    id: Mapped[int] = mapped_column(primary_key=True)
    grade: Mapped[str] = mapped_column(String(10), server_default="good")


class Sample(Works):
    """A row with a default that is an expression of SQL."""

    __tablename__ = "sample"

    id: Mapped[int] = mapped_column(primary_key=True)
    highest: Mapped[int] = mapped_column(
        default=select(func.max(Account.balance)).scalar_subquery()
    )


class Numbered(Works):
    """A row with a number that Python makes."""

    __tablename__ = "numbered"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(default=lambda: next(NUMBERS))


class Machine(Works):
    """A row that the server changes when it is updated."""

    __tablename__ = "machine"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(20))
    changes: Mapped[int] = mapped_column(default=0, server_onupdate=FetchedValue())


class Box(Works):
    """A row with a value that the server computes."""

    __tablename__ = "box"

    id: Mapped[int] = mapped_column(primary_key=True)
    height: Mapped[int]
    width: Mapped[int]
    area: Mapped[int] = mapped_column(Computed("height * width", persisted=True))


class Plan(Works):
    """A row that notes its updates, once by Python and once by SQL."""

    __tablename__ = "plan"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(20))
    number: Mapped[int] = mapped_column(default=0, onupdate=lambda: next(NUMBERS))
    version: Mapped[int] = mapped_column(default=0, onupdate=literal_column("version + 1"))


@promise(
    "generated-values.server-default-readable",
    "A default of the server is read with its INSERT, or by one SELECT when it is asked for.",
    docs="orm/persistence_techniques.html#orm-server-defaults",
)
def test_server_default_readable(db: Database) -> None:
    db.create(Part)

    with db.session() as session:
        part = Part(id=1)
        session.add(part)

        with db.watch() as sql:
            session.flush()
            assert part.grade == "good"

        assert sql.verbs in (["INSERT"], ["INSERT", "SELECT"])


@promise(
    "generated-values.eager-defaults",
    "With eager_defaults=True the server's default is on the object when flush() returns.",
    docs="orm/persistence_techniques.html#orm-server-defaults",
)
def test_eager_defaults(db: Database) -> None:
    db.create(EagerPart)
    parts = [EagerPart(id=1), EagerPart(id=2, grade="bad"), EagerPart(id=3)]

    with db.session() as session:
        session.add_all(parts)
        session.flush()

        assert [db.loaded(part) for part in parts] == [{"id", "grade"}] * 3

        with db.watch() as sql:
            assert [part.grade for part in parts] == ["good", "bad", "good"]

        assert sql.verbs == []


@promise(
    "generated-values.timestamp-default-type",
    "A server default of now() is read back as a datetime, the one that is stored.",
    docs="orm/persistence_techniques.html#orm-server-defaults",
)
def test_timestamp_default_type(db: Database) -> None:
    db.create(Part)

    with db.session() as session:
        part = Part(id=1)
        session.add(part)
        session.flush()
        made = part.made
        session.commit()

    assert type(made) is datetime
    assert [row.made for row in db.stored(Part)] == [made]


@promise(
    "generated-values.sql-default-on-column",
    "A default that is an expression of SQL is computed with each INSERT and can be read then.",
    docs="orm/persistence_techniques.html#orm-server-defaults",
)
def test_sql_default_on_column(db: Database) -> None:
    db.create(Sample)
    db.given(Account(id=1, owner="Ann", balance=10))
    samples = [Sample(id=1), Sample(id=2), Sample(id=3, highest=5), Sample(id=4)]

    with db.session() as session:
        session.add_all(samples[:3])
        session.flush()
        session.execute(update(Account).values(balance=20))
        session.add(samples[3])
        session.flush()

        assert [sample.highest for sample in samples] == [10, 10, 5, 20]
        session.commit()

    assert [row.highest for row in db.stored(Sample)] == [10, 10, 5, 20]


@promise(
    "generated-values.python-default-per-row",
    "A default made by a Python function is made anew for each object of a batch.",
    docs="core/defaults.html#python-executed-functions",
)
def test_python_default_per_row(db: Database) -> None:
    db.create(Numbered)
    first = next(NUMBERS)

    with db.session(expire_on_commit=False) as session:
        rows = [Numbered(), Numbered(), Numbered(), Numbered()]
        session.add_all(rows)
        session.commit()

    assert {row.number - first for row in rows} == {1, 2, 3, 4}
    stored = {row.id: row.number for row in db.stored(Numbered)}
    assert {row.id: row.number for row in rows} == stored


@promise(
    "generated-values.fetched-value-on-update",
    "A column marked FetchedValue reads what a trigger has made of it, after each flush.",
    docs="orm/persistence_techniques.html#orm-server-defaults",
    needs=("triggers",),
)
def test_fetched_value_on_update(db: Database) -> None:
    db.create(Machine)
    db.count_updates(Machine, "changes")

    with db.session() as session:
        machine = Machine(id=1, title="press")
        session.add(machine)
        session.flush()
        machine.title = "mill"
        session.flush()
        assert machine.changes == 1

        machine.title = "lathe"
        session.flush()
        assert machine.changes == 2
        session.commit()

    assert [(row.title, row.changes) for row in db.stored(Machine)] == [("lathe", 2)]


@promise(
    "generated-values.no-eager-fetch-on-update",
    "A column that the server may change is expired by an UPDATE and read when it is asked for.",
    docs="orm/persistence_techniques.html#orm-server-defaults",
)
def test_no_eager_fetch_on_update(db: Database) -> None:
    db.create(Machine)
    db.given(Machine(id=1, title="press", changes=5))

    with db.session() as session:
        machine = session.get_one(Machine, 1)
        machine.title = "mill"

        with db.watch() as sql:
            session.flush()
            assert db.loaded(machine) == {"id", "title"}
            assert machine.changes == 5

        assert sql.verbs == ["UPDATE", "SELECT"]


@promise(
    "generated-values.computed-column",
    "A computed column reads its value after INSERT, and the new one after its source changed.",
    docs="core/defaults.html#computed-ddl",
    needs=("computed_columns",),
)
def test_computed_column(db: Database) -> None:
    db.create(Box)

    with db.session() as session:
        box = Box(id=1, height=4, width=10)
        session.add(box)
        session.flush()
        assert box.area == 40

        box.height = 6
        session.flush()
        assert box.area == 60
        session.commit()

    assert [(row.height, row.area) for row in db.stored(Box)] == [(6, 60)]


@promise(
    "generated-values.onupdate",
    "onupdate values, of Python or of SQL, are made by every UPDATE and read back after it.",
    docs="core/defaults.html#python-executed-functions",
)
def test_onupdate(db: Database) -> None:
    db.create(Plan)
    db.given(Plan(id=1, title="first", number=0, version=7))

    with db.session() as session:
        plan = session.get_one(Plan, 1)
        plan.title = "second"
        session.flush()
        second = (plan.number, plan.version)
        plan.title = "third"
        session.flush()
        third = (plan.number, plan.version)
        session.commit()

    assert (second[1], third[1]) == (8, 9)
    assert 0 < second[0] < third[0]
    assert [(row.number, row.version) for row in db.stored(Plan)] == [third]
