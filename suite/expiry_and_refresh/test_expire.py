"""What expire() forgets, and when it is read again."""

import pytest
from sqlalchemy import delete, select, text
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm.exc import ObjectDeletedError

from session_conformance import Account, Database, Entry, promise


@promise(
    "expiry-and-refresh.expire-then-load",
    "expire() empties an object; the next read fetches all its columns with one SELECT.",
    docs="orm/session_state_management.html#session-expire",
)
def test_expired_object_is_loaded_at_the_next_read(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session() as session:
        account = session.get_one(Account, 1)

        with db.watch() as sql:
            session.expire(account)
            assert db.loaded(account) == set()
            assert sql.verbs == []

            assert (account.owner, account.balance) == ("Ann", 100)

        assert sql.verbs == ["SELECT"]


@promise(
    "expiry-and-refresh.expire-drops-changes",
    "expire() throws away a change that was not flushed: it is never written.",
    docs="orm/session_state_management.html#session-expire",
)
def test_expire_drops_an_unflushed_change(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session() as session:
        account = session.get_one(Account, 1)
        account.balance = 150
        session.expire(account)

        assert account.balance == 100
        with db.watch() as sql:
            session.commit()

        assert sql.steps == ["COMMIT"]
        assert [row.balance for row in db.stored(Account)] == [100]


@promise(
    "expiry-and-refresh.expire-some",
    "expire() with names forgets those attributes and keeps the others, changes included.",
    docs="orm/session_state_management.html#session-expire",
)
def test_expire_of_some_attributes(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session() as session:
        account = session.get_one(Account, 1)
        account.owner = "Anna"
        account.balance = 150
        session.expire(account, ["balance"])

        assert db.loaded(account) == {"id", "owner"}

        session.commit()

        assert [(row.owner, row.balance) for row in db.stored(Account)] == [("Anna", 100)]


@promise(
    "expiry-and-refresh.expire-all",
    "expire_all() forgets every object's values; each is read again on its own.",
    docs="orm/session_state_management.html#session-expire",
)
def test_expire_all(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"), Entry(id=1, account_id=1, amount=10))

    with db.session() as session:
        account, entry = session.get_one(Account, 1), session.get_one(Entry, 1)
        session.expire_all()

        assert db.loaded(account) == set()
        assert db.loaded(entry) == set()

        with db.watch() as sql:
            assert (account.owner, entry.amount) == ("Ann", 10)

        assert sql.tables == ["account", "entry"]


@promise(
    "expiry-and-refresh.relationship-reloads",
    "A collection read before commit() is read again after it, with what others have added.",
    docs="orm/session_basics.html#session-committing",
)
def test_collection_is_read_again_after_commit(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"), Entry(id=1, account_id=1, amount=10))

    with db.session() as session:
        account = session.get_one(Account, 1)
        assert [entry.amount for entry in account.entries] == [10]
        session.commit()

        with db.elsewhere() as somebody:
            somebody.add(Entry(id=2, account_id=1, amount=20))

        assert [entry.amount for entry in account.entries] == [10, 20]


@promise(
    "expiry-and-refresh.expired-object-filled-by-query",
    "A query that returns the row of an expired object fills it: reading it then sends nothing.",
    docs="orm/session_state_management.html#session-expire",
)
def test_query_fills_an_expired_object(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session() as session:
        account = session.get_one(Account, 1)
        session.expire(account)

        assert session.scalars(select(Account)).one() is account

        with db.watch() as sql:
            assert (account.owner, account.balance) == ("Ann", 100)

        assert sql.verbs == []


@promise(
    "expiry-and-refresh.load-missing-row",
    "Reading an expired attribute whose row is gone raises ObjectDeletedError.",
    docs="API ObjectDeletedError",
)
def test_reload_of_a_missing_row(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"))

    with db.session() as session:
        account = session.get_one(Account, 1)
        unnoticed = delete(Account).execution_options(synchronize_session=False)
        session.execute(unnoticed)
        assert account.owner == "Ann"

        session.expire(account)
        with db.watch() as sql, pytest.raises(ObjectDeletedError):
            account.owner  # noqa: B018

        assert sql.verbs == ["SELECT"]


@promise(
    "expiry-and-refresh.row-deleted-elsewhere",
    "After commit(), reading an object whose row somebody else deleted raises ObjectDeletedError.",
    docs="API ObjectDeletedError",
)
def test_reload_of_a_row_deleted_elsewhere(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"))

    with db.session() as session:
        account = session.get_one(Account, 1)
        session.commit()

        with db.elsewhere() as somebody:
            somebody.execute(delete(Account))

        with pytest.raises(ObjectDeletedError):
            account.owner  # noqa: B018
        assert session.get(Account, 1) is None


@promise(
    "expiry-and-refresh.flush-expires-sql-expressions",
    "An attribute set to an SQL expression is computed by the flush and then read back.",
    docs="orm/persistence_techniques.html#flush-embedded-sql-expressions",
)
def test_sql_expression_is_computed_and_read_back(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session() as session:
        account = session.get_one(Account, 1)
        session.execute(text("UPDATE account SET balance = 200"))
        account.balance = Account.balance + 5
        session.flush()

        assert account.balance == 205

        session.commit()

        assert [row.balance for row in db.stored(Account)] == [205]


@promise(
    "expiry-and-refresh.set-on-expired-no-select",
    "An expired attribute is assigned without being read: the next flush writes it, nothing else.",
    docs="orm/session_state_management.html#session-expire",
)
def test_assignment_to_an_expired_attribute(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session() as session:
        account = session.get_one(Account, 1)
        session.expire(account)

        with db.watch() as sql:
            account.balance = 150
        assert sql.verbs == []

        with db.watch() as sql:
            session.commit()
        assert sql.verbs[-1] == "UPDATE"

    assert [(row.owner, row.balance) for row in db.stored(Account)] == [("Ann", 150)]


@promise(
    "expiry-and-refresh.get-expired-missing-row",
    "get() of an expired object whose row is gone returns None.",
    docs="API Session.get",
)
def test_get_of_an_expired_object_without_a_row(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"))

    with db.session() as session:
        account = session.get_one(Account, 1)
        unnoticed = delete(Account).execution_options(synchronize_session=False)
        session.execute(unnoticed)
        assert session.get(Account, 1) is account

        session.expire(account)
        with db.watch() as sql:
            assert session.get(Account, 1) is None

        assert "SELECT" in sql.verbs


@promise(
    "expiry-and-refresh.pending-refused",
    "expire() and refresh() refuse objects that have no row: pending ones and foreign ones.",
    docs="orm/session_state_management.html#session-expire",
)
def test_pending_objects_are_refused(db: Database) -> None:
    with db.session(autoflush=False) as session:
        pending = Account(id=1, owner="Ann")
        session.add(pending)
        with pytest.raises(InvalidRequestError, match="not persistent"):
            session.expire(pending)
        with pytest.raises(InvalidRequestError, match="not persistent"):
            session.refresh(pending)
        with pytest.raises(InvalidRequestError, match="not persistent"):
            session.expire(Account(id=2, owner="Bob"))
        session.commit()

        session.refresh(pending)
        assert pending.owner == "Ann"
