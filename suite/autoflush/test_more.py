"""Further calls that write pending changes first, and some that never do."""

from sqlalchemy import inspect, select

from session_conformance import Account, Database, promise

DOCS = "orm/session_basics.html#session-flushing"


@promise(
    "autoflush.before-legacy-query",
    "Session.query() writes pending objects first, and finds them, as select() does.",
    docs=DOCS,
)
def test_legacy_query_flushes_first(db: Database) -> None:
    with db.session() as session:
        account = Account(id=1, owner="Ann")
        session.add(account)

        with db.watch() as sql:
            assert session.query(Account).all() == [account]

        assert sql.steps == ["BEGIN", "INSERT", "SELECT"]
        assert db.stored(Account) == []


@promise(
    "autoflush.before-merge",
    "merge() writes pending objects first, so that it finds the row of one with the same key.",
    docs=DOCS,
)
def test_merge_flushes_first(db: Database) -> None:
    with db.session() as session:
        pending = Account(id=1, owner="Ann", balance=1)
        session.add(pending)

        with db.watch() as sql:
            merged = session.merge(Account(id=1, balance=5))

        assert (merged, sql.verbs) == (pending, ["INSERT"])
        session.commit()

    assert [(row.owner, row.balance) for row in db.stored(Account)] == [("Ann", 5)]


@promise(
    "autoflush.not-by-bookkeeping",
    "connection(), expunge(), expire() and delete() write nothing that is pending.",
    docs=DOCS,
)
def test_bookkeeping_flushes_nothing(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"), Account(id=2, owner="Bob"), Account(id=3, owner="Cleo"))

    with db.session() as session:
        ann, bob, cleo = session.scalars(select(Account).order_by(Account.id)).all()
        assert cleo.entries == []
        pending = Account(id=4, owner="Dan")
        session.add(pending)

        with db.watch() as sql:
            session.connection()
            session.expunge(ann)
            session.expire(bob)
            session.delete(cleo)

        assert sql.events == []
        assert inspect(pending).pending
