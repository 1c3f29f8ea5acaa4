"""Rollbacks with nothing to undo, and what they discard beside rows."""

import pytest
from sqlalchemy import inspect, select
from sqlalchemy.exc import DBAPIError, SAWarning

from session_conformance import Account, Database, Entry, promise

DOCS = "orm/session_basics.html#session-rollback"


@promise(
    "rollback.idle-is-silent",
    "rollback() of an idle Session sends nothing and raises nothing.",
    docs=DOCS,
)
def test_idle_rollback_is_silent(db: Database) -> None:
    with db.session() as session:
        session.add(Account(id=1, owner="Ann"))
        session.commit()

        with db.watch() as sql:
            session.rollback()

        assert sql.events == []
        assert not session.in_transaction()


@promise(
    "rollback.repeat-is-harmless",
    "A second rollback() right after the first sends nothing and raises nothing.",
    docs=DOCS,
)
def test_repeated_rollback_is_harmless(db: Database) -> None:
    with db.session() as session:
        session.add(Account(id=1, owner="Ann"))
        session.flush()

        with db.watch() as sql:
            session.rollback()
            session.rollback()

        assert sql.steps == ["ROLLBACK"]
        session.add(Account(id=2, owner="Bob"))
        session.commit()

    assert [account.owner for account in db.stored(Account)] == ["Bob"]


@promise(
    "rollback.collections-reloaded",
    "A collection that was changed and flushed has its former members after rollback().",
    docs=DOCS,
)
def test_collections_are_reloaded(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", entries=[Entry(id=1, amount=10), Entry(id=2, amount=20)]))

    with db.session() as session:
        account = session.get_one(Account, 1)
        first, second = account.entries
        account.entries = [first, Entry(id=3, amount=30)]
        session.flush()

        session.rollback()

        assert account.entries == [first, second]
        assert second.account is account


@promise(
    "rollback.late-changes-warn",
    "Objects added after a failed flush are discarded by rollback(), with a warning.",
    docs="faq/sessions.html#faq-session-rollback",
)
def test_late_changes_warn(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"))

    with db.session() as session:
        session.add(Account(id=2, owner="Ann"))
        with pytest.raises(DBAPIError):
            session.flush()
        late = Account(id=3, owner="Cleo")
        session.add(late)

        with pytest.warns(SAWarning, match="non-active transaction"):
            session.rollback()

        assert inspect(late).transient
        session.commit()
        assert session.scalars(select(Account.owner)).all() == ["Ann"]
