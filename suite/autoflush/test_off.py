"""Three ways to switch autoflush off."""

import pytest
from sqlalchemy import select
from sqlalchemy.exc import NoResultFound

from session_conformance import Account, Database, Entry, promise


@promise(
    "autoflush.off-by-constructor",
    "With autoflush=False neither a query, a lazy load, refresh() nor get() writes anything first.",
    docs="orm/session_basics.html#session-flushing",
)
def test_session_without_autoflush(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"))

    with db.session(autoflush=False) as session:
        account = session.get_one(Account, 1)
        entry = Entry(id=1, account_id=1, amount=10)
        session.add(entry)

        with db.watch() as sql:
            assert session.scalars(select(Entry)).all() == []
            assert account.entries == []
            session.refresh(account)
            assert session.get(Entry, 1) is None

        assert sql.verbs == ["SELECT", "SELECT", "SELECT", "SELECT"]
        assert entry in session.new


@promise(
    "autoflush.off-by-context",
    "Inside no_autoflush a query writes nothing first; an exception too brings autoflush back.",
    docs="API Session.no_autoflush",
)
def test_no_autoflush_lasts_as_long_as_its_block(db: Database) -> None:
    ann = select(Account).where(Account.owner == "Ann")

    with db.session() as session:
        account = Account(id=1, owner="Ann")
        session.add(account)

        with db.watch() as inside, pytest.raises(NoResultFound), session.no_autoflush:
            session.scalars(ann).one()
        with db.watch() as after:
            assert session.scalars(ann).one() is account

        assert inside.verbs == ["SELECT"]
        assert after.verbs == ["INSERT", "SELECT"]


@promise(
    "autoflush.off-by-option",
    "The execution option autoflush=False holds for its own statement and for no other.",
    docs="orm/queryguide/api.html#orm-queryguide-autoflush",
)
def test_statement_without_autoflush(db: Database) -> None:
    accounts = select(Account)

    with db.session() as session:
        account = Account(id=1, owner="Ann")
        session.add(account)

        with db.watch() as off:
            quiet = accounts.execution_options(autoflush=False)
            assert session.scalars(quiet).all() == []
            assert session.scalars(accounts, execution_options={"autoflush": False}).all() == []
        with db.watch() as on:
            assert session.scalars(accounts).all() == [account]

        assert off.verbs == ["SELECT", "SELECT"]
        assert on.verbs == ["INSERT", "SELECT"]
