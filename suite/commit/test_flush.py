"""A commit flushes first."""

from session_conformance import Account, Database, Entry, promise


@promise(
    "commit.flushes-pending",
    "commit() writes what no flush has written yet: new, changed and deleted objects.",
    docs="orm/session_basics.html#session-committing",
)
def test_commit_flushes_new_changed_and_deleted_objects(db: Database) -> None:
    db.given(Entry(id=1, amount=10), Entry(id=2, amount=20))

    with db.session() as session:
        first, second = session.get_one(Entry, 1), session.get_one(Entry, 2)
        first.amount = 15
        session.delete(second)
        session.add(Entry(id=3, amount=30))

        with db.watch() as sql:
            session.commit()

        assert sorted(sql.verbs) == ["DELETE", "INSERT", "UPDATE"]
        assert sql.steps[-1] == "COMMIT"

    assert [(entry.id, entry.amount) for entry in db.stored(Entry)] == [(1, 15), (3, 30)]


@promise(
    "commit.flush-ignores-autoflush",
    "commit() flushes even in a Session with autoflush=False.",
    docs="orm/session_basics.html#session-committing",
)
def test_commit_flushes_without_autoflush(db: Database) -> None:
    with db.session(autoflush=False) as session:
        session.add(Account(id=1, owner="Ann"))

        with db.watch() as sql:
            session.commit()

        assert sql.steps == ["BEGIN", "INSERT", "COMMIT"]
        assert [account.owner for account in db.stored(Account)] == ["Ann"]
