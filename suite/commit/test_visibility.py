"""When the rows of a Session become everybody's."""

from sqlalchemy import delete, insert, text, update
from sqlalchemy.orm import Session

from session_conformance import Account, Base, Database, promise


@promise(
    "commit.visible-elsewhere",
    "Once commit() has returned, an independent connection reads what the Session wrote.",
    docs="orm/session_basics.html#session-committing",
)
def test_commit_makes_rows_visible_elsewhere(db: Database) -> None:
    with db.session() as session:
        session.add(Account(id=1, owner="Ann", balance=100))
        session.commit()

        seen = db.stored(Account)

        assert [(account.owner, account.balance) for account in seen] == [("Ann", 100)]


@promise(
    "commit.invisible-before",
    "Rows that are flushed and not committed are seen by the Session and by nobody else.",
    docs="orm/session_basics.html#session-flushing",
)
def test_flushed_rows_are_invisible_elsewhere(db: Database) -> None:
    with db.session() as session:
        session.add(Account(id=1, owner="Ann", balance=100))
        session.flush()

        assert session.scalar(text("SELECT count(*) FROM account")) == 1
        assert db.stored(Account) == []


@promise(
    "commit.survives-reconnect",
    "Committed rows are still there when every connection was closed and a new one asks.",
    docs="orm/session_basics.html#session-committing",
)
def test_committed_rows_survive_a_reconnect(db: Database) -> None:
    engine = db.new_engine()
    with Session(engine) as session:
        session.add(Account(id=1, owner="Ann", balance=100))
        session.commit()
    engine.dispose()

    with Session(engine) as session, db.watch() as sql:
        assert session.get_one(Account, 1).balance == 100

        assert sql.pool == ["connect", "check-out"]


@promise(
    "commit.several-in-a-row",
    "One Session commits as often as it likes: each round is stored before the next begins.",
    docs="orm/session_transaction.html#unitofwork-transaction",
)
def test_each_of_several_commits_stores_its_round(db: Database) -> None:
    with db.session() as session:
        session.add(Account(id=1, owner="Ann"))
        session.commit()
        assert [account.owner for account in db.stored(Account)] == ["Ann"]

        session.add(Account(id=2, owner="Bob"))
        session.commit()
        assert [account.owner for account in db.stored(Account)] == ["Ann", "Bob"]

        session.add(Account(id=3, owner="Cleo"))
        session.commit()
        assert [account.owner for account in db.stored(Account)] == ["Ann", "Bob", "Cleo"]


@promise(
    "commit.later-rollback-is-separate",
    "A rollback() after a commit() takes back what came after that commit, and only that.",
    docs="orm/session_transaction.html#unitofwork-transaction",
)
def test_rollback_leaves_the_commit_before_alone(db: Database) -> None:
    with db.session() as session:
        session.add(Account(id=1, owner="Ann"))
        session.commit()

        session.add(Account(id=2, owner="Bob"))
        session.flush()
        session.rollback()

        assert [account.owner for account in db.stored(Account)] == ["Ann"]


@promise(
    "commit.does-not-touch-other-sessions",
    "A commit() in one Session leaves what another has flushed uncommitted, to be rolled back.",
    docs="orm/session_basics.html#session-faq-threadsafe",
    needs=("row_locks",),
)
def test_commit_leaves_other_sessions_alone(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=1), Account(id=2, owner="Bob", balance=2))

    with db.session() as ann, db.session() as bob:
        bob.get_one(Account, 2).balance = 20
        bob.flush()
        ann.get_one(Account, 1).balance = 10
        ann.commit()

        assert [account.balance for account in db.stored(Account)] == [10, 2]

        bob.rollback()

        assert [account.balance for account in db.stored(Account)] == [10, 2]


@promise(
    "commit.text-dml-waits",
    "An INSERT sent as text is nobody else's business until commit(), and rollback() undoes it.",
    docs="orm/persistence_techniques.html#session-sql-expressions",
)
def test_textual_insert_waits_for_commit(db: Database) -> None:
    ann = text("INSERT INTO account (id, owner, balance) VALUES (1, 'Ann', 100)")

    with db.session() as session:
        session.execute(ann)
        assert db.stored(Account) == []
        session.rollback()
        assert db.stored(Account) == []

        session.execute(ann)
        session.commit()
        assert [account.owner for account in db.stored(Account)] == ["Ann"]


@promise(
    "commit.core-dml-waits",
    "insert(), update() and delete() of a table wait for commit() like the work of a flush.",
    docs="orm/persistence_techniques.html#session-sql-expressions",
)
def test_core_statements_wait_for_commit(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=1), Account(id=2, owner="Bob", balance=2))
    account = Base.metadata.tables["account"]

    with db.session() as session:
        session.execute(insert(account).values(id=3, owner="Cleo", balance=3))
        session.execute(update(account).where(account.c.id == 1).values(balance=10))
        session.execute(delete(account).where(account.c.id == 2))
        waiting = db.stored(Account)
        session.commit()

    assert [(row.owner, row.balance) for row in waiting] == [("Ann", 1), ("Bob", 2)]
    assert [(row.owner, row.balance) for row in db.stored(Account)] == [("Ann", 10), ("Cleo", 3)]


@promise(
    "commit.ends-open-savepoints",
    "commit() inside two savepoints releases both and stores the work of all three levels.",
    docs="orm/session_transaction.html#session-begin-nested",
    needs=("savepoints",),
)
def test_commit_ends_open_savepoints(db: Database) -> None:
    with db.session() as session:
        session.add(Account(id=1, owner="Ann"))
        session.begin_nested()
        session.add(Account(id=2, owner="Bob"))
        session.begin_nested()
        session.add(Account(id=3, owner="Cleo"))

        session.commit()

        assert not session.in_transaction()
        assert [account.owner for account in db.stored(Account)] == ["Ann", "Bob", "Cleo"]
