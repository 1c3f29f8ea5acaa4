"""What listeners may do before, in and after a flush of their Session."""

from typing import Any

import pytest
from sqlalchemy import event, insert
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import FlushError

from session_conformance import Account, Database, Entry, promise

DOCS = "orm/session_events.html#session-persistence-events"


@promise(
    "events.before-flush-can-add",
    "What a before_flush listener adds, changes and deletes is part of the same flush.",
    docs=DOCS,
)
def test_before_flush_can_add(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"), Account(id=2, owner="Bob"))
    flushed = []

    def before(session: Session, *_: Any) -> None:
        session.add(Account(id=3, owner="Cleo"))
        session.get_one(Account, 1).balance = 5
        session.delete(session.get_one(Account, 2))

    with db.session() as session:
        event.listen(session, "before_flush", before)
        event.listen(session, "after_flush", lambda *_: flushed.append("after"))
        session.add(Entry(id=1, amount=1))
        session.flush()

        assert flushed == ["after"]
        assert [*session.new, *session.dirty, *session.deleted] == []
        event.remove(session, "before_flush", before)
        session.commit()

    assert [(row.id, row.balance) for row in db.stored(Account)] == [(1, 5), (3, 0)]


@promise(
    "events.after-flush-sees-worksets",
    "after_flush still sees new, dirty and deleted as they were; after_flush_postexec sees none.",
    docs=DOCS,
)
def test_after_flush_sees_worksets(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"), Account(id=2, owner="Bob"))
    seen: list[tuple[list[object], ...]] = []

    def look(session: Session, _: Any) -> None:
        seen.append((list(session.new), list(session.dirty), list(session.deleted)))

    with db.session() as session:
        event.listen(session, "after_flush", look)
        event.listen(session, "after_flush_postexec", look)
        cleo = Account(id=3, owner="Cleo")
        ann, bob = session.get_one(Account, 1), session.get_one(Account, 2)
        session.add(cleo)
        ann.balance = 5
        session.delete(bob)

        session.flush()

        assert seen == [([cleo], [ann], [bob]), ([], [], [])]


@promise(
    "events.after-flush-can-run-sql",
    "SQL that after_flush runs on the Session's connection is committed or undone with the flush.",
    docs=DOCS,
)
def test_after_flush_can_run_sql(db: Database) -> None:
    def book(session: Session, _: Any) -> None:
        session.connection().execute(insert(Entry).values(id=1, amount=25))

    with db.session() as session:
        event.listen(session, "after_flush", book)
        session.add(Account(id=1, owner="Ann"))
        session.flush()
        assert db.stored(Entry) == []
        session.rollback()
        assert db.stored(Entry) == []

        session.add(Account(id=1, owner="Ann"))
        session.commit()

    assert [(entry.id, entry.amount) for entry in db.stored(Entry)] == [(1, 25)]


@promise(
    "events.postexec-change-reflushed",
    "A change made in after_flush_postexec is flushed and committed by the same commit().",
    docs=DOCS,
)
def test_postexec_change_reflushed(db: Database) -> None:
    account = Account(id=1, owner="Ann", balance=1)

    def change(*_: Any) -> None:
        account.balance = 5

    with db.session() as session:
        event.listen(session, "after_flush_postexec", change, once=True)
        session.add(account)
        with db.watch() as sql:
            session.commit()

    assert sql.steps == ["BEGIN", "INSERT", "UPDATE", "COMMIT"]
    assert [stored.balance for stored in db.stored(Account)] == [5]


@promise(
    "events.postexec-loop-limit",
    "A listener that makes work in every flush ends commit() after 100 rounds; rollback() helps.",
    docs=DOCS,
)
def test_postexec_loop_limit(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=0))

    with db.session() as session:
        account = session.get_one(Account, 1)

        def work(*_: Any) -> None:
            account.balance += 1

        event.listen(session, "after_flush_postexec", work)
        account.balance = 1
        with pytest.raises(FlushError, match="100"):
            session.commit()
        assert db.stored(Account)[0].balance == 0

        event.remove(session, "after_flush_postexec", work)
        session.rollback()
        account.balance = 7
        session.commit()

    assert db.stored(Account)[0].balance == 7
