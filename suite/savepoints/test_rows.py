"""Which rows stay when savepoints are released and rolled back."""

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import SessionTransaction

from session_conformance import Account, Database, promise

DOCS = "orm/session_transaction.html#session-begin-nested"
ENDINGS = (SessionTransaction.rollback, SessionTransaction.commit, SessionTransaction.commit)


@promise(
    "savepoints.rollback-keeps-outer",
    "Rolling back a savepoint undoes what came after it; work before and afterwards is committed.",
    docs=DOCS,
    needs=("savepoints",),
)
def test_rollback_keeps_outer(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session() as session:
        session.get_one(Account, 1).balance = 150
        savepoint = session.begin_nested()
        session.get_one(Account, 1).balance = 0
        session.add(Account(id=2, owner="Bob"))
        session.flush()

        savepoint.rollback()

        session.add(Account(id=3, owner="Cleo", balance=7))
        session.commit()

    assert [(row.owner, row.balance) for row in db.stored(Account)] == [("Ann", 150), ("Cleo", 7)]


@promise(
    "savepoints.release-keeps-work",
    "What was done inside a begin_nested() block that ended well is stored by the outer commit().",
    docs=DOCS,
    needs=("savepoints",),
)
def test_release_keeps_work(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session() as session:
        with session.begin_nested():
            session.get_one(Account, 1).balance = 150
            session.add(Account(id=2, owner="Bob", balance=5))
        session.commit()

    assert [(row.owner, row.balance) for row in db.stored(Account)] == [("Ann", 150), ("Bob", 5)]


@promise(
    "savepoints.release-is-not-commit",
    "Work of a released savepoint is seen by nobody else until the outer commit().",
    docs=DOCS,
    needs=("savepoints",),
)
def test_release_is_not_commit(db: Database) -> None:
    with db.session() as session:
        session.add(Account(id=1, owner="Ann"))
        with session.begin_nested():
            session.add(Account(id=2, owner="Bob"))
        assert db.stored(Account) == []

        session.commit()

        assert [account.owner for account in db.stored(Account)] == ["Ann", "Bob"]


@promise(
    "savepoints.outer-rollback-undoes-released",
    "The outer rollback() also undoes the work of savepoints that were released before.",
    docs=DOCS,
    needs=("savepoints",),
)
def test_outer_rollback_undoes_released(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session() as session:
        session.add(Account(id=2, owner="Bob"))
        with session.begin_nested():
            session.get_one(Account, 1).balance = 0
            session.add(Account(id=3, owner="Cleo"))

        session.rollback()

        assert session.get_one(Account, 1).balance == 100
        assert [(row.owner, row.balance) for row in db.stored(Account)] == [("Ann", 100)]


@promise(
    "savepoints.first-statement",
    "A savepoint that comes first in its transaction is part of it: outer rollback() undoes it.",
    docs="dialects/sqlite.html#sqlite-transactions",
    needs=("savepoints",),
)
def test_first_statement(db: Database) -> None:
    with db.session() as session:
        with session.begin_nested():
            session.add(Account(id=1, owner="Ann"))
        assert db.stored(Account) == []

        session.rollback()

        assert db.stored(Account) == []


@promise(
    "savepoints.inner-rollback-keeps-middle",
    "With two savepoints open, rolling back the inner one keeps the work of the outer one.",
    docs=DOCS,
    needs=("savepoints",),
)
def test_inner_rollback_keeps_middle(db: Database) -> None:
    with db.session() as session:
        session.add(Account(id=1, owner="Ann"))
        outer = session.begin_nested()
        session.add(Account(id=2, owner="Bob"))
        inner = session.begin_nested()
        session.add(Account(id=3, owner="Cleo"))
        session.flush()

        inner.rollback()
        outer.commit()
        session.commit()

    assert [account.owner for account in db.stored(Account)] == ["Ann", "Bob"]


@promise(
    "savepoints.middle-rollback-drops-released-inner",
    "Rolling back a savepoint undoes the inner savepoint that was released into it, too.",
    docs=DOCS,
    needs=("savepoints",),
)
def test_middle_rollback_drops_released_inner(db: Database) -> None:
    with db.session() as session:
        session.add(Account(id=1, owner="Ann"))
        outer = session.begin_nested()
        session.add(Account(id=2, owner="Bob"))
        inner = session.begin_nested()
        session.add(Account(id=3, owner="Cleo"))

        inner.commit()
        outer.rollback()
        session.commit()

    assert [account.owner for account in db.stored(Account)] == ["Ann"]


@promise(
    "savepoints.deep-nesting",
    "Twenty-five savepoints inside each other end one by one and leave exactly the right rows.",
    docs=DOCS,
    needs=("savepoints",),
)
def test_deep_nesting(db: Database) -> None:
    levels = []
    with db.session() as session, db.watch() as sql:
        for key in range(1, 26):
            levels.append(session.begin_nested())
            session.add(Account(id=key, owner=f"owner {key}"))

        # The end of a savepoint ends those that are open inside it, from within.
        levels[15].commit()
        levels[14].rollback()
        session.add(Account(id=26, owner="owner 26"))
        levels[0].commit()
        session.commit()

    ends = [step.split()[0] for step in sql.steps if step.startswith("R")]
    assert ends == ["RELEASE"] * 10 + ["ROLLBACK"] + ["RELEASE"] * 14
    assert [account.id for account in db.stored(Account)] == [*range(1, 15), 26]


@promise(
    "savepoints.many-in-sequence",
    "Of thirty savepoints in a row, every third rolled back, the others' rows are stored.",
    docs=DOCS,
    needs=("savepoints",),
)
def test_many_in_sequence(db: Database) -> None:
    with db.session() as session:
        for key in range(1, 31):
            savepoint = session.begin_nested()
            session.add(Account(id=key, owner=f"owner {key}"))
            session.flush()
            ENDINGS[key % 3](savepoint)
        session.commit()

    assert [account.id for account in db.stored(Account)] == [key for key in range(31) if key % 3]


@promise(
    "savepoints.repeated-violations",
    "A row that is refused costs its begin_nested() block alone, five times in one transaction.",
    docs=DOCS,
    needs=("savepoints",),
)
def test_repeated_violations(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"))
    refused = []

    with db.session() as session:
        for key, owner in enumerate(["Bob", "Ann", "Ann", "Cid", "Bob", "Ann", "Cid", "Dora"], 2):
            try:
                with session.begin_nested():
                    session.add(Account(id=key, owner=owner))
            except DBAPIError:
                refused.append(key)
        session.commit()

    assert refused == [3, 4, 6, 7, 8]
    assert [account.owner for account in db.stored(Account)] == ["Ann", "Bob", "Cid", "Dora"]


@promise(
    "savepoints.user-named-savepoints",
    "A savepoint set by text, under a name SQLAlchemy takes too, costs begin_nested() no work.",
    docs="API Connection.begin_nested",
    needs=("savepoints",),
)
def test_user_named_savepoints(db: Database) -> None:
    with db.session() as session:
        session.execute(text("INSERT INTO account (id, owner, balance) VALUES (1, 'Ann', 0)"))
        session.execute(text("SAVEPOINT sa_savepoint_1"))
        session.execute(text("INSERT INTO account (id, owner, balance) VALUES (2, 'Bob', 0)"))
        savepoint = session.begin_nested()
        session.add(Account(id=3, owner="Cleo"))
        session.flush()

        savepoint.rollback()
        session.commit()

    assert [account.owner for account in db.stored(Account)] == ["Ann", "Bob"]
