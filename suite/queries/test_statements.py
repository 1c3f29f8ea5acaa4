"""What a statement may say, how it is sent, and the types of what comes back."""

from datetime import date
from typing import Any

from sqlalchemy import Boolean, Date, exists, func, select, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from session_conformance import Account, Database, Entry, promise

# How a dialect's driver wants to be told of two values, and what it wants them in.
PARAMETERS: dict[str, tuple[str, Any]] = {
    "qmark": ("id = ? AND owner = ?", (2, "Bob")),
    "format": ("id = %s AND owner = %s", (2, "Bob")),
    "numeric": ("id = :1 AND owner = :2", (2, "Bob")),
    "numeric_dollar": ("id = $1 AND owner = $2", (2, "Bob")),
    "named": ("id = :id AND owner = :owner", {"id": 2, "owner": "Bob"}),
    "pyformat": ("id = %(id)s AND owner = %(owner)s", {"id": 2, "owner": "Bob"}),
}


class Museum(DeclarativeBase):
    """The registry of this file's table."""


class Loan(Museum):
    """Something lent for a time."""

    __tablename__ = "loan"

    id: Mapped[int] = mapped_column(primary_key=True)
    due: Mapped[date]
    paid: Mapped[bool]


@promise(
    "queries.large-in-list",
    "An IN list of 3000 values finds its rows; an empty one finds none, and NOT IN of it all.",
    docs="core/operators.html#in-comparisons",
)
def test_large_in_list(db: Database) -> None:
    db.given(*(Account(id=key, owner=f"owner {key}") for key in (1, 2999, 3000, 3001)))
    keys = select(Account.id).order_by(Account.id)

    with db.session() as session:
        assert session.scalars(keys.where(Account.id.in_([]))).all() == []
        assert session.scalars(keys.where(Account.id.not_in([]))).all() == [1, 2999, 3000, 3001]
        many = range(1, 3001)
        assert session.scalars(keys.where(Account.id.in_(many))).all() == [1, 2999, 3000]


@promise(
    "queries.repeated-bind-name",
    "A name that a textual statement uses twice takes its one value in both places.",
    docs="API text",
)
def test_repeated_bind_name(db: Database) -> None:
    db.given(
        Account(id=1, owner="Ann", balance=7),
        Account(id=7, owner="Bob", balance=1),
        Account(id=3, owner="Cid", balance=3),
    )
    either = text("SELECT owner FROM account WHERE id = :n OR balance = :n OR id = :m ORDER BY id")

    with db.session() as session:
        assert session.scalars(either, {"n": 7, "m": 7}).all() == ["Ann", "Bob"]
        assert session.scalars(either, {"m": 3, "n": 1}).all() == ["Ann", "Cid", "Bob"]


@promise(
    "queries.percent-colon-and-marks",
    "%, escaped colons, ?, braces and $ in a textual statement reach the database as they are.",
    docs="API text",
)
def test_percent_colon_and_marks(db: Database) -> None:
    odd = "5% %s :a ?b {c} $1 %(d)s"
    db.given(Account(id=1, owner=odd, balance=100), Account(id=2, owner="5 s", balance=5))
    literal = text("SELECT id FROM account WHERE owner = '5% %s \\:a ?b {c} $1 %(d)s'")
    beside = text(f"{literal.text} AND balance = :balance AND owner LIKE '5%\\:a%$1%'")
    either = text("SELECT id FROM account WHERE owner LIKE '5%' ORDER BY id")

    with db.session() as session:
        assert session.scalars(literal).all() == [1]
        assert session.scalars(beside, {"balance": 100}).all() == [1]
        assert session.scalars(beside, {"balance": 5}).all() == []
        assert session.scalars(either).all() == [1, 2]
        session.execute(text("UPDATE account SET owner = '10% \\:x ?' WHERE id = :id"), {"id": 2})
        session.commit()

    assert [account.owner for account in db.stored(Account)] == [odd, "10% :x ?"]


@promise(
    "queries.autoescape",
    "With autoescape contains() looks for % and _ themselves, not for anything in their place.",
    docs="API ColumnOperators.contains",
)
def test_autoescape(db: Database) -> None:
    owners = ("5%", "50", "a_b", "axb")
    db.given(*(Account(id=key, owner=each) for key, each in enumerate(owners, 1)))

    with db.session() as session:
        percent = select(Account.owner).where(Account.owner.contains("5%", autoescape=True))
        assert session.scalars(percent).all() == ["5%"]
        underscore = select(Account.owner).where(Account.owner.contains("a_b", autoescape=True))
        assert session.scalars(underscore).all() == ["a_b"]
        wild = select(Account.owner).where(Account.owner.contains("a_b")).order_by(Account.id)
        assert session.scalars(wild).all() == ["a_b", "axb"]


@promise(
    "queries.limit-offset",
    "limit() and offset() give the slice that they name, with one statement for all numbers.",
    docs="API Select.limit",
)
def test_limit_offset(db: Database) -> None:
    db.given(*(Account(id=key, owner=f"owner {key}") for key in range(1, 11)))
    keys = select(Account.id).order_by(Account.id)

    with db.session() as session:
        assert session.scalars(keys.limit(3)).all() == [1, 2, 3]
        assert session.scalars(keys.limit(3).offset(2)).all() == [3, 4, 5]
        assert session.scalars(keys.limit(5).offset(8)).all() == [9, 10]
        assert session.scalars(keys.offset(7)).all() == [8, 9, 10]
        assert session.scalars(keys.limit(0)).all() == []


@promise(
    "queries.boolean-expression-type",
    "A comparison and an EXISTS that are selected read as bool.",
    docs="API Boolean",
)
def test_boolean_expression_type(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100), Account(id=2, owner="Bob", balance=5))
    rich = (Account.balance > 50).label("rich")
    entered = exists().where(Entry.account_id == Account.id).label("entered")

    with db.session() as session:
        rows = session.execute(select(rich, entered).order_by(Account.id)).all()
        there = session.scalar(select(exists().where(Account.owner == "Ann")))

    assert [[repr(value) for value in row] for row in rows] == [
        ["True", "False"],
        ["False", "False"],
    ]
    assert there is True


@promise(
    "queries.count-type",
    "A count reads as int, by func.count() and in a textual statement, and of no rows as well.",
    docs="API func.count",
)
def test_count_type(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"), Account(id=2, owner="Bob"))
    counted = select(func.count()).select_from(Account)

    with db.session() as session:
        counts = [
            session.scalar(counted),
            session.scalar(counted.where(Account.id > 5)),
            session.scalar(text("SELECT count(*) FROM account")),
        ]

    assert counts == [2, 0, 2]
    assert [type(count) for count in counts] == [int, int, int]


@promise(
    "queries.text-result-types",
    "The types that columns() gives a textual statement are applied to the values it returns.",
    docs="API TextClause.columns",
)
def test_text_result_types(db: Database) -> None:
    db.create(Loan)
    db.given(Loan(id=1, due=date(2024, 2, 29), paid=True))
    typed = text("SELECT due, paid FROM loan").columns(due=Date, paid=Boolean)

    with db.session() as session:
        row = session.execute(typed).one()

    assert row.due == date(2024, 2, 29)
    assert type(row.due) is date
    assert row.paid is True


@promise(
    "queries.duplicate-column-labels",
    "Two columns of one name both give their value, by position and by the column itself.",
    docs="API Row",
)
def test_duplicate_column_labels(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", entries=[Entry(id=7, amount=10)]))
    plain = text("SELECT a.id, e.id FROM account a JOIN entry e ON e.account_id = a.id")

    with db.session() as session:
        row = session.execute(select(Account.id, Entry.id).join(Account.entries)).one()
        assert (row[0], row[1]) == (1, 7)
        mapping = row._mapping  # noqa: SLF001 - public, in spite of its name
        assert (mapping[Account.id], mapping[Entry.id]) == (1, 7)

        assert tuple(session.execute(plain).one()) == (1, 7)


@promise(
    "queries.row-access",
    "A row gives a value by attribute, by position, by name and by column alike.",
    docs="API Row",
)
def test_row_access(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))
    labelled = (Account.balance * 2).label("twice")

    with db.session() as session:
        row = session.execute(select(Account.owner, labelled)).one()

    assert (row.owner, row.twice) == ("Ann", 200)
    assert (row[0], row[1], row[-1]) == ("Ann", 200, 200)
    mapping = row._mapping  # noqa: SLF001 - public, in spite of its name
    assert (mapping["owner"], mapping["twice"]) == ("Ann", 200)
    assert (mapping[Account.owner], mapping[labelled]) == ("Ann", 200)
    assert row._asdict() == {"owner": "Ann", "twice": 200}


@promise(
    "queries.paramstyle-declared",
    "Values sent in the dialect's own paramstyle by exec_driver_sql() are bound where they belong.",
    docs="core/connections.html#working-with-driver-sql-and-raw-dbapi-connections",
)
def test_paramstyle_declared(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"), Account(id=2, owner="Bob"), Account(id=3, owner="Cid"))

    with db.session() as session:
        connection = session.connection()
        condition, values = PARAMETERS[connection.dialect.paramstyle]
        sent = f"SELECT id, owner FROM account WHERE {condition}"
        rows = connection.exec_driver_sql(sent, values).all()

    assert [tuple(row) for row in rows] == [(2, "Bob")]
