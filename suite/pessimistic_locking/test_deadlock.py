"""Two Sessions that wait for each other."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from session_conformance import Account, Database, promise


def cross(engine: Engine, both_hold_one: Barrier, first: int, second: int) -> DBAPIError | None:
    """Take 10 from one account and give it to another; return the error that stopped it."""
    with Session(engine) as session:
        giver = session.get_one(Account, first)
        taker = session.get_one(Account, second)
        giver.balance -= 10
        session.flush()
        both_hold_one.wait()
        try:
            taker.balance += 10
            session.commit()
        except DBAPIError as error:
            return error
        return None


@promise(
    "pessimistic-locking.deadlock-one-victim",
    "Of two Sessions in a deadlock one fails with a DBAPIError, no disconnect; the other commits.",
    docs="errors.html#operationalerror",
    needs=("select_for_update", "threads"),
)
def test_deadlock_has_one_victim(db: Database) -> None:
    """Takes a second where the server looks for deadlocks only after one."""
    db.given(Account(id=1, owner="Ann", balance=100), Account(id=2, owner="Bob", balance=100))
    engine = db.new_engine()
    both_hold_one = Barrier(2, timeout=5)

    with ThreadPoolExecutor(2) as threads:
        ann = threads.submit(cross, engine, both_hold_one, 1, 2)
        bob = threads.submit(cross, engine, both_hold_one, 2, 1)
    errors = [error for error in (ann.result(), bob.result()) if error]

    assert [error.connection_invalidated for error in errors] == [False]
    expected = [90, 110] if bob.result() else [110, 90]
    assert [account.balance for account in db.stored(Account)] == expected
    assert db.checked_out == 0


def cross_again(
    engine: Engine, both_hold_one: Barrier, one_is_done: Event, first: int, second: int
) -> int:
    """Do as `cross`, until it is done, in one Session; return how often that was tried."""
    with Session(engine) as session:
        for tried in range(1, 4):
            try:
                giver = session.get_one(Account, first, with_for_update=True)
                giver.balance -= 10
                session.flush()
                if tried == 1:
                    both_hold_one.wait()
                session.get_one(Account, second, with_for_update=True).balance += 10
                session.commit()
            except DBAPIError:
                session.rollback()
                # Sooner, it could take the row again before the other one does.
                one_is_done.wait(5)
            else:
                one_is_done.set()
                return tried
    return 0


@promise(
    "pessimistic-locking.deadlock-victim-recovers",
    "After rollback() the victim of a deadlock does its work again, in the same Session.",
    docs="faq/sessions.html#faq-session-rollback",
    needs=("select_for_update", "threads"),
)
def test_deadlock_victim_recovers(db: Database) -> None:
    """Takes a second where the server looks for deadlocks only after one."""
    db.given(Account(id=1, owner="Ann", balance=100), Account(id=2, owner="Bob", balance=50))
    engine = db.new_engine()
    both_hold_one = Barrier(2, timeout=5)
    one_is_done = Event()

    with ThreadPoolExecutor(2) as threads:
        ann = threads.submit(cross_again, engine, both_hold_one, one_is_done, 1, 2)
        bob = threads.submit(cross_again, engine, both_hold_one, one_is_done, 2, 1)

    assert sorted([ann.result(), bob.result()]) == [1, 2]
    assert [account.balance for account in db.stored(Account)] == [100, 50]
