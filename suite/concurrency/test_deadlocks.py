"""Two Sessions that want each other's rows: who is the victim, and what is left of its work."""

from collections.abc import Callable

import pytest
from sqlalchemy.exc import DBAPIError, PendingRollbackError
from sqlalchemy.orm import Session

from session_conformance import (
    RAISED,
    WAYS,
    Account,
    Actor,
    Condition,
    Database,
    balances,
    facts_of,
    question,
    raised,
    two_accounts,
)

OPERATIONAL = "errors.html#operationalerror"
ROLLBACK = "faq/sessions.html#faq-session-rollback"

NO_DEADLOCK = {"nobody": "Nobody: the second one waits for the first from its first write on."}

dml, uow = WAYS


def set_in_savepoint(session: Session, key: int, value: int) -> None:
    """Set a row inside begin_nested()."""
    with session.begin_nested():
        dml.set_value(session, key, value)


def cross(
    one: Actor, two: Actor, write: Callable[[Session, int, int], object] = dml.set_value
) -> list[Actor]:
    """Let each insert a row, set one and then the other's, by `write`, and go on after an error.

    T1 inserts row 100 and T2 row 200.

    Returns:
        those that were refused, in the order of their last steps.

    """
    one.does(dml.insert, 100, 0)
    two.does(dml.insert, 200, 0)
    one.does(dml.set_value, 1, 11)
    two.does(dml.set_value, 2, 22)
    one.does(write, 2, 21, go_on=True)
    two.does(write, 1, 12, go_on=True)
    return [actor for actor in (one, two) if actor.errors]


@question(
    "concurrency.deadlock-victims",
    "Two Sessions want each other's row: how many of them are refused?",
    answers={"one": "One of them; the other goes on.", "both": "Both of them."} | NO_DEADLOCK,
    docs=OPERATIONAL,
)
def test_victims(db: Database, condition: Condition) -> None:
    """Which one it is, some servers leave to whose clock runs out first."""
    db.given(*two_accounts())

    with db.together("T1", "T2", condition=condition) as (one, two):
        refused = cross(one, two)

    db.answer(["nobody", "one", "both"][len(refused)])


@question(
    "concurrency.deadlock-error-kind",
    "As what class of error is it told, the one of two in a deadlock that is refused?",
    answers=RAISED | NO_DEADLOCK,
    docs=OPERATIONAL,
)
def test_error_of_the_victim(db: Database) -> None:
    db.given(*two_accounts())

    with db.together("T1", "T2") as (one, two):
        refused = cross(one, two)

    db.answer(raised(refused[0].errors[0]) if refused else "nobody")


@question(
    "concurrency.deadlock-victim-goes-on",
    "The victim of a deadlock catches the error, inserts another row and commits: what is stored?",
    answers={
        "nothing-in-silence": "Its INSERT is refused; commit() returns, and nothing is stored.",
        "nothing-and-an-error": "Its INSERT and its commit() are refused; nothing is stored.",
        "only-what-came-after": "Its work before is undone in silence; what came after is stored.",
        "all-but-the-refused": "All its work but the statement that was refused.",
    }
    | NO_DEADLOCK,
    docs=ROLLBACK,
)
def test_victim_goes_on(db: Database, condition: Condition) -> None:
    db.given(*two_accounts())

    with db.together("T1", "T2", condition=condition) as (one, two):
        refused = cross(one, two)
        commit = None
        for victim in refused[:1]:
            victim.does(dml.insert, 300, 0, go_on=True)
            commit = victim.does(Session.commit, go_on=True)
        for other in {one, two} - set(refused):
            other.commits()

    stored = {account.id for account in db.stored(Account)}
    if not refused:
        db.answer("nobody")
    else:
        own = 100 if refused[0] is one else 200
        db.answer(what_is_stored(own in stored, 300 in stored, commit is None or not commit.done))


def what_is_stored(before: bool, after: bool, told: bool) -> str:
    """Name what is left of the victim's work."""
    if before and after:
        return "all-but-the-refused"
    if after:
        return "only-what-came-after"
    if before:
        return "only-what-came-before"
    return "nothing-and-an-error" if told else "nothing-in-silence"


def read(session: Session) -> dict[int, int]:
    """Read every account."""
    return balances(session)


@question(
    "concurrency.deadlock-victim-reads",
    "The victim of a deadlock catches the error and reads: is the row there that it inserted?",
    answers={
        "there": "It reads its own row.",
        "gone": "It reads, and its own row is not there any more.",
        "refused": "It is refused until rollback() is called.",
    }
    | NO_DEADLOCK,
    docs=ROLLBACK,
)
def test_victim_reads(db: Database, condition: Condition) -> None:
    db.given(*two_accounts())

    with db.together("T1", "T2", condition=condition) as (one, two):
        refused = cross(one, two)
        for other in {one, two} - set(refused):
            other.commits()
        own = [victim.does(read, go_on=True) for victim in refused[:1]]

    if not own:
        db.answer("nobody")
    elif own[0].error is not None:
        db.tell(**facts_of(own[0].error))
        db.answer("refused")
    else:
        db.answer("there" if (100 if refused[0] is one else 200) in own[0].value else "gone")


@question(
    "concurrency.deadlock-in-flush",
    "The victim of a deadlock was refused within flush(): what does its next statement do?",
    answers={
        "pending-rollback": "It raises PendingRollbackError, until rollback() is called.",
        "refused": "It is refused by the database.",
        "goes-on": "It works.",
    }
    | NO_DEADLOCK,
    docs=ROLLBACK,
)
def test_in_flush(db: Database) -> None:
    db.given(*two_accounts())

    with db.together("T1", "T2") as (one, two):
        refused = cross(one, two, uow.set_value)
        after = [victim.does(read, go_on=True) for victim in refused[:1]]
        for other in {one, two} - set(refused):
            other.commits()

    if not after:
        db.answer("nobody")
    elif isinstance(after[0].error, PendingRollbackError):
        db.answer("pending-rollback")
    else:
        db.answer("refused" if after[0].error else "goes-on")


@question(
    "concurrency.deadlock-in-savepoint",
    "The victim of a deadlock was refused within begin_nested(): what becomes of its outer work?",
    answers={
        "kept": "It is told of the deadlock, and what it did before the SAVEPOINT is committed.",
        "lost": "It is told of the deadlock, and what it did before the SAVEPOINT is gone.",
        "savepoint-gone": "It is told that the SAVEPOINT is gone, and so is what it did before.",
    }
    | NO_DEADLOCK,
    docs="faq/connections.html#mysql-sync-errors",
    needs=("savepoints",),
)
def test_in_savepoint(db: Database, condition: Condition) -> None:
    db.given(*two_accounts())

    with db.together("T1", "T2", condition=condition) as (one, two):
        refused = cross(one, two, set_in_savepoint)
        for victim in refused[:1]:
            victim.does(Session.commit, go_on=True)
        for other in {one, two} - set(refused):
            other.commits()

    stored = {account.id for account in db.stored(Account)}
    if not refused:
        db.answer("nobody")
    elif (100 if refused[0] is one else 200) in stored:
        db.answer("kept")
    else:
        db.answer("savepoint-gone" if of_savepoint(refused[0]) else "lost")


def of_savepoint(actor: Actor) -> bool:
    """Tell whether what was refused is the return to a SAVEPOINT."""
    error = actor.errors[0]
    return isinstance(error, DBAPIError) and "SAVEPOINT" in (error.statement or "")


@question(
    "concurrency.deadlock-in-savepoint-told",
    "A deadlock's victim was refused within begin_nested(): where does the error tell of it?",
    answers={
        "in-the-error": "The error itself is that of the deadlock.",
        "in-its-context": "The error is of the SAVEPOINT; its __context__ is that of the deadlock.",
        "nowhere": "The error is of the SAVEPOINT, and no other one can be found behind it.",
    }
    | NO_DEADLOCK,
    docs="faq/connections.html#mysql-sync-errors",
    needs=("savepoints",),
)
def test_told_in_savepoint(db: Database) -> None:
    """Who asks an error whether to start again has to ask those behind it too."""
    db.given(*two_accounts())

    with db.together("T1", "T2") as (one, two):
        refused = cross(one, two, set_in_savepoint)

    if not refused:
        db.answer("nobody")
    elif not of_savepoint(refused[0]):
        db.answer("in-the-error")
    else:
        error = refused[0].errors[0]
        db.tell(**facts_of(error))
        behind = error.__context__
        db.answer("in-its-context" if isinstance(behind, DBAPIError) else "nowhere")


def insert_many(session: Session, first: int) -> None:
    """Insert twenty rows, one at a time."""
    for key in range(first, first + 20):
        dml.insert(session, key, 0)


@question(
    "concurrency.deadlock-by-weight",
    "In a deadlock one of two has changed many more rows: is it the other one that is refused?",
    answers={
        "the-lighter": "The one that has changed fewer rows is refused.",
        "whichever": "The one that has changed more rows is refused too: something else decides.",
    }
    | NO_DEADLOCK,
    docs=OPERATIONAL,
)
def test_by_weight(db: Database) -> None:
    """Where a clock decides, the one that waits first is refused, and now and then the other.

    So the one that waits first is the one that has changed more, up to three times.
    """
    db.given(*two_accounts())

    became = []
    for first in (100, 200, 300):
        with db.together("T1", "T2") as (heavy, light):
            heavy.does(insert_many, first)
            heavy.does(dml.set_value, 1, 11)
            light.does(dml.set_value, 2, 22)
            heavy.does(dml.set_value, 2, 21, go_on=True)
            light.does(dml.set_value, 1, 12, go_on=True)
        became += [actor.name for actor in (heavy, light) if actor.errors]

    if not became:
        db.answer("nobody")
    else:
        db.answer("whichever" if "T1" in became else "the-lighter")


@question(
    "concurrency.deadlock-late-waiter",
    "Two Sessions want each other's row: which is refused if the second one asks at once, or late?",
    answers={
        "first": "The one that asked first, and so has waited longer.",
        "second": "The one that asked second, and so closed the ring.",
        "both": "Both of them.",
    }
    | NO_DEADLOCK,
    docs=OPERATIONAL,
)
@pytest.mark.parametrize("second", ["at-once", "late"])
def test_late_waiter(db: Database, second: str) -> None:
    """A server may look at a wait once only, and leave a ring to whoever closes it after that.

    Late is after that look. At once is before it, unless this process is held up meanwhile: where
    the second one is refused, it is tried up to three times.
    """
    db.given(*two_accounts())

    refused = victims(db, late=second == "late")
    for _ in range(2):
        if second == "at-once" and refused == ["T2"]:
            refused = victims(db, late=False)

    db.answer({"": "nobody", "T1": "first", "T2": "second", "T1 T2": "both"}[" ".join(refused)])


def victims(db: Database, *, late: bool) -> list[str]:
    """Let two want each other's row, and name those that are refused."""
    with db.together("T1", "T2") as (one, two):
        one.does(dml.set_value, 1, 11)
        two.does(dml.set_value, 2, 22)
        one.does(dml.set_value, 2, 21, go_on=True)
        if late:
            one.passes_deadlock_check()
        two.does(dml.set_value, 1, 12, go_on=True)
        return [actor.name for actor in (one, two) if actor.errors]
