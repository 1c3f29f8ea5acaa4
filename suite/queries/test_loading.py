"""How a query fills the objects it gives, and what is loaded along with them."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import (
    Session,
    immediateload,
    joinedload,
    lazyload,
    selectinload,
    subqueryload,
    with_loader_criteria,
)
from sqlalchemy.orm.strategy_options import Load

from session_conformance import Account, Database, Entry, promise

STRATEGIES: dict[str, Callable[..., Load | Any]] = {
    "lazy": lazyload,
    "joined": joinedload,
    "selectin": selectinload,
    "subquery": subqueryload,
    "immediate": immediateload,
}
ACCOUNTS = select(Account).order_by(Account.id)


def accounts() -> list[Account]:
    return [
        Account(id=1, owner="Ann", entries=[Entry(id=2, amount=20), Entry(id=1, amount=10)]),
        Account(id=2, owner="Bob"),
        Account(id=3, owner="Cid", entries=[Entry(id=3, amount=30)]),
    ]


@promise(
    "queries.loading-strategies-agree",
    "However a collection is loaded, it holds the same objects in the order of the relationship.",
    docs="orm/queryguide/relationships.html#relationship-loading-techniques",
)
@pytest.mark.parametrize("strategy", STRATEGIES.values(), ids=STRATEGIES)
def test_loading_strategies_agree(db: Database, strategy: Callable[..., Load]) -> None:
    db.given(*accounts())

    with db.session() as session:
        found = session.scalars(ACCOUNTS.options(strategy(Account.entries))).unique().all()

        assert [
            (account.owner, [entry.amount for entry in account.entries]) for account in found
        ] == [("Ann", [10, 20]), ("Bob", []), ("Cid", [30])]
        assert found[2].entries[0] is session.get_one(Entry, 3)


@promise(
    "queries.many-to-one-from-map",
    "An object that is loaded already is found through a many-to-one without SQL.",
    docs="orm/queryguide/relationships.html#lazy-loading",
)
def test_many_to_one_from_map(db: Database) -> None:
    db.given(*accounts())

    with db.session() as session:
        account, entry = session.get_one(Account, 1), session.get_one(Entry, 2)

        with db.watch() as sql:
            assert entry.account is account

        assert sql.verbs == []


@promise(
    "queries.joined-collection-needs-unique",
    "Objects with a joined collection are given only after unique() has been called.",
    docs="orm/queryguide/relationships.html#joined-eager-loading",
)
def test_joined_collection_needs_unique(db: Database) -> None:
    db.given(*accounts())
    joined = ACCOUNTS.options(joinedload(Account.entries))

    with db.session() as session:
        with pytest.raises(InvalidRequestError, match="unique"):
            session.scalars(joined).all()

        assert [account.id for account in session.scalars(joined).unique()] == [1, 2, 3]


@promise(
    "queries.yield-per-unique-refused",
    "yield_per is refused together with unique(), and so is a joined collection.",
    docs="orm/queryguide/api.html#fetching-large-result-sets-with-yield-per",
)
def test_yield_per_with_unique_is_refused(db: Database) -> None:
    db.given(*accounts())
    some = ACCOUNTS.execution_options(yield_per=2)

    with db.session() as session:
        with pytest.raises(InvalidRequestError, match="unique"):
            session.scalars(some).unique().all()
        with pytest.raises(InvalidRequestError):
            session.scalars(some.options(joinedload(Account.entries))).all()

        assert [account.id for account in session.scalars(some)] == [1, 2, 3]


@promise(
    "queries.from-statement",
    "from_statement() gives mapped objects for the rows of a textual statement, in its order.",
    docs="orm/queryguide/select.html#getting-orm-results-from-textual-statements",
)
def test_from_statement(db: Database) -> None:
    db.given(*accounts())
    backwards = text("SELECT id, owner, balance FROM account ORDER BY id DESC")

    with db.session() as session:
        ann = session.get_one(Account, 1)
        found = session.scalars(select(Account).from_statement(backwards)).all()

        assert [account.owner for account in found] == ["Cid", "Bob", "Ann"]
        assert found[2] is ann


@promise(
    "queries.loader-criteria",
    "with_loader_criteria() limits a class everywhere: in the query and in what it loads along.",
    docs="orm/session_events.html#adding-global-where-on-criteria",
)
def test_loader_criteria(db: Database) -> None:
    db.given(*accounts())
    limited = with_loader_criteria(Entry, Entry.amount > 10)

    with db.session() as session:
        entries = session.scalars(select(Entry).options(limited).order_by(Entry.id)).all()
        assert [entry.amount for entry in entries] == [20, 30]

        both = ACCOUNTS.options(limited, selectinload(Account.entries))
        found = session.scalars(both).all()
        assert [[entry.id for entry in account.entries] for account in found] == [[2], [], [3]]


@promise(
    "queries.legacy-query-deduplicates",
    "A Query of one class gives each object once, though a join repeats its row.",
    docs="faq/sessions.html#faq-query-deduplicating",
)
def test_legacy_query_deduplicates(db: Database) -> None:
    db.given(*accounts())

    with db.session() as session:
        query = session.query(Account).join(Account.entries).order_by(Account.id)

        assert [account.id for account in query] == [1, 3]
        assert query.count() == 3


@promise(
    "queries.bind-arguments",
    "A Session without an engine sends a statement where bind_arguments tells it to.",
    docs="orm/persistence_techniques.html#using-sql-expressions-with-sessions",
)
def test_bind_arguments(db: Database) -> None:
    db.given(*accounts())
    owners = text("SELECT owner FROM account ORDER BY id")

    with Session() as session:
        with pytest.raises(InvalidRequestError):
            session.execute(owners)
        here = session.scalars(owners, bind_arguments={"bind": db.engine})

        assert here.all() == ["Ann", "Bob", "Cid"]
