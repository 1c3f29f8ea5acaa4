"""Copying the state of an object that is outside into a Session."""

import pytest
from sqlalchemy import inspect, select
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import selectinload

from session_conformance import Account, Database, Entry, promise


@promise(
    "detached-and-merge.merge-copies",
    "merge() copies into an object of the Session; the source stays outside and as it was.",
    docs="orm/session_state_management.html#unitofwork-merging",
)
def test_merge_copies(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))
    with db.session() as earlier:
        source = earlier.get_one(Account, 1)
    source.balance = 250

    with db.session() as session:
        merged = session.merge(source)
        assert merged is not source
        assert merged in session
        session.commit()

    assert inspect(source).detached
    assert source.balance == 250
    stored = db.stored(Account, 1)
    assert stored is not None
    assert stored.balance == 250


@promise(
    "detached-and-merge.merge-loads-row",
    "merge() of a new object with the key of a row selects that row and updates it.",
    docs="orm/session_state_management.html#unitofwork-merging",
)
def test_merge_loads_row(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session() as session, db.watch() as sql:
        merged = session.merge(Account(id=1, balance=250))
        assert merged.owner == "Ann"
        session.commit()

    assert sql.verbs == ["SELECT", "UPDATE"]
    assert [(row.owner, row.balance) for row in db.stored(Account)] == [("Ann", 250)]


@promise(
    "detached-and-merge.merge-inserts",
    "merge() of an object with a key that no row has looks for the row, then inserts one.",
    docs="orm/session_state_management.html#unitofwork-merging",
)
def test_merge_inserts(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session() as session, db.watch() as sql:
        merged = session.merge(Account(id=2, owner="Ben", balance=250))
        assert inspect(merged).pending
        session.commit()

    assert sql.verbs == ["SELECT", "INSERT"]
    assert [(row.id, row.owner) for row in db.stored(Account)] == [(1, "Ann"), (2, "Ben")]


@promise(
    "detached-and-merge.merge-without-key",
    "merge() of an object without a key makes a new pending object and sends no SELECT.",
    docs="orm/session_state_management.html#unitofwork-merging",
)
def test_merge_without_key(db: Database) -> None:
    source = Account(owner="Ann", balance=100)

    with db.session() as session, db.watch() as sql:
        merged = session.merge(source)
        assert merged is not source
        assert inspect(merged).pending
        session.commit()

    assert sql.verbs == ["INSERT"]
    assert [row.owner for row in db.stored(Account)] == ["Ann"]


@promise(
    "detached-and-merge.merge-of-member",
    "merge() of an object that is already in the Session returns that object and sends no SQL.",
    docs="API Session.merge",
)
def test_merge_of_member(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session() as session:
        account = session.get_one(Account, 1)

        with db.watch() as sql:
            merged = session.merge(account)

        assert merged is account
        assert sql.verbs == []


@promise(
    "detached-and-merge.merge-skips-unset",
    "An attribute that was never set on the source keeps its stored value when merged.",
    docs="orm/session_state_management.html#unitofwork-merging",
)
def test_merge_skips_unset(db: Database) -> None:
    db.given(Entry(id=1, amount=10, note="rent"))

    with db.session() as session:
        merged = session.merge(Entry(id=1, amount=20))
        assert merged.note == "rent"
        session.commit()

    assert [(row.amount, row.note) for row in db.stored(Entry)] == [(20, "rent")]


@promise(
    "detached-and-merge.merge-none-clears",
    "A None that was set on the source overwrites the stored value when merged.",
    docs="orm/session_state_management.html#merge-tips",
)
def test_merge_none_clears(db: Database) -> None:
    db.given(Entry(id=1, amount=10, note="rent"))

    with db.session() as session:
        merged = session.merge(Entry(id=1, amount=10, note=None))
        assert merged.note is None
        session.commit()

    assert [(row.amount, row.note) for row in db.stored(Entry)] == [(10, None)]


@promise(
    "detached-and-merge.merge-cascades",
    "merge() copies related objects along with their parent, each into the row of its own key.",
    docs="orm/cascades.html#cascade-merge",
)
def test_merge_cascades(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"))
    db.given(Entry(id=1, account_id=1, amount=10), Entry(id=2, account_id=1, amount=20))
    with db.session() as earlier:
        source = earlier.scalars(select(Account).options(selectinload(Account.entries))).one()
    source.entries[1].amount = 25

    with db.session() as session:
        merged = session.merge(source)
        assert merged.entries[1] is not source.entries[1]
        session.commit()

    stored = [(row.id, row.account_id, row.amount) for row in db.stored(Entry)]
    assert stored == [(1, 1, 10), (2, 1, 25)]


@promise(
    "detached-and-merge.merge-no-load",
    "merge() with load=False makes a clean persistent copy of a clean object and sends no SQL.",
    docs="API Session.merge",
)
def test_merge_no_load(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))
    with db.session() as earlier:
        source = earlier.get_one(Account, 1)

    with db.session() as session, db.watch() as sql:
        merged = session.merge(source, load=False)

        assert inspect(merged).persistent
        assert (merged.owner, merged.balance) == ("Ann", 100)
        session.commit()
        assert sql.verbs == []


@promise(
    "detached-and-merge.merge-no-load-dirty-refused",
    "merge() with load=False refuses an object that has changes.",
    docs="API Session.merge",
)
def test_merge_no_load_dirty_refused(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))
    with db.session() as earlier:
        source = earlier.get_one(Account, 1)
    source.balance = 250

    with db.session() as session:
        with pytest.raises(InvalidRequestError, match="load=False"):
            session.merge(source, load=False)

        assert list(session) == []
