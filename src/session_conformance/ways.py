"""Two accounts, and two ways to write them: by statements, and by objects that are flushed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select, update

from .models import Account

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy.orm import Session

START = ((1, 10), (2, 20))


def two_accounts() -> list[Account]:
    """Return the accounts that stand there before each question: 1 with 10, 2 with 20."""
    return [Account(id=key, owner=f"owner {key}", balance=value) for key, value in START]


def balances(session: Session, *keys: int) -> dict[int, int]:
    """Read the balances of these accounts, of all where none is named, past the identity map."""
    query = select(Account.id, Account.balance).order_by(Account.id)
    if keys:
        query = query.where(Account.id.in_(keys))
    return dict(session.execute(query).tuples().all())


def balances_divisible(session: Session, by: int) -> dict[int, int]:
    """Read the accounts whose balance is divisible by a number."""
    query = select(Account.id, Account.balance).where(Account.balance % by == 0)
    return dict(session.execute(query).tuples().all())


def keys_with_balance(session: Session, value: int) -> list[int]:
    """Read the keys of the accounts with this balance."""
    return list(session.scalars(select(Account.id).where(Account.balance == value)))


@dataclass(frozen=True)
class Way:
    """One way to write the accounts; each function returns how many rows it met.

    `set_value(session, key, balance)`, `add_to_all(session, amount)`,
    `insert(session, key, balance)` and `delete_of_value(session, balance)`.
    """

    name: str
    set_value: Callable[[Session, int, int], int]
    add_to_all: Callable[[Session, int], int]
    insert: Callable[[Session, int, int], int]
    delete_of_value: Callable[[Session, int], int]


def _execute(session: Session, statement: object) -> int:
    return session.execute(statement).rowcount  # type: ignore[call-overload,no-any-return]


def _loaded(session: Session, *criteria: object) -> Sequence[Account]:
    query = select(Account).order_by(Account.id).execution_options(populate_existing=True)
    return session.scalars(query.where(*criteria)).all()  # type: ignore[arg-type]


def _set_by_unit_of_work(session: Session, key: int, value: int) -> int:
    found = _loaded(session, Account.id == key)
    for account in found:
        account.balance = value
    session.flush()
    return len(found)


def _add_by_unit_of_work(session: Session, amount: int) -> int:
    found = _loaded(session)
    for account in found:
        account.balance += amount
    session.flush()
    return len(found)


def _insert_by_unit_of_work(session: Session, key: int, value: int) -> int:
    session.add(Account(id=key, owner=f"owner {key}", balance=value))
    session.flush()
    return 1


def _delete_by_unit_of_work(session: Session, value: int) -> int:
    found = _loaded(session, Account.balance == value)
    for account in found:
        session.delete(account)
    session.flush()
    return len(found)


def _set_by_statement(session: Session, key: int, value: int) -> int:
    return _execute(session, update(Account).where(Account.id == key).values(balance=value))


def _add_by_statement(session: Session, amount: int) -> int:
    return _execute(session, update(Account).values(balance=Account.balance + amount))


def _insert_by_statement(session: Session, key: int, value: int) -> int:
    values = {"id": key, "owner": f"owner {key}", "balance": value}
    return _execute(session, insert(Account).values(values))


def _delete_by_statement(session: Session, value: int) -> int:
    return _execute(session, delete(Account).where(Account.balance == value))


DML = Way("dml", _set_by_statement, _add_by_statement, _insert_by_statement, _delete_by_statement)
UNIT_OF_WORK = Way(
    "uow",
    _set_by_unit_of_work,
    _add_by_unit_of_work,
    _insert_by_unit_of_work,
    _delete_by_unit_of_work,
)
WAYS = (DML, UNIT_OF_WORK)
