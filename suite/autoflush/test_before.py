"""What makes a Session write its pending changes first."""

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from session_conformance import Account, Database, Entry, promise


@promise(
    "autoflush.before-orm-select",
    "A query writes the pending objects of its Session first, and returns what they became.",
    docs="orm/session_basics.html#session-flushing",
)
def test_query_flushes_first(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"))

    with db.session() as session:
        session.add(Account(id=2, owner="Bob"))

        with db.watch() as sql:
            found = session.scalars(select(Account.owner).order_by(Account.id)).all()

        assert found == ["Ann", "Bob"]
        assert sql.steps == ["BEGIN", "INSERT", "SELECT"]
        assert [account.owner for account in db.stored(Account)] == ["Ann"]


@promise(
    "autoflush.before-lazy-load",
    "Reading a relationship for the first time writes pending objects first, and finds them.",
    docs="orm/session_basics.html#session-flushing",
)
def test_lazy_load_flushes_first(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"))

    with db.session() as session:
        account = session.get_one(Account, 1)
        entry = Entry(id=1, account_id=1, amount=10)
        session.add(entry)

        with db.watch() as sql:
            assert account.entries == [entry]

        assert sql.verbs == ["INSERT", "SELECT"]
        assert sql.tables == ["entry"]


@promise(
    "autoflush.before-expired-load",
    "Reading an expired attribute writes the pending changes of other objects first.",
    docs="orm/session_basics.html#session-flushing",
)
def test_reload_of_an_expired_attribute_flushes_first(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session() as session:
        account = session.get_one(Account, 1)
        session.expire(account)
        session.add(Account(id=2, owner="Bob"))

        with db.watch() as sql:
            assert account.balance == 100

        assert sql.verbs == ["INSERT", "SELECT"]


@promise(
    "autoflush.before-refresh",
    "refresh() of one object writes the pending changes of the others first.",
    docs="API Session.refresh",
)
def test_refresh_flushes_other_objects_first(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"), Account(id=2, owner="Bob", balance=2))

    with db.session() as session:
        ann, bob = session.get_one(Account, 1), session.get_one(Account, 2)
        bob.balance = 20

        with db.watch() as sql:
            session.refresh(ann)

        assert sql.verbs == ["UPDATE", "SELECT"]
        assert bob not in session.dirty


@promise(
    "autoflush.before-orm-dml",
    "An UPDATE statement for many rows writes pending objects first, and changes those too.",
    docs="orm/queryguide/api.html#orm-queryguide-autoflush",
)
def test_update_of_many_rows_flushes_first(db: Database) -> None:
    with db.session() as session:
        session.add(Account(id=1, owner="Ann", balance=100))

        with db.watch() as sql:
            session.execute(update(Account).values(balance=Account.balance + 5))
        session.commit()

        assert sql.verbs == ["INSERT", "UPDATE"]

    assert [account.balance for account in db.stored(Account)] == [105]


@promise(
    "autoflush.before-get-miss",
    "get() of a key the Session does not hold writes pending objects first, and can find them.",
    docs="API Session.get",
)
def test_get_of_an_absent_key_flushes_first(db: Database) -> None:
    with db.session() as session:
        account = Account(id=1, owner="Ann")
        session.add(account)

        with db.watch() as sql:
            assert session.get(Account, 2) is None

        assert sql.verbs == ["INSERT", "SELECT"]
        assert session.get(Account, 1) is account


@promise(
    "autoflush.not-on-get-hit",
    "get() of an object that the Session holds writes nothing and asks nothing.",
    docs="API Session.get",
)
def test_get_of_a_present_object_does_not_flush(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"))

    with db.session() as session:
        account = session.get_one(Account, 1)
        bob = Account(id=2, owner="Bob")
        session.add(bob)

        with db.watch() as sql:
            assert session.get(Account, 1) is account

        assert sql.steps == []
        assert bob in session.new


@promise(
    "autoflush.failure-names-autoflush",
    "An error in an autoflush keeps its class, names autoflush and leaves the Session inactive.",
    docs="orm/session_basics.html#session-flushing",
)
def test_error_in_an_autoflush_says_so(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"))

    with db.session() as session:
        session.add(Account(id=2, owner="Ann"))

        with pytest.raises(IntegrityError, match="autoflush"):
            session.scalars(select(Account)).all()

        assert not session.is_active
        session.rollback()
        assert session.scalars(select(Account.owner)).all() == ["Ann"]
