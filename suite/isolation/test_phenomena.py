"""Phenomena: what two or three transactions at once can do to each other, level by level."""

import pytest

from session_conformance import (
    PHENOMENON,
    WAYS,
    Account,
    Condition,
    Database,
    Way,
    balances,
    became,
    question,
    two_accounts,
)

ANSI = "glossary.html#term-isolation"
LEVELS = "orm/session_transaction.html#setting-transaction-isolation-levels-dbapi-autocommit"

both_ways = pytest.mark.parametrize("way", WAYS, ids=[way.name for way in WAYS])


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

    seen = [step.value[1] for step in (first, second) if step.done]
    db.answer(became(101 in seen, two))
