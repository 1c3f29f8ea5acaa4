"""Two or three Sessions that insert the same unique key, or a child and no parent, at once."""

import pytest
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from session_conformance import (
    RAISED,
    Account,
    Actor,
    Condition,
    Database,
    Entry,
    Step,
    balances,
    question,
    raised,
    two_accounts,
)

INTEGRITY = "errors.html#integrityerror"
OWNER = "owner 9"

SECOND = {
    "goes-on": "It goes on at once and commits.",
    "waits": "It waits until the first one has ended, and commits.",
    "waits-then-refused": "It waits until the first one has ended, and is refused then.",
    "refused-at-once": "It is refused at once, while the first one is still open.",
    "refused-at-commit": "It goes on at once, and its commit is refused.",
}
BROKEN = {"orphan": "Both commit, and a child is left without its parent."}


def add(session: Session, key: int) -> None:
    """Add an account whose owner is everybody's, and flush."""
    session.add(Account(id=key, owner=OWNER, balance=0))
    session.flush()


def became_of_second(actor: Actor, step: Step) -> str:
    """Return the answer: what became of the step, and of the commit after it."""
    if step.error is not None:
        return "waits-then-refused" if step.waited else "refused-at-once"
    if actor.errors:
        return "refused-at-commit"
    return "waits" if step.waited else "goes-on"


@question(
    "concurrency.unique-key-twice",
    "Two Sessions insert the same unique key, and the first ends: what becomes of the second?",
    answers=SECOND,
    docs=INTEGRITY,
)
@pytest.mark.parametrize("end", ["commits", "rolls-back"])
def test_unique_key_twice(db: Database, end: str, condition: Condition) -> None:
    db.given(*two_accounts())

    with db.together("T1", "T2", condition=condition) as (one, two):
        one.does(add, 100)
        step = two.does(add, 200)
        if end == "commits":
            one.commits()
        else:
            one.rolls_back()
        two.commits()

    db.answer(became_of_second(two, step))


@question(
    "concurrency.unique-key-three-times",
    "Three insert the same unique key, and the first rolls back: what of the other two?",
    answers={
        "integrity-error": "One of them has the row, and the other is told by IntegrityError.",
        "another-error": "One of them has the row, and the other is refused by another error.",
    },
    docs=INTEGRITY,
)
def test_unique_key_three_times(db: Database, condition: Condition) -> None:
    db.given(*two_accounts())

    with db.together("T1", "T2", "T3", condition=condition) as (one, two, three):
        one.does(add, 100)
        two.does(add, 200)
        three.does(add, 300)
        one.rolls_back()
        two.commits()
        three.commits()

    (loser,) = [actor for actor in (two, three) if not actor.committed]
    duplicate = isinstance(loser.errors[0], IntegrityError)
    db.answer("integrity-error" if duplicate else "another-error")


def find(session: Session) -> list[int]:
    """Look for the account of everybody's owner."""
    return list(session.scalars(select(Account.id).where(Account.owner == OWNER)))


@question(
    "concurrency.unique-key-checked-first",
    "Two look for a key, find none and insert it: as what is the loser told?",
    answers=RAISED,
    docs=INTEGRITY,
)
def test_unique_key_checked_first(db: Database, condition: Condition) -> None:
    db.given(*two_accounts())

    with db.together("T1", "T2", condition=condition) as (one, two):
        one.does(find)
        two.does(find)
        one.does(add, 100)
        two.does(add, 200)
        one.commits()
        two.commits()

    (loser,) = [actor for actor in (one, two) if not actor.committed]
    db.answer(raised(loser.errors[0]))


@question(
    "concurrency.upsert-of-unseen-row",
    "Two have read the table, and both insert or update the same new row: what of the second?",
    answers=SECOND,
    docs="orm/queryguide/dml.html#orm-queryguide-upsert",
    needs=("upsert",),
)
def test_upsert_of_unseen_row(db: Database, condition: Condition) -> None:
    db.given(*two_accounts())
    upsert = db.upsert(Account, "balance")

    def put(session: Session, balance: int) -> None:
        session.execute(upsert.values(id=3, owner="owner 3", balance=balance))

    with db.together("T1", "T2", condition=condition) as (one, two):
        two.does(balances)
        one.does(put, 31)
        step = two.does(put, 32)
        one.commits()
        two.commits()

    db.answer(became_of_second(two, step))


@question(
    "concurrency.upsert-that-does-nothing",
    "Two insert the same new row or leave it as it is: does the second see the first one's row?",
    answers={
        "seen": "It goes on, and then sees the first one's row.",
        "unseen": "It goes on, and does not see the row that made it do nothing.",
        "first-refused": "The first one is refused, and the second inserts the row.",
        "refused": "It is refused with an error.",
    },
    docs="orm/queryguide/dml.html#orm-queryguide-upsert",
    needs=("upsert",),
)
def test_upsert_that_does_nothing(db: Database, condition: Condition) -> None:
    db.given(*two_accounts())
    insert_or_nothing = db.upsert(Account)

    def put(session: Session, balance: int) -> None:
        session.execute(insert_or_nothing.values(id=3, owner="owner 3", balance=balance))

    with db.together("T1", "T2", condition=condition) as (one, two):
        two.does(balances)
        one.does(put, 31)
        step = two.does(put, 32)
        one.commits()
        looked = two.does(balances)
        two.commits()

    db.tell(waited=step.waited, seen=looked.value)
    if two.errors:
        db.answer("refused")
    else:
        db.answer({31: "seen", None: "unseen", 32: "first-refused"}[looked.value.get(3)])


def add_entry(session: Session) -> None:
    """Add an entry to account 2, and flush."""
    session.add(Entry(id=1, account_id=2, amount=5))
    session.flush()


def delete_account(session: Session) -> None:
    """Delete account 2."""
    session.execute(delete(Account).where(Account.id == 2))


def is_orphan(db: Database) -> bool:
    """Tell whether there is an entry of an account that is not there."""
    return bool(db.stored(Entry)) and db.stored(Account, 2) is None


@question(
    "concurrency.child-then-parent-deleted",
    "One adds a child and another deletes its parent: what becomes of the one that deletes?",
    answers=SECOND | BROKEN,
    docs=INTEGRITY,
    needs=("fk_enforcement",),
)
def test_child_then_parent_deleted(db: Database, condition: Condition) -> None:
    db.given(*two_accounts())

    with db.together("T1", "T2", condition=condition) as (one, two):
        one.does(add_entry)
        step = two.does(delete_account)
        one.commits()
        two.commits()

    db.answer("orphan" if is_orphan(db) else became_of_second(two, step))


@question(
    "concurrency.parent-deleted-then-child",
    "One deletes a parent and another adds a child of it: what becomes of the one that adds?",
    answers=SECOND | BROKEN,
    docs=INTEGRITY,
    needs=("fk_enforcement",),
)
def test_parent_deleted_then_child(db: Database, condition: Condition) -> None:
    db.given(*two_accounts())

    with db.together("T1", "T2", condition=condition) as (one, two):
        one.does(delete_account)
        step = two.does(add_entry)
        one.commits()
        two.commits()

    db.answer("orphan" if is_orphan(db) else became_of_second(two, step))
