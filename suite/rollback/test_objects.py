"""What a rollback does to the objects of a Session."""

from sqlalchemy import inspect, select

from session_conformance import Account, Database, promise


@promise(
    "rollback.pending-becomes-transient",
    "rollback() makes an object that was added but never flushed transient, its values untouched.",
    docs="orm/session_basics.html#session-rollback",
)
def test_pending_object_becomes_transient(db: Database) -> None:
    with db.session() as session:
        account = Account(id=1, owner="Ann", balance=100)
        session.add(account)
        assert inspect(account).pending

        session.rollback()

        assert inspect(account).transient
        assert (account.owner, account.balance) == ("Ann", 100)
        assert session.scalars(select(Account)).all() == []


@promise(
    "rollback.flushed-new-becomes-transient",
    "rollback() makes an object that was inserted transient again, and it keeps its values.",
    docs="orm/session_basics.html#session-rollback",
)
def test_inserted_object_becomes_transient(db: Database) -> None:
    with db.session() as session:
        account = Account(id=1, owner="Ann", balance=100)
        session.add(account)
        session.flush()
        assert inspect(account).persistent

        session.rollback()

        assert inspect(account).transient
        assert (account.id, account.owner, account.balance) == (1, "Ann", 100)
        assert session.get(Account, 1) is None


@promise(
    "rollback.transient-can-be-added-again",
    "An object that rollback() made transient can be added again and is then inserted.",
    docs="API Session.add",
)
def test_object_can_be_added_again_after_rollback(db: Database) -> None:
    with db.session() as session:
        account = Account(id=1, owner="Ann", balance=100)
        session.add(account)
        session.flush()
        session.rollback()

        session.add(account)
        with db.watch() as sql:
            session.commit()

        assert sql.verbs == ["INSERT"]

    assert [(row.owner, row.balance) for row in db.stored(Account)] == [("Ann", 100)]


@promise(
    "rollback.pending-then-deleted",
    "An object inserted and deleted in one transaction is transient after rollback().",
    docs="orm/session_basics.html#session-rollback",
)
def test_object_inserted_and_deleted_ends_transient(db: Database) -> None:
    with db.session() as session:
        account = Account(id=1, owner="Ann")
        session.add(account)
        session.flush()
        session.delete(account)
        session.flush()
        assert inspect(account).deleted

        session.rollback()

        assert inspect(account).transient
        assert account not in session
        assert session.get(Account, 1) is None


@promise(
    "rollback.expires-regardless",
    "rollback() expires every object that stays, even with expire_on_commit=False.",
    docs="orm/session_basics.html#session-rollback",
)
def test_rollback_expires_with_expire_on_commit_off(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"), Account(id=2, owner="Bob"))

    with db.session(expire_on_commit=False) as session:
        ann, bob = session.scalars(select(Account).order_by(Account.id)).all()
        session.rollback()

        assert db.loaded(ann) == set()
        assert db.loaded(bob) == set()

        with db.watch() as sql:
            assert (ann.owner, bob.owner) == ("Ann", "Bob")

        assert sql.verbs == ["SELECT", "SELECT"]


@promise(
    "rollback.drops-unflushed-changes",
    "A change that was never flushed is gone after rollback(): the next commit() sends nothing.",
    docs="orm/session_state_management.html#session-expire",
)
def test_rollback_drops_unflushed_changes(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session() as session:
        account = session.get_one(Account, 1)
        account.balance = 150
        session.rollback()

        assert account.balance == 100

        with db.watch() as sql:
            session.commit()

        assert sql.steps == ["COMMIT"]
        assert [row.balance for row in db.stored(Account)] == [100]
