"""What refresh() and populate_existing read, and what nothing else overwrites."""

import pytest
from sqlalchemy import delete, select, text
from sqlalchemy.exc import ArgumentError, InvalidRequestError
from sqlalchemy.orm import Session

from session_conformance import Account, Database, promise


@promise(
    "expiry-and-refresh.refresh-now",
    "refresh() reads the row at once, with what raw SQL of the same transaction has changed.",
    docs="orm/session_state_management.html#session-expire",
)
def test_refresh_reads_the_row_now(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session() as session:
        account = session.get_one(Account, 1)
        session.execute(text("UPDATE account SET balance = 250"))
        assert account.balance == 100

        with db.watch() as sql:
            session.refresh(account)
            assert sql.verbs == ["SELECT"]

            assert account.balance == 250

        assert sql.verbs == ["SELECT"]


@promise(
    "expiry-and-refresh.refresh-some",
    "refresh() with names reads those columns again and leaves the others as they were.",
    docs="orm/session_state_management.html#session-expire",
)
def test_refresh_of_some_columns(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session() as session:
        account = session.get_one(Account, 1)
        session.execute(text("UPDATE account SET balance = 250, owner = 'Anna'"))

        session.refresh(account, ["balance"])

        assert (account.owner, account.balance) == ("Ann", 250)


@promise(
    "expiry-and-refresh.refresh-drops-own-changes",
    "refresh() gives up the object's own unflushed change, and writes those of the others.",
    docs="API Session.refresh",
)
def test_refresh_drops_the_objects_own_changes(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=1), Account(id=2, owner="Bob", balance=2))

    with db.session() as session:
        ann, bob = session.get_one(Account, 1), session.get_one(Account, 2)
        ann.balance = 10
        bob.balance = 20
        session.refresh(ann)

        assert (ann.balance, bob.balance) == (1, 20)

        session.commit()

        assert [account.balance for account in db.stored(Account)] == [1, 20]


@promise(
    "expiry-and-refresh.refresh-missing-row",
    "refresh() of an object whose row is gone raises InvalidRequestError.",
    docs="API Session.refresh",
)
def test_refresh_of_a_missing_row(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"))

    with db.session() as session:
        account = session.get_one(Account, 1)
        session.commit()

        with db.elsewhere() as somebody:
            somebody.execute(delete(Account))

        with db.watch() as sql, pytest.raises(InvalidRequestError, match="refresh"):
            session.refresh(account)

        assert sql.verbs == ["SELECT"]


@promise(
    "expiry-and-refresh.loaded-values-win",
    "A second query leaves loaded attributes as they are, though the row has changed.",
    docs="orm/session_basics.html#session-expiring",
)
def test_query_does_not_overwrite_loaded_values(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session() as session:
        account = session.get_one(Account, 1)
        session.execute(text("UPDATE account SET balance = 250"))

        assert session.scalars(select(Account.balance)).one() == 250
        assert session.scalars(select(Account)).one() is account
        assert account.balance == 100


@promise(
    "expiry-and-refresh.populate-existing",
    "With populate_existing a query overwrites what its objects hold, unflushed changes too.",
    docs="orm/queryguide/api.html#orm-queryguide-populate-existing",
)
def test_populate_existing_overwrites_values(db: Database) -> None:
    fresh = select(Account).execution_options(populate_existing=True)
    db.given(Account(id=1, owner="Ann", balance=100), Account(id=2, owner="Bob", balance=2))

    with db.session(autoflush=False) as session:
        ann, bob = session.get_one(Account, 1), session.get_one(Account, 2)
        session.execute(text("UPDATE account SET balance = 250 WHERE id = 1"))
        bob.balance = 20

        assert session.scalars(fresh.order_by(Account.id)).all() == [ann, bob]

        assert (ann.balance, bob.balance) == (250, 2)
        assert bob not in session.dirty


@promise(
    "expiry-and-refresh.empty-lock-dictionary",
    "refresh() refuses an empty dictionary for with_for_update: it tells neither yes nor no.",
    docs="API Session.refresh",
)
def test_empty_lock_dictionary(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"))

    with db.session() as session:
        account = session.get_one(Account, 1)

        with db.watch() as sql, pytest.raises(ArgumentError, match="with_for_update"):
            session.refresh(account, with_for_update={})

        assert sql.verbs == []


@promise(
    "expiry-and-refresh.refresh-under-repeatable-read",
    "At REPEATABLE READ refresh() gives what was read first; the others' change follows commit().",
    docs="API Session.refresh",
    needs=("second_connection", "isolation_levels"),
)
def test_refresh_under_repeatable_read(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))
    engine = db.engine.execution_options(isolation_level="REPEATABLE READ")

    with Session(engine) as session:
        account = session.get_one(Account, 1)
        with db.elsewhere() as somebody:
            somebody.execute(text("UPDATE account SET balance = 250"))

        session.refresh(account)
        assert account.balance == 100

        session.commit()
        assert account.balance == 250
