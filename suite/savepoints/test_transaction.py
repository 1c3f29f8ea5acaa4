"""How a savepoint begins and ends, and what the Session says of it."""

from sqlalchemy import event, inspect, select
from sqlalchemy.orm import Session

from session_conformance import Account, Database, promise

DOCS = "orm/session_transaction.html#session-begin-nested"


@promise(
    "savepoints.flushes-first",
    "begin_nested() flushes what is pending, also with autoflush off, so that it stays outside.",
    docs="orm/session_basics.html#session-flushing",
    needs=("savepoints",),
)
def test_flushes_first(db: Database) -> None:
    with db.session(autoflush=False) as session:
        account = Account(id=1, owner="Ann")
        session.add(account)
        with db.watch() as sql:
            savepoint = session.begin_nested()
        assert sql.verbs == ["INSERT"]

        savepoint.rollback()

        assert inspect(account).persistent


@promise(
    "savepoints.release-flushes",
    "A begin_nested() block that ends well flushes what was added in it, before the release.",
    docs=DOCS,
    needs=("savepoints",),
)
def test_release_flushes(db: Database) -> None:
    with db.session(autoflush=False) as session:
        session.connection()
        with db.watch() as sql, session.begin_nested():
            account = Account(id=1, owner="Ann")
            session.add(account)

        assert sql.steps == ["SAVEPOINT", "INSERT", "RELEASE SAVEPOINT"]
        assert inspect(account).persistent


@promise(
    "savepoints.begins-outer-transaction",
    "begin_nested() in an idle Session begins the outer transaction, which outlasts the savepoint.",
    docs=DOCS,
    needs=("savepoints",),
)
def test_begins_outer_transaction(db: Database) -> None:
    with db.session() as session:
        with session.begin_nested() as savepoint:
            session.add(Account(id=1, owner="Ann"))
            outer = savepoint.parent

        assert outer is session.get_transaction()
        assert outer is not None
        assert outer.is_active
        assert not outer.nested

        session.commit()

    assert [account.owner for account in db.stored(Account)] == ["Ann"]


@promise(
    "savepoints.state-flags",
    "in_nested_transaction(), get_nested_transaction(), nested and parent tell what is open.",
    docs="API Session.in_nested_transaction",
    needs=("savepoints",),
)
def test_state_flags(db: Database) -> None:
    with db.session() as session:
        root = session.begin()
        assert (session.in_nested_transaction(), session.get_nested_transaction()) == (False, None)

        outer = session.begin_nested()
        inner = session.begin_nested()
        session.execute(select(Account.id))
        assert [found.nested for found in (root, outer, inner)] == [False, True, True]
        assert [found.parent for found in (root, outer, inner)] == [None, root, outer]
        assert session.get_nested_transaction() is inner

        inner.rollback()
        assert session.get_nested_transaction() is outer
        assert session.in_nested_transaction()

        outer.commit()
        assert (session.in_nested_transaction(), session.get_nested_transaction()) == (False, None)
        assert session.get_transaction() is root


@promise(
    "savepoints.unused-sends-nothing",
    "A begin_nested() block without any statement sends no SAVEPOINT either.",
    docs=DOCS,
    needs=("savepoints",),
)
def test_unused_sends_nothing(db: Database) -> None:
    with db.session() as session:
        session.execute(select(Account.id))

        with db.watch() as unused, session.begin_nested():
            pass
        with db.watch() as used, session.begin_nested():
            session.execute(select(Account.id))

        assert unused.steps == []
        assert used.steps == ["SAVEPOINT", "SELECT", "RELEASE SAVEPOINT"]


@promise(
    "savepoints.engine-events",
    "A used savepoint fires the engine's event for its beginning and for its end, once each.",
    docs="API ConnectionEvents.savepoint",
    needs=("savepoints",),
)
def test_engine_events(db: Database) -> None:
    engine = db.new_engine()
    seen: list[str] = []
    event.listen(engine, "savepoint", lambda *_: seen.append("savepoint"))
    event.listen(engine, "release_savepoint", lambda *_: seen.append("release"))
    event.listen(engine, "rollback_savepoint", lambda *_: seen.append("rollback"))

    with Session(engine) as session:
        with session.begin_nested():
            session.execute(select(Account.id))
        assert seen == ["savepoint", "release"]

        savepoint = session.begin_nested()
        session.execute(select(Account.id))
        savepoint.rollback()
        session.commit()

    assert seen == ["savepoint", "release", "savepoint", "rollback"]
