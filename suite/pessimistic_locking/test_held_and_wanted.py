"""One Session holds a row by SELECT … FOR UPDATE or FOR SHARE, and another one wants it."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from session_conformance import (
    WAYS,
    Account,
    Condition,
    Database,
    Entry,
    Step,
    balances,
    question,
    two_accounts,
)

FOR_UPDATE = "API Select.with_for_update"

BECOMES = {
    "goes-on": "It goes on at once, and the row is among those that it gets.",
    "goes-on-without": "It goes on at once, and the row is not among those that it gets.",
    "waits": "It waits until the first one commits, and gets the row then.",
    "waits-then-refused": "It waits until the first one commits, and is refused then.",
    "refused": "It is refused with an error at once.",
}

HELD: dict[str, dict[str, Any]] = {
    "update": {},
    "share": {"read": True},
    "no-key-update": {"key_share": True},
}

WANTED: dict[str, dict[str, Any]] = {
    "update": {},
    "update-nowait": {"nowait": True},
    "update-skip-locked": {"skip_locked": True},
    "share": {"read": True},
    "share-nowait": {"read": True, "nowait": True},
    "share-skip-locked": {"read": True, "skip_locked": True},
    "key-share": {"read": True, "key_share": True},
}

# A lock of the key alone is made for who changes no key.
PAIRS = [
    (held, wanted)
    for held in HELD
    for wanted in WANTED
    if wanted == "key-share" or held != "no-key-update"
]


def select_locking(session: Session, keys: list[int], **options: Any) -> list[int]:
    """Select the keys of rows, and lock these rows."""
    query = select(Account.id).where(Account.id.in_(keys)).order_by(Account.id)
    return list(session.scalars(query.with_for_update(**options)))


def select_plainly(session: Session) -> list[int]:
    """Read row 1."""
    return list(balances(session, 1))


def write(session: Session) -> list[int]:
    """Update row 1; return its key if it was met."""
    return [1] * WAYS[0].set_value(session, 1, 11)


def becomes(wanted: Step) -> str:
    """Return the answer: what became of the one that wants row 1."""
    if wanted.error is not None:
        return "waits-then-refused" if wanted.waited else "refused"
    if wanted.waited:
        return "waits"
    return "goes-on" if 1 in wanted.value else "goes-on-without"


@question(
    "pessimistic-locking.held-then-wanted-by-lock",
    "A row is locked by one Session: what becomes of another one that selects it with a lock?",
    answers=BECOMES,
    docs=FOR_UPDATE,
    needs=("select_for_update",),
)
@pytest.mark.parametrize(("held", "wanted"), PAIRS, ids=["-then-".join(pair) for pair in PAIRS])
def test_wanted_by_lock(db: Database, held: str, wanted: str, condition: Condition) -> None:
    """Who may skip rows asks for both, so that something is left to get."""
    db.given(*two_accounts())
    keys = [1, 2] if wanted.endswith("skip-locked") else [1]

    with db.together("T1", "T2", condition=condition) as (one, two):
        one.does(select_locking, [1], **HELD[held])
        step = two.does(select_locking, keys, **WANTED[wanted])
        one.commits()
        two.commits()

    db.answer(becomes(step))


@question(
    "pessimistic-locking.held-then-wanted-plainly",
    "A row is locked by one Session: what becomes of another one that reads or writes it?",
    answers=BECOMES,
    docs=FOR_UPDATE,
    needs=("select_for_update",),
)
@pytest.mark.parametrize("wants", [select_plainly, write], ids=["read", "write"])
@pytest.mark.parametrize("held", ["update", "share"])
def test_wanted_plainly(
    db: Database, held: str, wants: Callable[[Session], list[int]], condition: Condition
) -> None:
    db.given(*two_accounts())

    with db.together("T1", "T2", condition=condition) as (one, two):
        one.does(select_locking, [1], **HELD[held])
        step = two.does(wants)
        one.commits()
        two.commits()

    db.answer(becomes(step))


def lock_entry_of_join(session: Session) -> None:
    """Select account 1 with its entry, and lock the entry alone."""
    query = select(Account, Entry).join(Account.entries).where(Account.id == 1)
    session.execute(query.with_for_update(of=Entry)).all()


@question(
    "pessimistic-locking.of-one-of-a-join",
    "A join is selected with_for_update(of=) one entity: what of who writes the other's row?",
    answers=BECOMES,
    docs=FOR_UPDATE,
    needs=("select_for_update",),
)
def test_of_one_of_a_join(db: Database, condition: Condition) -> None:
    db.given(*two_accounts(), Entry(id=1, account_id=1, amount=10))

    with db.together("T1", "T2", condition=condition) as (one, two):
        one.does(lock_entry_of_join)
        step = two.does(write)
        one.commits()
        two.commits()

    db.answer(becomes(step))


def balance_locking(session: Session) -> int:
    """Select the balance of row 1 FOR UPDATE."""
    return session.scalars(select(Account.balance).where(Account.id == 1).with_for_update()).one()


def set_to_11(session: Session) -> None:
    """Set row 1 to 11."""
    session.execute(update(Account).where(Account.id == 1).values(balance=11))


@question(
    "pessimistic-locking.value-after-wait",
    "A SELECT FOR UPDATE waited for one who changed the row and committed: what does it get?",
    answers={
        "old": "The value from before the change, be it that the other one waited with it.",
        "new": "The value that was committed while it waited.",
        "error": "It is refused with an error.",
    },
    docs=FOR_UPDATE,
    needs=("select_for_update",),
)
@pytest.mark.parametrize("read_before", [False, True], ids=["unread", "read-before"])
def test_value_after_wait(db: Database, read_before: bool, condition: Condition) -> None:
    db.given(*two_accounts())

    with db.together("T1", "T2", condition=condition) as (one, two):
        if read_before:
            two.does(select_plainly)
        one.does(set_to_11)
        locked = two.does(balance_locking)
        one.commits()
        two.commits()

    if locked.error is None:
        db.answer({10: "old", 11: "new"}[locked.value])
    else:
        db.answer("error")
