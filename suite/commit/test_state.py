"""What a Session is like after a commit, one with nothing to write included."""

from sqlalchemy import event, inspect, select

from session_conformance import Account, Database, promise

DOCS = "orm/session_basics.html#session-committing"


@promise(
    "commit.objects-stay-attached",
    "Objects are members of the Session after commit() as before, each under its own key.",
    docs="orm/session_state_management.html#session-object-states",
)
def test_objects_stay_attached(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"))

    with db.session() as session:
        loaded, new = session.get_one(Account, 1), Account(id=2, owner="Bob")
        session.add(new)
        session.commit()

        assert inspect(loaded).persistent
        assert inspect(new).persistent
        assert session.get(Account, 1) is loaded
        assert session.scalars(select(Account).where(Account.owner == "Bob")).one() is new


@promise(
    "commit.idle-commit-fires-events",
    "commit() of an idle Session fires before_commit and after_commit, and sends nothing.",
    docs="orm/session_events.html#session-transaction-events",
)
def test_idle_commit_fires_events(db: Database) -> None:
    fired: list[str] = []

    with db.session() as session:
        session.execute(select(Account.id))
        session.commit()
        event.listen(session, "before_commit", lambda _: fired.append("before_commit"))
        event.listen(session, "after_commit", lambda _: fired.append("after_commit"))

        with db.watch() as sql:
            session.commit()

        assert fired == ["before_commit", "after_commit"]
        assert sql.events == []


@promise(
    "commit.clean-commit-no-dml",
    "commit() after reading, or after setting equal values, writes nothing.",
    docs=DOCS,
)
def test_clean_commit_no_dml(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session() as session:
        account = session.get_one(Account, 1)
        account.balance = 100
        with db.watch() as sql:
            session.commit()

        assert sql.steps == ["COMMIT"]


@promise(
    "commit.worksets-empty",
    "After commit() nothing is new, dirty or deleted any more.",
    docs="orm/session_state_management.html#session-attributes",
)
def test_worksets_empty(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"), Account(id=2, owner="Bob"))

    with db.session() as session:
        changed, removed = session.get_one(Account, 1), session.get_one(Account, 2)
        added = Account(id=3, owner="Cleo")
        session.add(added)
        changed.balance = 1
        session.delete(removed)
        before = [set(session.new), set(session.dirty), set(session.deleted)]
        session.commit()

        assert before == [{added}, {changed}, {removed}]
        assert [set(session.new), set(session.dirty), set(session.deleted)] == [set(), set(), set()]


@promise(
    "commit.empty-transaction-then-work",
    "begin() and commit() with no work between them send nothing; the Session then works as ever.",
    docs=DOCS,
)
def test_empty_transaction_then_work(db: Database) -> None:
    with db.session() as session:
        with db.watch() as sql:
            session.begin()
            session.commit()
        assert sql.events == []
        assert not session.in_transaction()

        session.add(Account(id=1, owner="Ann"))
        session.commit()

    assert [account.owner for account in db.stored(Account)] == ["Ann"]
