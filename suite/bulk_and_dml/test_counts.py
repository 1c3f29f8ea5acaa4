"""What rowcount says where nobody promises a number."""

import pytest
from sqlalchemy import Delete, Insert, Select, Update, bindparam, delete, insert, select, update
from sqlalchemy.orm.exc import StaleDataError

from session_conformance import Account, Base, Database, question

ROWCOUNT = "API CursorResult.rowcount"
ACCOUNT = Base.metadata.tables["account"]
OF_BALANCE = ACCOUNT.c.balance == bindparam("old")

COUNTED = {
    "all": "The number of rows.",
    "zero": "0, as if there were none.",
    "unknown": "-1, which says that it is not known.",
    "another": "Another number.",
}


def counted(count: int, rows: int) -> str:
    """Return the answer: what a rowcount says of so many rows."""
    return {rows: "all", 0: "zero", -1: "unknown"}.get(count, "another")


def accounts() -> list[Account]:
    """Build five accounts, two of which have a balance of 10 and one of 30."""
    balances = enumerate([10, 10, 30, 40, 50], start=1)
    return [Account(id=key, owner=f"Owner {key}", balance=balance) for key, balance in balances]


@question(
    "bulk-and-dml.rowcount-executemany",
    "What does rowcount say of an UPDATE or DELETE that was run for a list of parameters?",
    answers=COUNTED | {"last": "The number of rows of the last parameters alone."},
    docs=ROWCOUNT,
)
@pytest.mark.parametrize(
    "statement",
    [
        pytest.param(update(ACCOUNT).where(OF_BALANCE).values(balance=7), id="update"),
        pytest.param(delete(ACCOUNT).where(OF_BALANCE), id="delete"),
    ],
)
def test_rowcount_executemany(db: Database, statement: Update | Delete) -> None:
    db.given(*accounts())

    with db.session() as session:
        connection = session.connection()
        result = connection.execute(statement, [{"old": 10}, {"old": 99}, {"old": 30}])
        count = result.rowcount
        claim = connection.dialect.supports_sane_multi_rowcount

    db.tell(rowcount=count, dialect_says_it_counts=claim)
    db.answer("last" if count == 1 else counted(count, 3))


@question(
    "bulk-and-dml.rowcount-select-insert",
    "With preserve_rowcount, what does rowcount say of a SELECT or an INSERT?",
    answers=COUNTED,
    docs="API Connection.execution_options.preserve_rowcount",
)
@pytest.mark.parametrize(
    ("statement", "inserted", "rows"),
    [
        pytest.param(select(ACCOUNT.c.id), [], 5, id="select"),
        pytest.param(insert(ACCOUNT), [6], 1, id="insert-one"),
        pytest.param(insert(ACCOUNT), [6, 7, 8], 3, id="insert-many"),
    ],
)
def test_rowcount_select_insert(
    db: Database, statement: Select[int] | Insert, inserted: list[int], rows: int
) -> None:
    db.given(*accounts())
    parameters = [{"id": key, "owner": f"Owner {key}", "balance": 0} for key in inserted]

    with db.session() as session:
        preserved = session.connection(execution_options={"preserve_rowcount": True})
        result = preserved.execute(statement, parameters)
        count = result.rowcount
        result.close()

    db.tell(rowcount=count)
    db.answer(counted(count, rows))


@question(
    "bulk-and-dml.rowcount-with-returning",
    "What does rowcount say of an UPDATE that returns its rows?",
    answers=COUNTED,
    docs=ROWCOUNT,
    needs=("update_returning",),
)
@pytest.mark.parametrize("fetched", [False, True], ids=["before-fetching", "after-fetching"])
def test_rowcount_with_returning(db: Database, fetched: bool) -> None:
    """One row: what a database that returns a single one can do as well."""
    db.given(*accounts())
    statement = update(ACCOUNT).where(ACCOUNT.c.id == 3).values(balance=7)

    with db.session() as session:
        result = session.connection().execute(statement.returning(ACCOUNT.c.id))
        if fetched:
            db.tell(fetched=len(result.all()))
        count = result.rowcount
        result.close()

    db.tell(rowcount=count)
    db.answer(counted(count, 1))


@question(
    "bulk-and-dml.upsert-rowcount",
    "What does rowcount say of an upsert that inserts one row and updates another?",
    answers=COUNTED | {"updated-twice": "3: a row that was updated counts for two."},
    docs="orm/queryguide/dml.html#orm-queryguide-upsert",
    needs=("upsert",),
)
def test_upsert_rowcount(db: Database) -> None:
    db.given(*accounts())
    rows = [
        {"id": 5, "owner": "Owner 5", "balance": 55},
        {"id": 6, "owner": "Owner 6", "balance": 66},
    ]

    with db.session() as session:
        preserved = session.connection(execution_options={"preserve_rowcount": True})
        count = preserved.execute(db.upsert(Account, "balance").values(rows)).rowcount

    db.tell(rowcount=count)
    db.answer("updated-twice" if count == 3 else counted(count, 2))


@question(
    "bulk-and-dml.update-by-key-missing-row",
    "An update by key names a row that is not there: is it noticed?",
    answers={
        "noticed": "StaleDataError is raised.",
        "unnoticed": "Nothing is raised, and the rows that are there are updated.",
    },
    docs="API StaleDataError",
)
@pytest.mark.parametrize("keys", [[99], [1, 99, 2]], ids=["alone", "among-others"])
def test_update_by_key_missing_row(db: Database, keys: list[int]) -> None:
    db.given(*accounts())

    with db.session() as session:
        try:
            session.execute(update(Account), [{"id": key, "balance": 7} for key in keys])
            noticed = False
        except StaleDataError:
            noticed = True

    db.answer("noticed" if noticed else "unnoticed")
