"""What a savepoint's end does to the objects of its Session."""

from sqlalchemy import inspect, update

from session_conformance import Account, Database, promise

DOCS = "orm/session_transaction.html#session-begin-nested"


@promise(
    "savepoints.rollback-expires-only-changed",
    "A savepoint's rollback expires what was changed since it began and leaves the rest loaded.",
    docs=DOCS,
    needs=("savepoints",),
)
def test_rollback_expires_only_changed(db: Database) -> None:
    db.given(*(Account(id=key, owner=f"owner {key}", balance=100) for key in (1, 2, 3)))

    with db.session() as session:
        before, inside, never = (session.get_one(Account, key) for key in (1, 2, 3))
        before.balance = 10
        savepoint = session.begin_nested()
        inside.balance = 20
        session.flush()

        savepoint.rollback()

        assert db.loaded(before) == db.loaded(never) == {"id", "owner", "balance"}
        assert db.loaded(inside) == set()
        assert [account.balance for account in (before, inside, never)] == [10, 100, 100]


@promise(
    "savepoints.rollback-reverts-bulk-sync",
    "Values that update() carried into objects read as before when its savepoint is rolled back.",
    docs="orm/queryguide/dml.html#orm-queryguide-update-delete-where",
    needs=("savepoints",),
)
def test_rollback_reverts_bulk_sync(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session() as session:
        account = session.get_one(Account, 1)
        savepoint = session.begin_nested()
        session.execute(update(Account).where(Account.id == 1).values(balance=0))
        assert account.balance == 0

        savepoint.rollback()

        assert account.balance == 100


@promise(
    "savepoints.rollback-expels-new",
    "A savepoint's rollback makes objects added since transient; those added before stay.",
    docs=DOCS,
    needs=("savepoints",),
)
def test_rollback_expels_new(db: Database) -> None:
    with db.session() as session:
        ann, bob = Account(id=1, owner="Ann"), Account(id=2, owner="Bob")
        session.add(ann)
        savepoint = session.begin_nested()
        session.add(bob)
        session.flush()

        savepoint.rollback()

        assert inspect(bob).transient
        assert inspect(ann).persistent
        assert session.get(Account, 2) is None
        assert list(session) == [ann]


@promise(
    "savepoints.rollback-restores-deleted",
    "An object that was deleted inside a savepoint is persistent again after its rollback.",
    docs=DOCS,
    needs=("savepoints",),
)
def test_rollback_restores_deleted(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session() as session:
        account = session.get_one(Account, 1)
        savepoint = session.begin_nested()
        session.delete(account)
        session.flush()
        assert inspect(account).deleted

        savepoint.rollback()

        assert inspect(account).persistent
        account.balance += 1
        session.commit()

    assert [row.balance for row in db.stored(Account)] == [101]


@promise(
    "savepoints.release-does-not-expire",
    "The release of a savepoint expires nothing: values are read on without SQL.",
    docs=DOCS,
    needs=("savepoints",),
)
def test_release_does_not_expire(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session() as session:
        account = session.get_one(Account, 1)
        with session.begin_nested():
            account.balance = 150

        with db.watch() as sql:
            assert (account.owner, account.balance) == ("Ann", 150)

        assert sql.steps == []
