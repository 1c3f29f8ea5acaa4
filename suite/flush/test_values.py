"""What reaches the columns: expressions, NULLs, and names that need quoting."""

from sqlalchemy import String, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from session_conformance import Account, Database, promise


class Office(DeclarativeBase):
    """The registry of this file's tables."""


class Request(Office):
    """A row whose columns may be given, left to their default, or NULL."""

    __tablename__ = "request"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str | None] = mapped_column(String(20))
    size: Mapped[int | None]
    state: Mapped[str | None] = mapped_column(String(10), server_default="open")


class Oddity(Office):
    """A row whose columns have names that trip naive SQL."""

    __tablename__ = "oddity"

    id: Mapped[int] = mapped_column(primary_key=True)
    reserved: Mapped[int] = mapped_column("select")
    space: Mapped[int] = mapped_column("two words")
    percent: Mapped[int] = mapped_column("100%s")
    colon: Mapped[int] = mapped_column("at:noon")
    parenthesis: Mapped[int] = mapped_column("(net)")
    question: Mapped[int] = mapped_column("paid?")
    quote: Mapped[int] = mapped_column("owner's")
    brace: Mapped[int] = mapped_column("{key}")
    dot: Mapped[int] = mapped_column("a.b")
    letter: Mapped[int] = mapped_column("größe")


ODD = (
    "reserved", "space", "percent", "colon", "parenthesis",
    "question", "quote", "brace", "dot", "letter",
)  # fmt: skip


@promise(
    "flush.sql-expression-update",
    "A SQL expression assigned to an attribute is computed by the database and then read back.",
    docs="orm/persistence_techniques.html#flush-embedded-sql-expressions",
)
def test_sql_expression_update(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session(expire_on_commit=False) as session:
        account = session.get_one(Account, 1)
        session.commit()
        with db.elsewhere() as other:
            other.get_one(Account, 1).balance = 400

        account.balance = Account.balance + 50
        session.flush()
        assert account.balance == 450
        session.commit()

    assert [row.balance for row in db.stored(Account)] == [450]


@promise(
    "flush.sql-expression-insert",
    "A SQL expression given for a column of a new object is computed by its INSERT.",
    docs="orm/persistence_techniques.html#flush-embedded-sql-expressions",
)
def test_sql_expression_insert(db: Database) -> None:
    with db.session() as session:
        account = Account(id=1, owner=func.upper("ann"), balance=func.length("four"))
        session.add(account)
        session.flush()

        assert (account.owner, account.balance) == ("ANN", 4)
        session.commit()

    assert [(row.owner, row.balance) for row in db.stored(Account)] == [("ANN", 4)]


@promise(
    "flush.mixed-nulls-in-one-flush",
    "Objects with different columns unset in one flush each store their own values and defaults.",
    docs="orm/queryguide/dml.html#orm-queryguide-insert-null-params",
)
def test_mixed_nulls_in_one_flush(db: Database) -> None:
    db.create(Request)

    with db.session() as session:
        session.add_all(
            [
                Request(id=1, title=None, size=1),
                Request(id=2, title="b", size=None, state="shut"),
                Request(id=3, title="c", size=3),
                Request(id=4, title=None, size=None),
                Request(id=5, size=5, state="shut"),
                Request(id=6, title="f"),
            ]
        )
        session.commit()

    stored = [(row.id, row.title, row.size, row.state) for row in db.stored(Request)]
    assert stored == [
        (1, None, 1, "open"),
        (2, "b", None, "shut"),
        (3, "c", 3, "open"),
        (4, None, None, "open"),
        (5, None, 5, "shut"),
        (6, "f", None, "open"),
    ]


@promise(
    "flush.odd-identifiers",
    "Columns named with reserved words, spaces, %, :, ?, quotes, braces or umlauts work like any.",
    docs="orm/declarative_tables.html#mapper-column-distinct-names",
)
def test_odd_identifiers(db: Database) -> None:
    db.create(Oddity)
    values = dict(zip(ODD, range(10), strict=True))

    with db.session() as session:
        oddity = Oddity(id=1, **values)
        session.add_all([oddity, Oddity(id=2, **dict.fromkeys(ODD, 50))])
        session.commit()

        assert {name: getattr(oddity, name) for name in ODD} == values
        found = session.scalars(select(Oddity).filter_by(**values)).one()
        assert found is oddity

        oddity.percent = oddity.colon = oddity.question = oddity.dot = 99
        session.commit()

    changed = values | dict.fromkeys(("percent", "colon", "question", "dot"), 99)
    stored = [tuple(getattr(row, name) for name in ODD) for row in db.stored(Oddity)]
    assert stored == [tuple(changed.values()), (50,) * 10]
