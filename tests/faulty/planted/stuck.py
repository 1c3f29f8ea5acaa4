"""Cases that never end by themselves, or end their process, and innocent ones between."""

from __future__ import annotations

import os
import threading

from sqlalchemy import text

from session_conformance import Account, Database, promise

DOCS = "none"
SLEEP = {"postgresql": "SELECT pg_sleep(60)", "mysql": "SELECT SLEEP(60)"}


@promise("stuck.before", "A case before a stuck one passes.", docs=DOCS)
def test_before(db: Database) -> None:
    with db.session() as session:
        assert session.scalar(text("SELECT 1")) == 1


@promise("stuck.waits-for-ever", "A case that waits for ever ends as a timeout.", docs=DOCS)
def test_waits_for_ever(db: Database) -> None:
    with db.session() as session:
        session.scalar(text("SELECT 1"))
        threading.Event().wait()
    assert True


@promise("stuck.between", "A case after a stuck one passes.", docs=DOCS)
def test_between(db: Database) -> None:
    with db.session() as session:
        session.add(Account(id=1, owner="Ann", balance=1))
        session.commit()

    assert [account.id for account in db.stored(Account)] == [1]


@promise(
    "stuck.waits-in-server",
    "A case that waits in the server is freed by the server.",
    docs=DOCS,
    needs=("kill_connection",),
)
def test_waits_in_server(db: Database) -> None:
    with db.session() as session:
        session.add(Account(id=1, owner="Ann", balance=1))
        session.flush()
        session.execute(text(SLEEP.get(db.engine.dialect.name, "SELECT SLEEP(60)")))
    assert True


@promise("stuck.aborts", "A case that ends its process ends as a crash.", docs=DOCS)
def test_aborts(db: Database) -> None:
    with db.session() as session:
        session.scalar(text("SELECT 1"))
        os.abort()
    assert True


@promise("stuck.leaves", "A case that leaves its process ends as a crash.", docs=DOCS)
def test_leaves(db: Database) -> None:
    with db.session() as session:
        session.scalar(text("SELECT 1"))
        os._exit(0)
    assert True


@promise("stuck.after", "A case after all these passes.", docs=DOCS)
def test_after(db: Database) -> None:
    with db.session() as session:
        session.add(Account(id=1, owner="Ann", balance=1))
        session.commit()

    assert [account.id for account in db.stored(Account)] == [1]
