"""Statements for which databases have words of their own, or none."""

from typing import Any

import pytest
from sqlalchemy import Delete, Insert, Update, delete, func, insert, select, update
from sqlalchemy.exc import CompileError, DBAPIError
from sqlalchemy.orm import aliased

from session_conformance import RAISED, Account, Database, Entry, facts_of, question, raised

SYNCHRONIZED = "orm/queryguide/dml.html#orm-queryguide-update-delete-sync"
RETURNING = "core/dml.html#sqlalchemy.sql.expression.Update.returning"

Statement = Insert | Update | Delete

other = aliased(Account)
HIGHEST = select(func.max(other.balance)).scalar_subquery()
UNSYNCHRONIZED = {"synchronize_session": False}


def accounts() -> list[Account]:
    """Build three accounts, with the balances 10, 20 and 30."""
    return [Account(id=key, owner=f"Owner {key}", balance=10 * key) for key in (1, 2, 3)]


@question(
    "bulk-and-dml.sync-auto-choice",
    "How does an UPDATE or DELETE that is told no strategy find the objects that it concerns?",
    answers={
        "evaluate": "By its criteria, held in Python against the objects that are loaded.",
        "returning": "By the keys that it returns itself.",
        "select": "By a SELECT of the keys that goes before it.",
    },
    docs=SYNCHRONIZED,
)
@pytest.mark.parametrize("kind", [update, delete], ids=["update", "delete"])
@pytest.mark.parametrize("evaluable", [True, False], ids=["python-can", "python-cannot"])
def test_sync_auto_choice(db: Database, kind: Any, evaluable: bool) -> None:
    """One row: what a database that returns a single one can do as well."""
    db.given(*accounts())
    criterion = Account.balance > 25 if evaluable else func.abs(Account.balance) > 25
    statement = kind(Account).where(criterion)
    if kind is update:
        statement = statement.values(balance=7)

    with db.session() as session:
        loaded = session.scalars(select(Account)).all()
        with db.watch() as sql:
            session.execute(statement)
        left = sum(account in session for account in loaded)

    db.tell(statements=sql.verbs, objects_left=left)
    if "SELECT" in sql.verbs:
        db.answer("select")
    else:
        db.answer("returning" if "RETURNING" in (sql.statements[0].text or "") else "evaluate")


@question(
    "bulk-and-dml.returning-unsupported",
    "What does a statement raise that shall return its rows?",
    answers=RAISED | {"compile-error": "SQLAlchemy refuses to write it: CompileError."},
    docs=RETURNING,
)
@pytest.mark.parametrize(
    "statement",
    [
        pytest.param(insert(Account).values(id=9, owner="Ann"), id="insert"),
        pytest.param(update(Account).where(Account.id == 1).values(balance=7), id="update"),
        pytest.param(delete(Account).where(Account.id == 1), id="delete"),
    ],
)
def test_returning_unsupported(db: Database, statement: Any) -> None:
    db.given(*accounts())
    error: CompileError | DBAPIError | None = None

    with db.session() as session:
        try:
            db.tell(rows=len(session.execute(statement.returning(Account.id)).all()))
        except (CompileError, DBAPIError) as caught:
            error = caught

    db.tell(**facts_of(error))
    db.answer("compile-error" if isinstance(error, CompileError) else raised(error))


WORKS = {
    "works": "It does what it says.",
    "otherwise": "It goes through, and does something else.",
    "refused": "The database refuses it.",
    "not-written": "SQLAlchemy has no words for it.",
}


def became(error: BaseException | None, *, as_said: bool) -> str:
    """Return the answer: what a statement raised, or whether the tables are as it says."""
    if error is not None:
        return "refused" if isinstance(error, DBAPIError) else "not-written"
    return "works" if as_said else "otherwise"


@question(
    "bulk-and-dml.same-table-subquery",
    "What of an UPDATE or DELETE with a subquery of the table that it changes?",
    answers=WORKS,
    docs="tutorial/data_update.html#correlated-updates",
)
@pytest.mark.parametrize(
    ("statement", "left"),
    [
        pytest.param(update(Account).values(balance=HIGHEST + 1), [31, 31, 31], id="set"),
        pytest.param(
            update(Account).where(Account.balance == HIGHEST).values(balance=7),
            [10, 20, 7],
            id="where",
        ),
        pytest.param(delete(Account).where(Account.balance < HIGHEST), [30], id="delete"),
    ],
)
def test_same_table_subquery(db: Database, statement: Update | Delete, left: list[int]) -> None:
    db.given(*accounts())
    error = None

    with db.session() as session:
        try:
            session.execute(statement, execution_options=UNSYNCHRONIZED)
            session.commit()
        except (CompileError, NotImplementedError, DBAPIError) as caught:
            error = caught

    db.tell(**facts_of(error))
    db.answer(became(error, as_said=[row.balance for row in db.stored(Account)] == left))


@question(
    "bulk-and-dml.multi-table-update",
    "What of an UPDATE or DELETE with criteria on a second table?",
    answers=WORKS,
    docs="tutorial/data_update.html#update-from",
)
@pytest.mark.parametrize(
    ("statement", "left"),
    [
        pytest.param(
            update(Account)
            .where(Account.id == Entry.account_id, Entry.amount > 5)
            .values(balance=7),
            ([10, 7, 30], [1, 9]),
            id="update",
        ),
        pytest.param(
            delete(Entry).where(Entry.account_id == Account.id, Account.balance > 15),
            ([10, 20, 30], [1]),
            id="delete",
        ),
    ],
)
def test_multi_table_update(
    db: Database, statement: Update | Delete, left: tuple[list[int], list[int]]
) -> None:
    db.given(*accounts())
    db.given(Entry(id=1, account_id=1, amount=1), Entry(id=2, account_id=2, amount=9))
    error = None

    with db.session() as session:
        try:
            session.execute(statement, execution_options=UNSYNCHRONIZED)
            session.commit()
        except (CompileError, NotImplementedError, DBAPIError) as caught:
            error = caught
            session.rollback()
        balances = session.scalars(select(Account.balance).order_by(Account.id)).all()
        amounts = session.scalars(select(Entry.amount).order_by(Entry.id)).all()

    db.tell(**facts_of(error))
    db.answer(became(error, as_said=(balances, amounts) == left))
