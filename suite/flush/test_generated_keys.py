"""Keys that the database makes belong to the objects whose rows they are."""

from operator import attrgetter

from sqlalchemy import Column, Integer, String, Table, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from session_conformance import Account, Database, promise


class Survey(DeclarativeBase):
    """The registry of this file's tables."""


class Form(Survey):
    """A row for which the program need not give any value."""

    __tablename__ = "form"

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(String(10), server_default="open")


class Sheet(Survey):
    """A row of three hundred values beside its key."""

    __table__ = Table(
        "sheet",
        Survey.metadata,
        Column("id", Integer, primary_key=True),
        *(Column(f"c{number}", Integer) for number in range(300)),
    )


@promise(
    "flush.keys-match-objects",
    "After one flush of 1,010 new objects each holds the key of the row with its own values.",
    docs="core/connections.html#engine-insertmanyvalues-returning-order",
)
def test_keys_match_objects(db: Database) -> None:
    """A thousand rows, so that they come in several batches; one by one they take seconds."""
    accounts = [
        Account(owner=f"Owner {number}", balance=number) for number in reversed(range(1010))
    ]

    with db.session(expire_on_commit=False) as session:
        session.add_all(accounts)
        session.commit()

    stored = {row.id: (row.owner, row.balance) for row in db.stored(Account)}
    assert len(stored) == 1010
    assert {account.id: (account.owner, account.balance) for account in accounts} == stored


@promise(
    "flush.large-flush-many-statements",
    "A flush of more rows than a batch holds sends several INSERTs, and each of them is seen.",
    docs="core/connections.html#engine-insertmanyvalues-events",
)
def test_large_flush_many_statements(db: Database) -> None:
    engine = db.new_engine(insertmanyvalues_page_size=100)

    with Session(engine) as session, db.watch() as sql:
        session.add_all(Account(owner=f"Owner {number}", balance=0) for number in range(250))
        session.commit()

    assert len(sql.verbs) >= 3
    assert set(sql.verbs) == {"INSERT"}
    assert len(db.stored(Account)) == 250


@promise(
    "flush.wide-rows-over-parameter-limit",
    "One flush of 66,000 values, more than a statement can carry, stores every row as it was.",
    docs="core/connections.html#engine-insertmanyvalues-page-size",
)
def test_wide_rows_over_parameter_limit(db: Database) -> None:
    """Sixty-six thousand parameters take a driver in Python a second, and others more."""
    db.create(Sheet)
    rows = [{f"c{place}": row * 1000 + place for place in range(300)} for row in range(220)]

    with db.session(expire_on_commit=False) as session:
        sheets = [Sheet(**row) for row in rows]
        session.add_all(sheets)
        session.commit()

    table = Sheet.__table__
    with db.elsewhere() as other:
        stored = other.execute(select(table).order_by(table.c.id)).all()
    key = attrgetter("id")
    expected = [(key(sheet), *row.values()) for sheet, row in zip(sheets, rows, strict=True)]
    pairs = zip(stored, sorted(expected), strict=True)
    assert [row.id for row, wanted in pairs if tuple(row) != wanted] == []


@promise(
    "flush.empty-row",
    "Objects without any value are inserted, one or many, and get their keys and defaults.",
    docs="orm/persistence_techniques.html#orm-server-defaults",
)
def test_empty_row(db: Database) -> None:
    db.create(Form)
    forms = [Form(), Form(), Form(), Form()]

    with db.session() as session:
        session.add(forms[0])
        session.flush()
        session.add_all(forms[1:])
        session.commit()

        keys = [form.id for form in forms]
        assert {form.state for form in forms} == {"open"}

    assert sorted(keys) == [row.id for row in db.stored(Form)]
    assert len(set(keys)) == 4
