"""What a flush sends, and in which order."""

from typing import Any

from session_conformance import Account, Database, Entry, promise


@promise(
    "flush.parents-before-children",
    "flush() inserts a row before the rows that refer to it, whatever was added first.",
    docs="API Session.flush",
)
def test_parents_before_children(db: Database) -> None:
    with db.session() as session, db.watch() as sql:
        session.add(Entry(id=1, account_id=1, amount=10))
        session.add(Account(id=1, owner="Ann"))
        session.commit()

    assert sql.verbs == ["INSERT", "INSERT"]
    assert sql.tables == ["account", "entry"]
    assert [row.account_id for row in db.stored(Entry)] == [1]


@promise(
    "flush.children-deleted-first",
    "flush() deletes the rows that refer to a row before that row, whatever was marked first.",
    docs="API Session.flush",
)
def test_children_deleted_first(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"))
    db.given(Entry(id=1, account_id=1, amount=10))

    with db.session() as session:
        account = session.get_one(Account, 1)
        entry = account.entries[0]

        with db.watch() as sql:
            session.delete(account)
            session.delete(entry)
            session.commit()

    assert sql.verbs == ["DELETE", "DELETE"]
    assert sql.tables == ["entry", "account"]
    stored: list[Any] = [*db.stored(Account), *db.stored(Entry)]
    assert stored == []


@promise(
    "flush.only-changed-columns",
    "An UPDATE writes only the columns that changed, so what others wrote beside them stays.",
    docs="API Session.dirty",
)
def test_only_changed_columns(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session(expire_on_commit=False) as session:
        account = session.get_one(Account, 1)
        session.commit()
        with db.elsewhere() as other:
            other.get_one(Account, 1).owner = "Anna"

        account.balance = 250
        session.commit()

    assert account.owner == "Ann"
    assert [(row.owner, row.balance) for row in db.stored(Account)] == [("Anna", 250)]


@promise(
    "flush.no-net-change-no-update",
    "Assigning an equal value puts an object in Session.dirty, but its flush sends no UPDATE.",
    docs="API Session.dirty",
)
def test_no_net_change_no_update(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session() as session:
        account = session.get_one(Account, 1)
        account.owner = "Ann"
        account.balance = 100
        assert account in session.dirty

        with db.watch() as sql:
            session.flush()

        assert account not in session.dirty
        assert sql.verbs == []


@promise(
    "flush.row-switch",
    "Deleting an object and adding another one of the same key in one flush updates the row.",
    docs="API Session.flush",
)
def test_row_switch(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session() as session:
        account = session.get_one(Account, 1)
        assert account.entries == []

        with db.watch() as sql:
            session.delete(account)
            session.add(Account(id=1, owner="Ben", balance=250))
            session.commit()

    assert sql.verbs == ["UPDATE"]
    assert [(row.id, row.owner, row.balance) for row in db.stored(Account)] == [(1, "Ben", 250)]
