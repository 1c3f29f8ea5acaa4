"""What a Session tells of its transactions, and what a listener may do then."""

from typing import Any

import pytest
from sqlalchemy import Connection, event, insert, select
from sqlalchemy.exc import DBAPIError, InvalidRequestError
from sqlalchemy.orm import Session, SessionTransaction

from session_conformance import Account, Database, Entry, promise

DOCS = "orm/session_events.html#session-transaction-events"
EVENTS = (
    "before_commit", "before_flush", "after_begin", "after_flush", "after_flush_postexec",
    "after_commit", "after_rollback", "after_soft_rollback", "after_transaction_end",
)  # fmt: skip


def hear_all(session: Session) -> list[str]:
    """Return a list that gets the name of each of EVENTS as `session` tells it."""
    heard: list[str] = []
    for name in EVENTS:
        event.listen(session, name, lambda *_, name=name: heard.append(name))
    return heard


@promise(
    "events.commit-order",
    "commit() tells its steps in order: before_commit, those of the flush, after_commit, the end.",
    docs=DOCS,
)
def test_commit_order(db: Database) -> None:
    with db.session() as session:
        session.add(Account(id=1, owner="Ann"))
        heard = hear_all(session)

        session.commit()

        assert heard == [
            "before_commit",
            "before_flush",
            "after_begin",
            "after_flush",
            "after_flush_postexec",
            # A flush has an inner transaction of its own.
            "after_transaction_end",
            "after_commit",
            "after_transaction_end",
        ]


@promise(
    "events.rollback-order",
    "rollback() tells after_rollback, after_transaction_end, after_soft_rollback, in that order.",
    docs=DOCS,
)
def test_rollback_order(db: Database) -> None:
    with db.session() as session:
        session.add(Account(id=1, owner="Ann"))
        session.flush()
        heard = hear_all(session)

        session.rollback()

        assert heard == ["after_rollback", "after_transaction_end", "after_soft_rollback"]


@promise(
    "events.failed-flush-events",
    "A failed flush tells after_rollback at once; rollback() then tells only the rest.",
    docs="API SessionEvents.after_rollback",
)
def test_failed_flush_events(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"))

    with db.session() as session:
        session.add(Account(id=1, owner="Bob"))
        heard = hear_all(session)
        with pytest.raises(DBAPIError):
            session.flush()
        assert heard.count("after_rollback") == 1
        heard.clear()

        session.rollback()

        assert heard == ["after_transaction_end", "after_soft_rollback"]


@promise(
    "events.after-begin-per-connection",
    "after_begin is told once for each transaction; SQL on the connection it gets is part of it.",
    docs=DOCS,
)
def test_after_begin_per_connection(db: Database) -> None:
    began = []

    def book(_session: Session, _transaction: SessionTransaction, connection: Connection) -> None:
        began.append(connection)
        connection.execute(insert(Entry).values(id=len(began), amount=25))

    with db.session() as session:
        event.listen(session, "after_begin", book)
        assert session.scalars(select(Entry.id)).all() == [1]
        assert session.scalars(select(Entry.id)).all() == [1]
        assert began == [session.connection()]
        session.rollback()
        assert db.stored(Entry) == []

        assert session.scalars(select(Entry.id)).all() == [2]
        session.commit()

    assert len(began) == 2
    assert [entry.id for entry in db.stored(Entry)] == [2]


@promise(
    "events.soft-rollback-can-query",
    "In after_soft_rollback, with is_active true, the Session can query already.",
    docs="API SessionEvents.after_soft_rollback",
)
def test_soft_rollback_can_query(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"))
    seen = []

    def look(session: Session, _: SessionTransaction) -> None:
        seen.append((session.is_active, session.scalars(select(Account.owner)).all()))

    with db.session() as session:
        event.listen(session, "after_soft_rollback", look, once=True)
        session.add(Account(id=2, owner="Bob"))
        session.flush()

        session.rollback()

        assert seen == [(True, ["Ann"])]


@promise(
    "events.no-sql-in-after-commit",
    "In after_commit the Session refuses SQL; the commit itself has been done.",
    docs="API SessionEvents.after_commit",
)
def test_no_sql_in_after_commit(db: Database) -> None:
    seen = []

    def query(session: Session) -> None:
        with pytest.raises(InvalidRequestError, match="no further SQL"):
            session.scalars(select(Account))
        seen.extend(db.stored(Account))

    with db.session() as session:
        event.listen(session, "after_commit", query)
        session.add(Account(id=1, owner="Ann"))
        session.commit()

    assert [account.owner for account in seen] == ["Ann"]


@promise(
    "events.transaction-create-end-pairs",
    "Each after_transaction_create, nested ones too, is followed by one after_transaction_end.",
    docs="API SessionEvents.after_transaction_create",
    needs=("savepoints",),
)
def test_transaction_create_end_pairs(db: Database) -> None:
    created: list[SessionTransaction] = []
    ended: list[SessionTransaction] = []

    with db.session() as session:
        event.listen(session, "after_transaction_create", lambda _, made: created.append(made))
        event.listen(session, "after_transaction_end", lambda _, made: ended.append(made))
        session.add(Account(id=1, owner="Ann"))
        with session.begin_nested():
            session.add(Account(id=2, owner="Bob"))
        undone = session.begin_nested()
        session.add(Account(id=3, owner="Cleo"))
        session.flush()
        undone.rollback()
        session.commit()
        session.scalars(select(Account)).all()

    assert [made.nested for made in created].count(True) == 2
    assert [made.parent for made in created].count(None) == 2
    assert len(ended) == len(set(ended)) == len(created)
    assert set(ended) == set(created)


@promise(
    "events.listener-scope",
    "A listener hears the Sessions it was given: one, those of a factory, or those of a class.",
    docs="API SessionEvents",
)
def test_listener_scope(db: Database) -> None:
    class Ledger(Session):
        """A class of Sessions with listeners of its own."""

    heard: list[tuple[str, Any]] = []
    factory, other = db.sessionmaker(), db.sessionmaker(class_=Ledger)

    with factory() as first, factory() as second, other() as third, db.session() as fourth:
        event.listen(second, "after_begin", lambda found, *_: heard.append(("one", found)))
        event.listen(factory, "after_begin", lambda found, *_: heard.append(("factory", found)))
        event.listen(Ledger, "after_begin", lambda found, *_: heard.append(("class", found)))
        first.scalars(select(Account)).all()
        second.scalars(select(Account)).all()
        third.scalars(select(Account)).all()
        fourth.scalars(select(Account)).all()

        assert set(heard) == {
            ("factory", first), ("factory", second), ("one", second), ("class", third),
        }  # fmt: skip
        assert len(heard) == 4
