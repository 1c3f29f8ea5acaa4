"""A writer beside a writer, a reader beside a writer, and a writer beside a reader."""

import pytest
from sqlalchemy.orm import Session

from session_conformance import (
    WAYS,
    Account,
    Condition,
    Database,
    balances,
    facts_of,
    question,
    state_of,
    two_accounts,
)

SQLITE = "dialects/sqlite.html#database-locking-behavior-concurrency"
REFRESHING = "orm/session_state_management.html#session-expire"

dml = WAYS[0]


@question(
    "concurrency.single-writer-contention",
    "Two Sessions insert a row each at the same time: what becomes of the second?",
    answers={
        "goes-on": "It goes on at once; both rows are stored.",
        "waits": "It waits until the first one has committed; both rows are stored.",
        "refused": "It is refused, and the first one's row is stored.",
        "row-lost": "Both are told that they have committed, and a row is missing.",
    },
    docs=SQLITE,
)
def test_single_writer_contention(db: Database, condition: Condition) -> None:
    """In the index of owners a row stands between the two: neither is in the other's gap."""
    db.given(*two_accounts())

    with db.together("T1", "T2", condition=condition) as (one, two):
        one.does(dml.insert, 100, 0)
        second = two.does(dml.insert, 200, 0)
        one.commits()
        two.commits()

    stored = [account.id for account in db.stored(Account) if account.id > 2]
    committed = [100] * one.committed + [200] * two.committed
    if stored != committed:
        db.answer("row-lost")
    elif committed == [100]:
        db.answer("refused")
    else:
        db.answer("waits" if second.waited else "goes-on")


@question(
    "concurrency.readers-do-not-block",
    "A Session has changed a row and not committed: does another one that reads have to wait?",
    answers={
        "sees-old": "It reads at once, and sees the row as it was.",
        "sees-new": "It reads at once, and sees what is not committed.",
        "waits": "It waits until the change is committed, and reads then.",
        "waits-then-refused": "It waits until the change is committed, and is refused then.",
    },
    docs=REFRESHING,
)
@pytest.mark.parametrize("key", [1, 2], ids=["same-row", "other-row"])
def test_readers_do_not_block(db: Database, key: int, condition: Condition) -> None:
    db.given(*two_accounts())

    with db.together("T1", "T2", condition=condition) as (one, two):
        one.does(dml.set_value, 1, 11)
        read = two.does(balances, key)
        one.commits()
        two.commits()

    if read.error is not None and read.waited:
        db.tell(**facts_of(read.error))
        db.answer("waits-then-refused")
    elif read.waited:
        db.answer("waits")
    else:
        db.answer("sees-new" if read.value[key] == 11 else "sees-old")


@question(
    "concurrency.writer-beside-reader",
    "A Session has read a row and stays open: does another one that changes it have to wait?",
    answers={
        "goes-on": "It goes on at once, and so does its commit().",
        "write-waits": "Its UPDATE waits until the reader has ended.",
        "commit-waits": "Its UPDATE goes on at once, and its commit() waits for the reader's end.",
        "refused": "It is refused with an error.",
    },
    docs=SQLITE,
)
def test_writer_beside_reader(db: Database, condition: Condition) -> None:
    db.given(*two_accounts())

    with db.together("T1", "T2", condition=condition) as (one, two):
        one.does(balances)
        write = two.does(dml.set_value, 1, 11)
        commit = two.commits()
        one.commits()

    if not two.committed:
        db.answer("refused")
    elif write.waited:
        db.answer("write-waits")
    else:
        db.answer("commit-waits" if commit.waited else "goes-on")


@question(
    "concurrency.commit-again",
    "A reader keeps commit() from going on, and it waits too long: what if it is called again?",
    answers={
        "goes-on": "It does not wait: its first commit() stores its work.",
        "write-refused": "Its UPDATE was refused before; there is nothing to commit.",
        "stores": "Called again when the reader has ended, commit() stores the work.",
        "stores-nothing": "Called again when the reader has ended, commit() stores nothing.",
        "refused-again": "Called again when the reader has ended, commit() raises.",
    },
    docs=SQLITE,
)
def test_commit_again(db: Database, condition: Condition) -> None:
    """Takes a second or two where the server counts the time for a lock in whole ones."""
    db.given(*two_accounts())

    with db.together("T1", "T2", condition=condition) as (one, two):
        two.does(db.limit_lock_wait)
        one.does(balances)
        write = two.does(dml.set_value, 1, 11, go_on=True)
        two.ends()
        commit = two.does(Session.commit, go_on=True)
        two.ends()
        state = two.does(state_of)
        one.commits()
        again = two.does(Session.commit, go_on=True)

    db.tell(**facts_of(commit.error), **state.value)
    db.tell(**{f"again_{name}": value for name, value in facts_of(again.error).items()})
    stored = db.stored(Account, 1)
    if not write.done:
        db.answer("write-refused")
    elif commit.done:
        db.answer("goes-on")
    elif again.done:
        db.answer("stores" if stored and stored.balance == 11 else "stores-nothing")
    else:
        db.answer("refused-again")
