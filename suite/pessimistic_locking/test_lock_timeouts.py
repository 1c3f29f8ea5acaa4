"""A statement that waits too long for a lock: what is left of its transaction."""

from collections.abc import Callable

import pytest
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from session_conformance import (
    WAYS,
    Account,
    Actor,
    Condition,
    Database,
    Step,
    balances,
    facts_of,
    promise,
    question,
    state_of,
    two_accounts,
)

OPERATIONAL = "errors.html#operationalerror"
ROLLBACK = "faq/sessions.html#faq-session-rollback"

dml, uow = WAYS


def set_in_savepoint(session: Session, key: int, value: int) -> None:
    """Set a row by flush(), inside begin_nested()."""
    with session.begin_nested():
        uow.set_value(session, key, value)


def run_out_of_time(
    db: Database, one: Actor, two: Actor, write: Callable[[Session, int, int], object]
) -> list[Step]:
    """Let T1 set row 1, and T2 insert row 100 and then want row 1 too, by `write`, in vain."""
    two.does(db.limit_lock_wait)
    one.does(dml.set_value, 1, 11)
    insert = two.does(dml.insert, 100, 0, go_on=True)
    two.ends()
    wanted = two.does(write, 1, 12, go_on=True)
    two.ends()
    return [insert, wanted]


LEFT = {
    "goes-on": "It goes on: what it did before and what it does next is stored.",
    "nothing-in-silence": "What it does next is refused; commit() returns, and nothing is stored.",
    "nothing-and-an-error": "What it does next is refused, and so is commit(); nothing is stored.",
    "only-what-came-after": "What it does next is stored; its work before is undone in silence.",
    "first-write-refused": "There is none before: its first write waited, though for another row.",
}


def go_on(two: Actor, one: Actor) -> Step:
    """Let T2 insert row 300 and commit, whatever T1 holds, and end them."""
    two.does(dml.insert, 300, 0, go_on=True)
    two.ends()
    commit = two.does(Session.commit, go_on=True)
    one.commits()
    return commit


def what_is_left(db: Database, insert: Step, commit: Step) -> str:
    """Name what is left of a transaction in which a statement was refused."""
    stored = {account.id for account in db.stored(Account)}
    if not insert.done:
        return "first-write-refused"
    if 300 in stored:
        return "goes-on" if 100 in stored else "only-what-came-after"
    if 100 in stored:
        return "only-what-came-before"
    return "nothing-in-silence" if commit.done else "nothing-and-an-error"


@question(
    "pessimistic-locking.lock-timeout-transaction",
    "A statement waits too long for a lock, and the error is caught: can the transaction go on?",
    answers=LEFT,
    docs=ROLLBACK,
)
def test_transaction(db: Database, condition: Condition) -> None:
    """Takes a second or two where the server counts the time for a lock in whole ones."""
    db.given(*two_accounts())

    with db.together("T1", "T2", condition=condition) as (one, two):
        insert, wanted = run_out_of_time(db, one, two, dml.set_value)
        state = two.does(state_of)
        own = two.does(balances, 100, go_on=True)
        commit = go_on(two, one)

    db.tell(**facts_of(wanted.error), **state.value, reads_own_row=own.value == {100: 0})
    db.answer(what_is_left(db, insert, commit))


@question(
    "pessimistic-locking.lock-timeout-in-savepoint",
    "A flush waits too long for a lock within begin_nested(): can the outer transaction go on?",
    answers=LEFT,
    docs="orm/session_transaction.html#using-savepoint",
    needs=("savepoints",),
)
def test_in_savepoint(db: Database, condition: Condition) -> None:
    """Takes a second or two where the server counts the time for a lock in whole ones."""
    db.given(*two_accounts())

    with db.together("T1", "T2", condition=condition) as (one, two):
        insert, wanted = run_out_of_time(db, one, two, set_in_savepoint)
        state = two.does(state_of)
        commit = go_on(two, one)

    db.tell(**facts_of(wanted.error), **state.value)
    db.answer(what_is_left(db, insert, commit))


@question(
    "pessimistic-locking.lock-timeout-statement-again",
    "A statement waited too long for a lock that is free now: what if it is just sent again?",
    answers={"works": "It works.", "refused": "It is refused again."},
    docs=ROLLBACK,
)
def test_statement_again(db: Database, condition: Condition) -> None:
    """Takes a second or two where the server counts the time for a lock in whole ones."""
    db.given(*two_accounts())

    with db.together("T1", "T2", condition=condition) as (one, two):
        run_out_of_time(db, one, two, dml.set_value)
        one.commits()
        again = two.does(dml.set_value, 1, 12, go_on=True)
        two.does(Session.commit, go_on=True)

    db.tell(**facts_of(again.error))
    db.answer("works" if again.done else "refused")


@promise(
    "pessimistic-locking.lock-timeout-in-flush",
    "A flush that waits too long for a lock undoes all; after rollback() the Session works again.",
    docs=ROLLBACK,
    needs=("select_for_update",),
)
def test_in_flush(db: Database) -> None:
    """Takes a second or two where the server counts the time for a lock in whole ones."""
    db.given(*two_accounts())

    with db.session() as session:
        db.limit_lock_wait(session)
        session.add(Account(id=100, owner="Ann", balance=0))
        session.flush()
        account = session.get_one(Account, 1)
        account.balance = 11
        with db.holding(Account, 1), pytest.raises(DBAPIError):
            session.flush()
        assert not session.is_active
        assert not db.locked(Account, 2)

        session.rollback()
        account.balance += 2
        session.commit()

    assert [(row.id, row.balance) for row in db.stored(Account)] == [(1, 12), (2, 20)]


@question(
    "pessimistic-locking.whole-database-lock",
    "A Session has written a row: what of another one that writes another row and waits not long?",
    answers={
        "goes-on": "It goes on at once: a transaction locks the rows that it writes.",
        "works-later": "It is refused; sent again when the first one has committed, it works.",
        "refused-again": "It is refused, and so is the same statement when the first one commits.",
    },
    docs="dialects/sqlite.html#database-locking-behavior-concurrency",
)
@pytest.mark.parametrize("read_before", [False, True], ids=["unread", "read-before"])
def test_whole_database_lock(db: Database, read_before: bool, condition: Condition) -> None:
    db.given(*two_accounts())

    with db.together("T1", "T2", condition=condition) as (one, two):
        two.does(db.limit_lock_wait)
        if read_before:
            two.does(balances, 2)
        one.does(dml.set_value, 1, 11)
        wanted = two.does(dml.set_value, 2, 22, go_on=True)
        two.ends()
        one.commits()
        again = two.does(dml.set_value, 2, 22, go_on=True)
        two.ends()
        two.does(Session.rollback)

    if wanted.done:
        db.answer("goes-on")
    else:
        db.tell(**facts_of(wanted.error))
        db.answer("works-later" if again.done else "refused-again")
