"""A transaction that is refused because another one has changed a row that it read."""

from collections.abc import Callable

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

SERIALIZATION = "orm/session_transaction.html#setting-transaction-isolation-levels-dbapi-autocommit"

LEFT = {
    "nobody": "Nobody is refused: the statement goes on, or the other transaction waits.",
    "goes-on": "All its work is stored but the statement that was refused.",
    "nothing-in-silence": "What it does next is refused; commit() returns, and nothing is stored.",
    "nothing-and-an-error": "What it does next is refused, and so is commit(); nothing is stored.",
    "only-what-came-after": "Its work before is undone in silence; what came after is stored.",
}

dml, uow = WAYS


def set_in_savepoint(session: Session, key: int, value: int) -> None:
    """Set a row by flush(), inside begin_nested()."""
    with session.begin_nested():
        uow.set_value(session, key, value)


def run(db: Database, condition: Condition, write: Callable[[Session, int, int], object]) -> str:
    """Let T2 insert and read, T1 change and commit, and T2 write what it read; T2 goes on.

    Returns:
        the answer: what is left of T2's work.

    """
    with db.together("T1", "T2", condition=condition) as (one, two):
        two.does(dml.insert, 100, 0)
        two.does(balances, 1)
        one.does(dml.set_value, 1, 11)
        one.commits()
        wanted = two.does(write, 1, 12, go_on=True)
        db.tell(**facts_of(wanted.error))
        if wanted.error is not None:
            db.tell(**two.does(state_of).value)
            own = two.does(balances, 100, go_on=True)
            db.tell(reads_own_row=own.value == {100: 0})
        two.does(dml.insert, 300, 0, go_on=True)
        commit = two.does(Session.commit, go_on=True)

    stored = {account.id for account in db.stored(Account)}
    if wanted.error is None:
        return "nobody"
    if 300 in stored:
        return "goes-on" if 100 in stored else "only-what-came-after"
    if 100 in stored:
        return "only-what-came-before"
    return "nothing-in-silence" if commit.done else "nothing-and-an-error"


@question(
    "concurrency.serialization-failure-goes-on",
    "A row read is changed elsewhere; the UPDATE of it is refused, the error caught: what is left?",
    answers=LEFT,
    docs=SERIALIZATION,
)
def test_goes_on(db: Database, condition: Condition) -> None:
    db.given(*two_accounts())

    db.answer(run(db, condition, dml.set_value))


@question(
    "concurrency.serialization-failure-in-savepoint",
    "A row read is changed elsewhere; its flush is refused within begin_nested(): what is left?",
    answers=LEFT,
    docs="orm/session_transaction.html#using-savepoint",
    needs=("savepoints",),
)
def test_in_savepoint(db: Database, condition: Condition) -> None:
    db.given(*two_accounts())

    db.answer(run(db, condition, set_in_savepoint))
