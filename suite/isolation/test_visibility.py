"""When a Session sees what another one has changed and committed since it loaded the row."""

import gc
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from session_conformance import (
    WAYS,
    Account,
    Condition,
    Database,
    Step,
    question,
    two_accounts,
)

LEVELS = "orm/session_transaction.html#setting-transaction-isolation-levels-dbapi-autocommit"
REFRESHING = "orm/session_state_management.html#session-expire"
FOR_UPDATE = "API Select.with_for_update"

SEEN = {
    "old": "The value from before the change, be it that the other one has to wait with it.",
    "new": "The value that the other one has committed.",
    "error": "Looking raises an error.",
}

Look = Callable[[Session, Any], int]

by_statement = WAYS[0]


class Ledger(DeclarativeBase):
    """The registry of this file's table."""


class Versioned(Ledger):
    """A row that counts its changes."""

    __tablename__ = "versioned"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    balance: Mapped[int]
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


def load(session: Session, mapped: type[Any]) -> Any:
    """Load row 1; the step keeps the object, so that it stays in the identity map."""
    return session.get_one(mapped, 1)


def get_balance(session: Session) -> int:
    """Load row 1 by its key."""
    return session.get_one(Account, 1).balance


def change_versioned(session: Session) -> None:
    """Set row 1 to 11 through its object, which counts the version, and commit."""
    session.get_one(Versioned, 1).balance = 11
    session.commit()


def look_at(session: Session, look: Look, loaded: Step) -> int:
    """Look at the object that an earlier step loaded, or past it."""
    return look(session, loaded.value)


def seen(step: Step) -> str:
    """Return the answer: what a look showed."""
    if step.error is not None:
        return "error"
    return {10: "old", 11: "new"}[step.value]


def by_attribute(_session: Session, loaded: Any) -> int:
    """Read the attribute of the object."""
    return int(loaded.balance)


def by_get(session: Session, loaded: Any) -> int:
    """Get the object again."""
    return int(session.get_one(type(loaded), loaded.id).balance)


def by_select_entity(session: Session, loaded: Any) -> int:
    """Select the entity."""
    mapped = type(loaded)
    return int(session.scalars(select(mapped).where(mapped.id == 1)).one().balance)


def by_select_column(session: Session, loaded: Any) -> int:
    """Select the column."""
    mapped = type(loaded)
    return int(session.scalars(select(mapped.balance).where(mapped.id == 1)).one())


def by_populate_existing(session: Session, loaded: Any) -> int:
    """Select the entity with populate_existing."""
    mapped = type(loaded)
    query = select(mapped).where(mapped.id == 1).execution_options(populate_existing=True)
    return int(session.scalars(query).one().balance)


def by_expire_all(session: Session, loaded: Any) -> int:
    """Expire everything and read the attribute."""
    session.expire_all()
    return int(loaded.balance)


def by_refresh(session: Session, loaded: Any) -> int:
    """Refresh the object."""
    session.refresh(loaded)
    return int(loaded.balance)


LOOKS = {
    "attribute": by_attribute,
    "get": by_get,
    "select-entity": by_select_entity,
    "select-column": by_select_column,
    "populate-existing": by_populate_existing,
    "expire-all": by_expire_all,
    "refresh": by_refresh,
}


@question(
    "isolation.snapshot-at-begin",
    "Does a transaction that has begun and not read yet see what another one commits then?",
    answers=SEEN,
    docs=LEVELS,
)
def test_snapshot_at_begin(db: Database, condition: Condition) -> None:
    db.given(*two_accounts())

    with db.together("T1", "T2", condition=condition) as (one, two):
        one.begins()
        two.does(by_statement.set_value, 1, 11)
        two.commits()
        read = one.does(get_balance)

    db.answer(seen(read))


@question(
    "isolation.visibility-in-transaction",
    "A row that a Session has loaded is changed elsewhere: what does it see before it ends?",
    answers=SEEN,
    docs=REFRESHING,
)
@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_in_transaction(db: Database, look: Look, condition: Condition) -> None:
    db.given(*two_accounts())

    with db.together("T1", "T2", condition=condition) as (one, two):
        loaded = one.does(load, Account)
        two.does(by_statement.set_value, 1, 11)
        two.commits()
        looked = one.does(look_at, look, loaded)

    db.answer(seen(looked))


@question(
    "isolation.visibility-after-end",
    "A row that a Session has loaded is changed elsewhere: what does it see when it has ended?",
    answers=SEEN,
    docs=REFRESHING,
)
@pytest.mark.parametrize("end", ["commit", "rollback"])
def test_after_end(db: Database, end: str, condition: Condition) -> None:
    db.given(*two_accounts())

    with db.together("T1", "T2", condition=condition) as (one, two):
        loaded = one.does(load, Account)
        two.does(by_statement.set_value, 1, 11)
        two.commits()
        if end == "commit":
            one.commits()
        else:
            one.rolls_back()
        looked = one.does(look_at, by_attribute, loaded)

    db.answer(seen(looked))


def load_and_forget(session: Session) -> None:
    """Load row 1 and keep no reference, so that nothing is left in the identity map."""
    session.get_one(Account, 1)
    gc.collect()


@question(
    "isolation.visibility-of-forgotten-object",
    "A row is changed elsewhere, and the Session's object of it is garbage: what does get() see?",
    answers=SEEN,
    docs=REFRESHING,
)
def test_forgotten_object(db: Database, condition: Condition) -> None:
    db.given(*two_accounts())

    with db.together("T1", "T2", condition=condition) as (one, two):
        one.does(load_and_forget)
        two.does(by_statement.set_value, 1, 11)
        two.commits()
        looked = one.does(get_balance)

    db.answer(seen(looked))


@question(
    "isolation.visibility-unexpired",
    "With expire_on_commit=False a row is changed elsewhere after the commit: what is seen then?",
    answers=SEEN,
    docs="orm/session_api.html#sqlalchemy.orm.Session.params.expire_on_commit",
)
@pytest.mark.parametrize(
    "look",
    [by_attribute, by_select_entity, by_refresh],
    ids=["attribute", "select-entity", "refresh"],
)
def test_unexpired(db: Database, look: Look) -> None:
    db.given(*two_accounts())

    with db.together("T1", "T2", expire_on_commit=False) as (one, two):
        loaded = one.does(load, Account)
        one.commits()
        two.does(by_statement.set_value, 1, 11)
        two.commits()
        looked = one.does(look_at, look, loaded)

    db.answer(seen(looked))


def by_locking_entity(session: Session, loaded: Any) -> int:
    """Select the entity FOR UPDATE."""
    mapped = type(loaded)
    query = select(mapped).where(mapped.id == 1).with_for_update()
    return int(session.scalars(query).one().balance)


def by_locking_column(session: Session, loaded: Any) -> int:
    """Select the column FOR UPDATE."""
    mapped = type(loaded)
    query = select(mapped.balance).where(mapped.id == 1).with_for_update()
    return int(session.scalars(query).one())


def by_locking_get(session: Session, loaded: Any) -> int:
    """Get the object again, FOR UPDATE."""
    return int(session.get_one(type(loaded), loaded.id, with_for_update=True).balance)


def by_locking_refresh(session: Session, loaded: Any) -> int:
    """Refresh the object, FOR UPDATE."""
    session.refresh(loaded, with_for_update=True)
    return int(loaded.balance)


LOCKING_LOOKS = {
    "select-entity": by_locking_entity,
    "select-column": by_locking_column,
    "get": by_locking_get,
    "refresh": by_locking_refresh,
}


@question(
    "isolation.visibility-for-update",
    "A row that a Session has loaded is changed elsewhere: what does it see when it locks it?",
    answers=SEEN,
    docs=FOR_UPDATE,
    needs=("select_for_update",),
)
@pytest.mark.parametrize("look", LOCKING_LOOKS.values(), ids=LOCKING_LOOKS)
def test_for_update(db: Database, look: Look, condition: Condition) -> None:
    db.given(*two_accounts())

    with db.together("T1", "T2", condition=condition) as (one, two):
        loaded = one.does(load, Account)
        two.does(by_statement.set_value, 1, 11)
        two.commits()
        looked = one.does(look_at, look, loaded)

    db.answer(seen(looked))


@question(
    "isolation.visibility-for-update-versioned",
    "A row with a version counter, loaded, is changed elsewhere: what is seen when it is locked?",
    answers=SEEN,
    docs=FOR_UPDATE,
    needs=("select_for_update",),
)
@pytest.mark.parametrize("look", [by_locking_entity, by_locking_get], ids=["select-entity", "get"])
def test_for_update_versioned(db: Database, look: Look, condition: Condition) -> None:
    db.create(Versioned)
    db.given(Versioned(id=1, balance=10))

    with db.together("T1", "T2", condition=condition) as (one, two):
        loaded = one.does(load, Versioned)
        two.does(change_versioned)
        looked = one.does(look_at, look, loaded)

    db.answer(seen(looked))
