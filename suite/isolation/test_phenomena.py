"""Phenomena: what two or three transactions at once can do to each other, level by level."""

from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from session_conformance import (
    PHENOMENON,
    WAYS,
    Account,
    Condition,
    Database,
    Step,
    Way,
    balances,
    balances_divisible,
    became,
    keys_with_balance,
    question,
    two_accounts,
)

LEVELS = "orm/session_transaction.html#setting-transaction-isolation-levels-dbapi-autocommit"

both_ways = pytest.mark.parametrize("way", WAYS, ids=[way.name for way in WAYS])


def values(*steps: Step) -> list[Any]:
    """Return what the steps returned that came to their end."""
    return [step.value for step in steps if step.done]


@question(
    "isolation.g0-dirty-write",
    "Can two transactions that write the same two rows leave a mixture of both behind (G0)?",
    answers=PHENOMENON,
    docs=LEVELS,
)
@both_ways
def test_dirty_write(db: Database, way: Way, condition: Condition) -> None:
    db.given(*two_accounts())

    with db.together("T1", "T2", condition=condition) as (one, two):
        one.begins(), two.begins()
        one.does(way.set_value, 1, 11)
        two.does(way.set_value, 1, 12)
        one.does(way.set_value, 2, 21)
        one.commits()
        two.does(way.set_value, 2, 22)
        two.commits()

    left = [account.balance for account in db.stored(Account)]
    db.answer(became(left not in ([11, 21], [12, 22], [10, 20]), one, two))


@question(
    "isolation.g1a-aborted-read",
    "Can a transaction read what another one writes and then rolls back (G1a)?",
    answers=PHENOMENON,
    docs=LEVELS,
)
@both_ways
def test_aborted_read(db: Database, way: Way, condition: Condition) -> None:
    db.given(*two_accounts())

    with db.together("T1", "T2", condition=condition) as (one, two):
        one.begins(), two.begins()
        one.does(way.set_value, 1, 101)
        first = two.does(balances)
        one.rolls_back()
        second = two.does(balances)
        two.commits()

    seen = [read[1] for read in values(first, second)]
    db.answer(became(101 in seen, two))


@question(
    "isolation.g1b-intermediate-read",
    "Can a transaction read a value that another one writes and then overwrites itself (G1b)?",
    answers=PHENOMENON,
    docs=LEVELS,
)
@both_ways
def test_intermediate_read(db: Database, way: Way, condition: Condition) -> None:
    db.given(*two_accounts())

    with db.together("T1", "T2", condition=condition) as (one, two):
        one.begins(), two.begins()
        one.does(way.set_value, 1, 101)
        first = two.does(balances)
        one.does(way.set_value, 1, 11)
        one.commits()
        second = two.does(balances)
        two.commits()

    seen = [read[1] for read in values(first, second)]
    db.answer(became(101 in seen, one, two))


@question(
    "isolation.g1c-circular-information-flow",
    "Can two transactions each read what the other has written and not yet committed (G1c)?",
    answers=PHENOMENON,
    docs=LEVELS,
)
@both_ways
def test_circular_information_flow(db: Database, way: Way, condition: Condition) -> None:
    db.given(*two_accounts())

    with db.together("T1", "T2", condition=condition) as (one, two):
        one.begins(), two.begins()
        one.does(way.set_value, 1, 11)
        two.does(way.set_value, 2, 22)
        ones = one.does(balances, 2)
        twos = two.does(balances, 1)
        one.commits()
        two.commits()

    db.answer(became(values(ones, twos) == [{2: 22}, {1: 11}], one, two))


@question(
    "isolation.otv-observed-transaction-vanishes",
    "Can a read show one row as one transaction left it and another as a later one did (OTV)?",
    answers=PHENOMENON,
    docs=LEVELS,
)
@both_ways
def test_observed_transaction_vanishes(db: Database, way: Way, condition: Condition) -> None:
    db.given(*two_accounts())

    with db.together("T1", "T2", "T3", condition=condition) as (one, two, three):
        one.begins(), two.begins(), three.begins()
        one.does(way.set_value, 1, 11)
        one.does(way.set_value, 2, 19)
        two.does(way.set_value, 1, 12)
        one.commits()
        first = three.does(balances)
        two.does(way.set_value, 2, 18)
        second = three.does(balances)
        two.commits()
        third = three.does(balances)
        three.commits()

    mixtures = [{1: 11, 2: 18}, {1: 12, 2: 19}]
    happened = any(read in mixtures for read in values(first, second, third))
    db.answer(became(happened, one, two, three))


@question(
    "isolation.pmp-read-predicate",
    "Can a row that another one inserts turn up in a later read by another condition (PMP)?",
    answers=PHENOMENON,
    docs=LEVELS,
)
@both_ways
def test_read_predicate(db: Database, way: Way, condition: Condition) -> None:
    db.given(*two_accounts())

    with db.together("T1", "T2", condition=condition) as (one, two):
        one.begins(), two.begins()
        first = one.does(keys_with_balance, 30)
        two.does(way.insert, 3, 30)
        two.commits()
        second = one.does(balances_divisible, 3)
        one.commits()

    db.answer(became(values(first, second) == [[], {3: 30}], one, two))


@question(
    "isolation.pmp-write-predicate",
    "Can a DELETE choose by values that another one has changed by the time it deletes (PMP)?",
    answers=PHENOMENON,
    docs=LEVELS,
)
@both_ways
def test_write_predicate(db: Database, way: Way, condition: Condition) -> None:
    """T1 comes first and sees both rows, so that only T1 before T2 is an order."""
    db.given(*two_accounts())

    with db.together("T1", "T2", condition=condition) as (one, two):
        one.begins(), two.begins()
        one.does(way.add_to_all, 10)
        two.does(way.delete_of_value, 20)
        one.commits()
        after = two.does(keys_with_balance, 20)
        two.commits()

    left = {account.id: account.balance for account in db.stored(Account)}
    in_order = values(after) == [[]] and left == {2: 30}
    db.answer(became(not in_order, one, two))


@question(
    "isolation.pmp-write-predicate-after-read",
    "Can a DELETE choose other rows than a read by the same condition just before it (PMP)?",
    answers=PHENOMENON,
    docs=LEVELS,
)
@both_ways
def test_write_predicate_after_read(db: Database, way: Way, condition: Condition) -> None:
    """T1 comes first and sees both rows, so that only T1 before T2 is an order."""
    db.given(*two_accounts())

    with db.together("T1", "T2", condition=condition) as (one, two):
        one.begins(), two.begins()
        one.does(way.add_to_all, 10)
        before = two.does(keys_with_balance, 20)
        two.does(way.delete_of_value, 20)
        one.commits()
        after = two.does(keys_with_balance, 20)
        two.commits()

    left = {account.id: account.balance for account in db.stored(Account)}
    in_order = values(before, after) == [[1], []] and left == {2: 30}
    db.answer(became(not in_order, one, two))


def load(session: Session) -> tuple[int, Account]:
    """Load row 1; whoever keeps the object has it stay in the identity map."""
    account = session.get_one(Account, 1)
    return account.balance, account


def write_one_more(session: Session, way: Way, loaded: Step) -> None:
    """Write one more than was read: through the object that was loaded, or by a statement."""
    balance, account = loaded.value
    if way.name == "dml":
        way.set_value(session, 1, balance + 1)
    else:
        account.balance += 1
        session.flush()


@question(
    "isolation.p4-lost-update",
    "Can two transactions both write one more than the same value that both have read (P4)?",
    answers=PHENOMENON,
    docs=LEVELS,
)
@both_ways
def test_lost_update(db: Database, way: Way, condition: Condition) -> None:
    db.given(*two_accounts())

    with db.together("T1", "T2", condition=condition) as (one, two):
        one.begins(), two.begins()
        ones = one.does(load)
        twos = two.does(load)
        one.does(write_one_more, way, ones)
        two.does(write_one_more, way, twos)
        one.commits()
        two.commits()

    seen = [balance for balance, _ in values(ones, twos)]
    db.answer(became(seen == [10, 10], one, two))


@question(
    "isolation.g-single-read-skew",
    "Can a transaction read one row from before another one's commit and one from after it?",
    answers=PHENOMENON,
    docs=LEVELS,
)
@both_ways
def test_read_skew(db: Database, way: Way, condition: Condition) -> None:
    db.given(*two_accounts())

    with db.together("T1", "T2", condition=condition) as (one, two):
        one.begins(), two.begins()
        first = one.does(balances, 1)
        two.does(balances)
        two.does(way.set_value, 1, 12)
        two.does(way.set_value, 2, 18)
        two.commits()
        second = one.does(balances, 2)
        one.commits()

    db.answer(became(values(first, second) == [{1: 10}, {2: 18}], one, two))


@question(
    "isolation.g-single-read-skew-by-predicate",
    "Can reads by two conditions show the state before another one's commit and that after it?",
    answers=PHENOMENON,
    docs=LEVELS,
)
@both_ways
def test_read_skew_by_predicate(db: Database, way: Way, condition: Condition) -> None:
    db.given(*two_accounts())

    with db.together("T1", "T2", condition=condition) as (one, two):
        one.begins(), two.begins()
        first = one.does(balances_divisible, 5)
        two.does(way.set_value, 1, 12)
        two.commits()
        second = one.does(balances_divisible, 3)
        one.commits()

    db.answer(became(values(first, second) == [{1: 10, 2: 20}, {1: 12}], one, two))


@question(
    "isolation.g-single-read-skew-by-write",
    "Can a transaction read what is older than another one's commit, and DELETE what is newer?",
    answers=PHENOMENON,
    docs=LEVELS,
)
@both_ways
def test_read_skew_by_write(db: Database, way: Way, condition: Condition) -> None:
    """T2 has read the row that T1 means to delete, and T1 the value that T2 replaces."""
    db.given(*two_accounts())

    with db.together("T1", "T2", condition=condition) as (one, two):
        one.begins(), two.begins()
        ones = one.does(balances, 1)
        twos = two.does(balances)
        two.does(way.set_value, 1, 12)
        two.does(way.set_value, 2, 18)
        two.commits()
        one.does(way.delete_of_value, 20)
        one.does(balances, 2)
        one.commits()

    db.answer(became(values(ones, twos) == [{1: 10}, {1: 10, 2: 20}], one, two))


@question(
    "isolation.g2-item-write-skew",
    "Can two transactions read the same two rows and then write one each (G2-item)?",
    answers=PHENOMENON,
    docs=LEVELS,
)
@both_ways
def test_write_skew(db: Database, way: Way, condition: Condition) -> None:
    db.given(*two_accounts())

    with db.together("T1", "T2", condition=condition) as (one, two):
        one.begins(), two.begins()
        ones = one.does(balances, 1, 2)
        twos = two.does(balances, 1, 2)
        one.does(way.set_value, 1, 11)
        two.does(way.set_value, 2, 21)
        one.commits()
        two.commits()

    start = {1: 10, 2: 20}
    db.answer(became(values(ones, twos) == [start, start], one, two))


@question(
    "isolation.g2-anti-dependency-cycle",
    "Can two transactions both find no row by a condition, and then each insert one (G2)?",
    answers=PHENOMENON,
    docs=LEVELS,
)
@both_ways
def test_anti_dependency_cycle(db: Database, way: Way, condition: Condition) -> None:
    db.given(*two_accounts())

    with db.together("T1", "T2", condition=condition) as (one, two):
        one.begins(), two.begins()
        ones = one.does(balances_divisible, 3)
        twos = two.does(balances_divisible, 3)
        one.does(way.insert, 3, 30)
        two.does(way.insert, 4, 42)
        one.commits()
        two.commits()

    db.answer(became(values(ones, twos) == [{}, {}], one, two))


@question(
    "isolation.g2-read-only-anomaly",
    "Can a transaction that only reads see a state that no order of the writing ones has (G2)?",
    answers=PHENOMENON,
    docs=LEVELS,
)
@both_ways
def test_read_only_anomaly(db: Database, way: Way, condition: Condition) -> None:
    """T3 begins after T2's commit, since what it would see might be fixed by then."""
    db.given(*two_accounts())

    with db.together("T1", "T2", "T3", condition=condition) as (one, two, three):
        one.begins(), two.begins()
        ones = one.does(balances)
        two.does(way.set_value, 2, 25)
        two.commits()
        three.begins()
        threes = three.does(balances)
        three.commits()
        one.does(way.set_value, 1, 0)
        one.commits()

    happened = values(ones, threes) == [{1: 10, 2: 20}, {1: 10, 2: 25}]
    db.answer(became(happened, one, two, three))


def add_to(session: Session, key: int, amount: int) -> None:
    """Add to a row, by an expression that the database computes."""
    session.execute(
        update(Account).where(Account.id == key).values(balance=Account.balance + amount)
    )


@question(
    "isolation.int-own-write-on-unseen-value",
    "Does adding to a row bring another one's change into what was read without it before?",
    answers=PHENOMENON,
    docs=LEVELS,
)
def test_own_write_on_unseen_value(db: Database, condition: Condition) -> None:
    db.given(*two_accounts())

    with db.together("T1", "T2", condition=condition) as (one, two):
        one.begins(), two.begins()
        first = one.does(balances)
        two.does(add_to, 1, 5)
        two.does(add_to, 2, 5)
        two.commits()
        one.does(add_to, 1, 1)
        second = one.does(balances)
        one.commits()

    rows = [read[1] for read in values(first, second)]
    db.answer(became(rows == [10, 16], one, two))


def keys_from_balance(session: Session, least: int) -> list[int]:
    """Read the keys of the accounts with this balance or more."""
    return list(session.scalars(select(Account.id).where(Account.balance >= least)))


@question(
    "isolation.a3-phantom-plain-read",
    "Does a row that another one inserts turn up when a read by a condition is repeated (A3)?",
    answers=PHENOMENON,
    docs=LEVELS,
)
@both_ways
def test_phantom_plain_read(db: Database, way: Way, condition: Condition) -> None:
    db.given(*two_accounts())

    with db.together("T1", "T2", condition=condition) as (one, two):
        one.begins(), two.begins()
        first = one.does(keys_from_balance, 10)
        two.does(way.insert, 3, 30)
        two.commits()
        second = one.does(keys_from_balance, 10)
        one.commits()

    db.answer(became(_appeared(first, second), one, two))


def _appeared(first: Step, last: Step) -> bool:
    """Tell whether row 3 was not in the first read and is in the last."""
    return first.done and last.done and 3 not in first.value and 3 in last.value


@question(
    "isolation.a3-phantom-own-update",
    "Does a row that another one inserts turn up once the transaction itself has updated it?",
    answers=PHENOMENON,
    docs=LEVELS,
)
def test_phantom_own_update(db: Database, condition: Condition) -> None:
    db.given(*two_accounts())

    with db.together("T1", "T2", condition=condition) as (one, two):
        one.begins(), two.begins()
        first = one.does(balances)
        two.does(WAYS[0].insert, 3, 30)
        two.commits()
        one.does(balances)
        one.does(add_to, 3, 1)
        last = one.does(balances)
        one.commits()

    db.answer(became(_appeared(first, last), one, two))


def lock_by_balance(session: Session) -> list[int]:
    """Lock every row, by a condition on a column that has no index."""
    query = select(Account).where(Account.balance >= 10).with_for_update()
    return [account.id for account in session.scalars(query)]


def lock_by_key(session: Session) -> list[int]:
    """Lock every row, by a range of the primary key."""
    query = select(Account).where(Account.id >= 1).with_for_update()
    return [account.id for account in session.scalars(query)]


@question(
    "isolation.a3-phantom-locked-by-column",
    "Does another one's row turn up when a FOR UPDATE read by a column's range is repeated (A3)?",
    answers=PHENOMENON,
    docs="API Select.with_for_update",
    needs=("select_for_update",),
)
def test_phantom_locked_by_column(db: Database, condition: Condition) -> None:
    db.given(*two_accounts())

    with db.together("T1", "T2", condition=condition) as (one, two):
        one.begins(), two.begins()
        first = one.does(lock_by_balance)
        two.does(WAYS[0].insert, 3, 30)
        two.commits()
        second = one.does(lock_by_balance)
        one.commits()

    db.answer(became(_appeared(first, second), one, two))


@question(
    "isolation.a3-phantom-locked-by-key",
    "Does another one's row turn up when a FOR UPDATE read by a range of keys is repeated (A3)?",
    answers=PHENOMENON,
    docs="API Select.with_for_update",
    needs=("select_for_update",),
)
def test_phantom_locked_by_key(db: Database, condition: Condition) -> None:
    db.given(*two_accounts())

    with db.together("T1", "T2", condition=condition) as (one, two):
        one.begins(), two.begins()
        first = one.does(lock_by_key)
        two.does(WAYS[0].insert, 3, 30)
        two.commits()
        second = one.does(lock_by_key)
        one.commits()

    db.answer(became(_appeared(first, second), one, two))
