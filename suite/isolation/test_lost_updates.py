"""Two Sessions load one row and change it in turn: what becomes of the change of the first."""

import warnings
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import SAWarning
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.orm.exc import StaleDataError

from session_conformance import (
    RAISED,
    Account,
    Actor,
    Condition,
    Database,
    Step,
    question,
    raised,
    two_accounts,
)

VERSIONS = "orm/versioning.html#simple-version-counting"
EXPRESSIONS = "orm/persistence_techniques.html#embedding-sql-insert-update-expressions-into-a-flush"
FOR_UPDATE = "API Session.get"

# Where rows are not counted, a stale version goes unnoticed, and the answer says so.
uncounted = pytest.mark.filterwarnings("ignore:Dialect .* versioning cannot be verified")

OUTCOMES = {
    "both-applied": "Both transactions commit, and both changes are in the row.",
    "lost-update": "Both transactions commit, and the first change is gone; nobody is told.",
    "first-refused": "The first one to write is refused by the database; the second commits.",
    "second-refused": "The second one to write is refused by the database; the first commits.",
    "second-stale": "The second one is told by StaleDataError that its copy is out of date.",
}

OUTCOMES_OF_DELETING = {
    "silence": "The second one commits, and nobody is told.",
    "warning": "The second one commits; SQLAlchemy warns that the row was not matched.",
    "refused": "The second one is refused by the database.",
    "stale": "The second one is told by StaleDataError that its copy is out of date.",
}


class Ledger(DeclarativeBase):
    """The registry of this file's table."""


class Versioned(Ledger):
    """A row that counts its changes."""

    __tablename__ = "versioned"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    balance: Mapped[int]
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


def load(session: Session, mapped: type[Any], **options: Any) -> Any:
    """Load row 1; the step keeps the object, so that it stays in the identity map."""
    return session.get_one(mapped, 1, **options)


def add_one(_session: Session, loaded: Any) -> None:
    """Add one to what was loaded."""
    loaded.balance += 1


def add_one_in_sql(_session: Session, loaded: Any) -> None:
    """Have the database add one to what it holds by then."""
    loaded.balance = type(loaded).balance + 1


def lock_and_add_one(session: Session, loaded: Any) -> None:
    """Select the row FOR UPDATE, and then add one to what is in the object."""
    query = select(Account).where(Account.id == loaded.id).with_for_update()
    session.scalars(query).one()
    loaded.balance += 1


def lock_populate_and_add_one(session: Session, loaded: Any) -> None:
    """Select the row FOR UPDATE into the object, and then add one to what is in it."""
    query = select(Account).where(Account.id == loaded.id).with_for_update()
    session.scalars(query.execution_options(populate_existing=True)).one()
    loaded.balance += 1


def change(session: Session, act: Callable[[Session, Any], None], loaded: Step) -> None:
    """Do something to the object that an earlier step loaded, and flush."""
    act(session, loaded.value)
    session.flush()


def run(
    db: Database,
    condition: Condition,
    mapped: type[Any],
    act: Callable[[Session, Any], None],
    **options: Any,
) -> str:
    """Let two Sessions load, change and commit in turn, and tell what became of it."""
    with db.together("T1", "T2", condition=condition) as (one, two):
        one.begins(), two.begins()
        ones = one.does(load, mapped, **options)
        twos = two.does(load, mapped, **options)
        one.does(change, act, ones)
        two.does(change, act, twos)
        one.commits()
        two.commits()

    if two.committed and not one.committed:
        return "first-refused"
    if one.committed and not two.committed:
        return "second-stale" if stale(two) else "second-refused"
    return {11: "lost-update", 12: "both-applied"}[db.stored(mapped)[0].balance]


def stale(actor: Actor) -> bool:
    """Tell whether a Session was told that its copy of a row is out of date."""
    return any(isinstance(error, StaleDataError) for error in actor.errors)


@question(
    "isolation.lost-update-attribute",
    "Two Sessions load a row and add one to the attribute: is one of the changes lost?",
    answers=OUTCOMES,
    docs="orm/session_transaction.html#setting-transaction-isolation-levels-dbapi-autocommit",
)
def test_attribute(db: Database, condition: Condition) -> None:
    db.given(*two_accounts())

    db.answer(run(db, condition, Account, add_one))


@question(
    "isolation.lost-update-version",
    "Two Sessions add one to a row with a version counter: is one of the changes lost?",
    answers=OUTCOMES,
    docs=VERSIONS,
)
@uncounted
def test_version(db: Database, condition: Condition) -> None:
    db.create(Versioned)
    db.given(Versioned(id=1, balance=10))

    db.answer(run(db, condition, Versioned, add_one))


@question(
    "isolation.lost-update-expression",
    "Two Sessions load a row and add one by an SQL expression: is one of the changes lost?",
    answers=OUTCOMES,
    docs=EXPRESSIONS,
)
def test_expression(db: Database, condition: Condition) -> None:
    db.given(*two_accounts())

    db.answer(run(db, condition, Account, add_one_in_sql))


@question(
    "isolation.lost-update-for-update",
    "Two Sessions load a row FOR UPDATE and add one to it: is one of the changes lost?",
    answers=OUTCOMES,
    docs=FOR_UPDATE,
    needs=("select_for_update",),
)
def test_for_update(db: Database, condition: Condition) -> None:
    db.given(*two_accounts())

    db.answer(run(db, condition, Account, add_one, with_for_update=True))


@question(
    "isolation.lost-update-for-update-late",
    "Two Sessions load a row, select it FOR UPDATE later and add one: is a change lost?",
    answers=OUTCOMES,
    docs=FOR_UPDATE,
    needs=("select_for_update",),
)
def test_for_update_late(db: Database, condition: Condition) -> None:
    """The late SELECT leaves the attribute as it is: the object is loaded already."""
    db.given(*two_accounts())

    db.answer(run(db, condition, Account, lock_and_add_one))


@question(
    "isolation.lost-update-for-update-late-populated",
    "The same with populate_existing on the late SELECT FOR UPDATE: is a change lost?",
    answers=OUTCOMES,
    docs=FOR_UPDATE,
    needs=("select_for_update",),
)
def test_for_update_late_populated(db: Database, condition: Condition) -> None:
    db.given(*two_accounts())

    db.answer(run(db, condition, Account, lock_populate_and_add_one))


@question(
    "isolation.refused-update-error-kind",
    "A row is changed and committed elsewhere, and then here: as what is told who is refused?",
    answers=RAISED | {"nobody": "Nobody is refused."},
    docs="errors.html#dbapi-errors",
)
def test_refused_update_raised(db: Database, condition: Condition) -> None:
    db.given(*two_accounts())

    with db.together("T1", "T2", condition=condition) as (one, two):
        twos = two.does(load, Account)
        ones = one.does(load, Account)
        one.does(change, add_one, ones)
        one.commits()
        two.does(change, add_one, twos)
        two.commits()

    refused = [actor.errors[0] for actor in (one, two) if actor.errors]
    db.answer(raised(refused[0]) if refused else "nobody")


def delete_it(session: Session, loaded: Any) -> None:
    """Delete what was loaded."""
    session.delete(loaded)


def run_with_a_delete(
    db: Database,
    condition: Condition,
    mapped: type[Any],
    first: Callable[[Session, Any], None],
    second: Callable[[Session, Any], None],
) -> str:
    """Let two load, the first act and commit, and then the second: tell what the second hears."""
    with warnings.catch_warnings(record=True) as heard:
        warnings.filterwarnings("always", "DELETE statement on table .* expected to delete")
        with db.together("T1", "T2", condition=condition) as (one, two):
            one.begins(), two.begins()
            ones = one.does(load, mapped)
            twos = two.does(load, mapped)
            one.does(change, first, ones)
            one.commits()
            two.does(change, second, twos)
            two.commits()

    if stale(two):
        return "stale"
    if not two.committed:
        return "refused"
    if any(issubclass(warning.category, SAWarning) for warning in heard):
        return "warning"
    return "silence"


@question(
    "isolation.lost-update-version-delete",
    "A row with a version counter is deleted from a copy that is out of date: who is told?",
    answers=OUTCOMES_OF_DELETING,
    docs=VERSIONS,
)
@uncounted
def test_version_delete(db: Database, condition: Condition) -> None:
    db.create(Versioned)
    db.given(Versioned(id=1, balance=10))

    db.answer(run_with_a_delete(db, condition, Versioned, add_one, delete_it))


@question(
    "isolation.lost-update-deleted-row",
    "A Session changes a row that another one has deleted since it was loaded: who is told?",
    answers=OUTCOMES_OF_DELETING,
    docs="API StaleDataError",
)
def test_deleted_row(db: Database, condition: Condition) -> None:
    db.given(*two_accounts())

    db.answer(run_with_a_delete(db, condition, Account, delete_it, add_one))


@question(
    "isolation.lost-update-double-delete",
    "A Session deletes a row that another one has deleted since it was loaded: who is told?",
    answers=OUTCOMES_OF_DELETING,
    docs="orm/mapping_api.html#sqlalchemy.orm.Mapper.params.confirm_deleted_rows",
)
def test_double_delete(db: Database, condition: Condition) -> None:
    db.given(*two_accounts())

    db.answer(run_with_a_delete(db, condition, Account, delete_it, delete_it))
