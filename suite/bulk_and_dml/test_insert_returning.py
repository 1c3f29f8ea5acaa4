"""Rows that INSERT gives back are the ones it stored."""

from sqlalchemy import String, insert, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from session_conformance import Account, Base, Database, promise


class Depot(DeclarativeBase):
    """The registry of this file's table."""


class Bin(Depot):
    """A row with a default of the server."""

    __tablename__ = "bin"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(20))
    grade: Mapped[str] = mapped_column(String(10), server_default="good")


@promise(
    "bulk-and-dml.insert-returning-entities",
    "A bulk insert with returning() of a class gives objects of the Session, defaults included.",
    docs="orm/queryguide/dml.html#orm-queryguide-bulk-insert-returning",
    needs=("insert_returning_many",),
)
def test_insert_returning_entities(db: Database) -> None:
    db.create(Bin)
    rows = [{"title": "a"}, {"title": "b"}, {"title": "c"}]

    with db.session() as session:
        bins = session.scalars(insert(Bin).returning(Bin), rows).all()

        with db.watch() as sql:
            held = {found.id: (found.title, found.grade) for found in bins}

        assert sql.verbs == []
        assert set(session) == set(bins)
        bins[0].grade = "bad"
        held[bins[0].id] = (bins[0].title, "bad")
        session.commit()

    assert held == {row.id: (row.title, row.grade) for row in db.stored(Bin)}
    assert sorted(title for title, _ in held.values()) == ["a", "b", "c"]


@promise(
    "bulk-and-dml.insert-returning-sorted",
    "With sort_by_parameter_order=True 1,200 keys come back in the order of their parameters.",
    docs="orm/queryguide/dml.html#orm-queryguide-bulk-insert-returning-ordered",
    needs=("insert_returning_many",),
)
def test_insert_returning_sorted(db: Database) -> None:
    rows = [{"owner": f"Owner {number}", "balance": number} for number in reversed(range(1200))]
    statement = insert(Account).returning(Account.id, sort_by_parameter_order=True)

    with db.session() as session:
        keys = session.scalars(statement, rows).all()
        session.commit()

    stored = {row.id: row.owner for row in db.stored(Account)}
    assert [stored[key] for key in keys] == [row["owner"] for row in rows]


@promise(
    "bulk-and-dml.insert-batches",
    "insertmanyvalues_page_size=50 sends 130 rows in three statements, and all come back.",
    docs="core/connections.html#engine-insertmanyvalues-page-size",
    needs=("insert_returning_many",),
)
def test_insert_batches(db: Database) -> None:
    engine = db.new_engine(insertmanyvalues_page_size=50)
    rows = [{"owner": f"Owner {number}", "balance": number} for number in range(130)]

    with Session(engine) as session, db.watch() as sql:
        owners = session.scalars(insert(Account).returning(Account.owner), rows).all()
        session.commit()

    assert sql.verbs == ["INSERT", "INSERT", "INSERT"]
    assert sorted(owners) == sorted(row.owner for row in db.stored(Account))
    assert len(owners) == 130


@promise(
    "bulk-and-dml.rowcount-batched-insert",
    "With preserve_rowcount the rowcount of a batched INSERT … RETURNING is that of all its rows.",
    docs="API CursorResult.rowcount",
    needs=("insert_returning_many",),
)
def test_rowcount_batched_insert(db: Database) -> None:
    engine = db.new_engine(insertmanyvalues_page_size=50)
    account = Base.metadata.tables["account"]
    rows = [{"owner": f"Owner {number}", "balance": number} for number in range(130)]

    with Session(engine) as session:
        result = session.connection().execute(
            insert(account).returning(account.c.id),
            rows,
            execution_options={"preserve_rowcount": True},
        )
        keys = result.scalars().all()
        counted = result.rowcount
        session.commit()

    assert counted == len(keys) == 130
    assert set(keys) == {row.id for row in db.stored(Account)}


@promise(
    "bulk-and-dml.upsert",
    "The dialect's upsert updates the rows that are there and inserts others, in one statement.",
    docs="orm/queryguide/dml.html#orm-queryguide-upsert",
    needs=("upsert",),
)
def test_upsert(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=1), Account(id=2, owner="Bob", balance=2))
    rows = [
        {"id": 1, "owner": "Ann", "balance": 10},
        {"id": 3, "owner": "Cleo", "balance": 30},
    ]

    with db.session() as session, db.watch() as sql:
        session.execute(db.upsert(Account, "balance").values(rows))
        session.commit()

    assert sql.verbs == ["INSERT"]
    stored = [(row.owner, row.balance) for row in db.stored(Account)]
    assert stored == [("Ann", 10), ("Bob", 2), ("Cleo", 30)]


@promise(
    "bulk-and-dml.upsert-returning",
    "An upsert with returning() and populate_existing refreshes the objects that are loaded.",
    docs="orm/queryguide/dml.html#orm-queryguide-upsert-returning",
    needs=("upsert", "insert_returning_many"),
)
def test_upsert_returning(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=1))
    rows = [{"id": 1, "owner": "Ann", "balance": 10}, {"id": 2, "owner": "Bob", "balance": 20}]

    with db.session() as session:
        account = session.get_one(Account, 1)
        found = session.scalars(
            db.upsert(Account, "balance").values(rows).returning(Account),
            execution_options={"populate_existing": True},
        ).all()

        assert account in found
        assert account.balance == 10
        assert sorted((row.owner, row.balance) for row in found) == [("Ann", 10), ("Bob", 20)]
        session.commit()

    assert [row.balance for row in db.stored(Account)] == [10, 20]


@promise(
    "bulk-and-dml.upsert-leaves-loaded-objects",
    "Without populate_existing an upsert leaves the values that are loaded as they were.",
    docs="orm/queryguide/dml.html#orm-queryguide-upsert-returning",
    needs=("upsert",),
)
def test_upsert_leaves_loaded_objects(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=1))

    with db.session() as session:
        account = session.get_one(Account, 1)
        session.execute(db.upsert(Account, "balance").values(id=1, owner="Ann", balance=10))

        assert account.balance == 1
        assert session.scalar(select(Account.balance)) == 10
        session.commit()
        assert account.balance == 10
