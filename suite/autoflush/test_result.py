"""The query that caused a flush sees what it wrote."""

from sqlalchemy import select

from session_conformance import Account, Database, Entry, promise


@promise(
    "autoflush.result-holds-pending-object",
    "A query that flushed a pending object returns that very object, not a copy.",
    docs="orm/session_basics.html#session-flushing",
)
def test_query_returns_the_pending_object_itself(db: Database) -> None:
    with db.session() as session:
        account = Account(id=1, owner="Ann")
        session.add(account)

        found = session.scalars(select(Account).where(Account.owner == "Ann")).one()

        assert found is account


@promise(
    "autoflush.result-omits-deleted",
    "An object given to delete() is missing from the result of the next query.",
    docs="orm/session_basics.html#session-flushing",
)
def test_query_omits_the_deleted_object(db: Database) -> None:
    db.given(Entry(id=1, amount=10), Entry(id=2, amount=20))

    with db.session() as session:
        first, second = session.scalars(select(Entry).order_by(Entry.id)).all()
        session.delete(first)

        with db.watch() as sql:
            assert session.scalars(select(Entry)).all() == [second]

        assert sql.verbs == ["DELETE", "SELECT"]


@promise(
    "autoflush.sees-updated-values-in-filter",
    "A query that filters on a column finds an object by the value just set, not by the old one.",
    docs="orm/session_basics.html#session-flushing",
)
def test_filter_matches_the_value_set_in_memory(db: Database) -> None:
    rich = select(Account).where(Account.balance > 100)
    poor = select(Account).where(Account.balance <= 100)
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session() as session:
        account = session.get_one(Account, 1)
        account.balance = 1000

        assert session.scalars(rich).all() == [account]
        assert session.scalars(poor).all() == []
