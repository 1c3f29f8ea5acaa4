"""What a commit makes a Session forget, and what it does not."""

from sqlalchemy import inspect

from session_conformance import Account, Database, promise


@promise(
    "commit.expires-every-object",
    "After commit() no column of a persistent object is trusted: the next read selects it again.",
    docs="orm/session_basics.html#session-committing",
)
def test_commit_expires_every_object(db: Database) -> None:
    with db.session() as session:
        account = Account(id=1, owner="Ann", balance=100)
        session.add(account)
        session.commit()

        assert db.loaded(account) == set()

        with db.watch() as sql:
            assert account.balance == 100

        assert sql.verbs == ["SELECT"]
        assert db.stored(Account, 1) is not None


@promise(
    "commit.reload-in-one-select",
    "After commit() one SELECT brings back every column of an object, whichever is read first.",
    docs="orm/session_state_management.html#session-expire",
)
def test_one_select_reloads_the_whole_object(db: Database) -> None:
    with db.session() as session:
        account = Account(id=1, owner="Ann", balance=100)
        session.add(account)
        session.commit()

        with db.watch() as sql:
            read = (account.balance, account.owner, account.id)

        assert read == (100, "Ann", 1)
        assert sql.verbs == ["SELECT"]


@promise(
    "commit.reload-sees-others",
    "A value read again after commit() is the one that somebody else committed meanwhile.",
    docs="orm/session_basics.html#session-committing",
)
def test_reload_after_commit_sees_what_others_committed(db: Database) -> None:
    with db.session() as session:
        account = Account(id=1, owner="Ann", balance=100)
        session.add(account)
        session.commit()
        assert account.balance == 100
        session.commit()

        with db.elsewhere() as somebody:
            somebody.get_one(Account, 1).balance = 250

        assert account.balance == 250


@promise(
    "commit.expire-off-keeps-values",
    "With expire_on_commit=False values stay readable after commit() and close(), without SQL.",
    docs="orm/session_basics.html#session-committing",
)
def test_values_stay_with_expire_on_commit_off(db: Database) -> None:
    with db.session(expire_on_commit=False) as session:
        account = Account(id=1, owner="Ann", balance=100)
        session.add(account)
        session.commit()

        with db.watch() as sql:
            assert (account.owner, account.balance) == ("Ann", 100)
            session.close()
            assert (account.owner, account.balance) == ("Ann", 100)

        assert sql.verbs == []


@promise(
    "commit.deleted-becomes-detached",
    "An object that was deleted is detached after commit(), and its row is gone.",
    docs="orm/session_state_management.html#session-object-states",
)
def test_deleted_object_is_detached_after_commit(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"))

    with db.session() as session:
        account = session.get_one(Account, 1)
        session.delete(account)
        session.flush()
        assert inspect(account).deleted

        session.commit()

        assert inspect(account).detached
        assert inspect(account).was_deleted
        assert db.stored(Account) == []
