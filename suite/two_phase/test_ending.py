"""How a transaction in two phases ends, and what it leaves at the server."""

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from session_conformance import Account, Database, promise

DOCS = "orm/session_transaction.html#session-twophase"


@promise(
    "two-phase.commit",
    "commit() of a twophase Session prepares and commits: its rows are stored, nothing waits.",
    docs=DOCS,
    needs=("two_phase",),
)
def test_commit(db: Database) -> None:
    with db.session(twophase=True) as session, db.watch() as sql:
        session.add(Account(id=1, owner="Ann"))
        session.commit()

    assert [found.text for found in sql.events if found.kind == "note"] == ["prepare"]
    assert [account.owner for account in db.stored(Account)] == ["Ann"]
    assert db.prepared == []


@promise(
    "two-phase.rollback-before-prepare",
    "rollback() of a twophase Session stores nothing and frees the rows that it wrote.",
    docs=DOCS,
    needs=("two_phase",),
)
def test_rollback_before_prepare(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session(twophase=True) as session:
        session.get_one(Account, 1).balance = 150
        session.add(Account(id=2, owner="Bob"))
        session.flush()
        assert db.locked(Account, 1)

        session.rollback()

        assert not db.locked(Account, 1)
        assert [(row.owner, row.balance) for row in db.stored(Account)] == [("Ann", 100)]


@promise(
    "two-phase.rollback-after-prepare",
    "rollback() after prepare() stores nothing, frees the rows and leaves nothing prepared.",
    docs=DOCS,
    needs=("two_phase",),
)
def test_rollback_after_prepare(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session(twophase=True) as session:
        session.get_one(Account, 1).balance = 150
        session.prepare()
        assert len(db.prepared) == 1

        session.rollback()

        assert db.prepared == []
        assert not db.locked(Account, 1)
        assert [row.balance for row in db.stored(Account)] == [100]


@promise(
    "two-phase.close-leaves-no-orphan",
    "close() after prepare() rolls the prepared transaction back at the server.",
    docs="API Session.close",
    needs=("two_phase",),
)
def test_close_leaves_no_orphan(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))
    session = db.session(twophase=True)
    session.get_one(Account, 1).balance = 150
    session.prepare()
    assert len(db.prepared) == 1

    session.close()

    assert db.prepared == []
    assert db.checked_out == 0
    assert not db.locked(Account, 1)
    assert [row.balance for row in db.stored(Account)] == [100]


@promise(
    "two-phase.connection-reusable",
    "However a twophase transaction ended, its connection serves ordinary ones from then on.",
    docs="core/pooling.html#pool-reset-on-return",
    needs=("two_phase",),
)
@pytest.mark.parametrize("end", [Session.commit, Session.rollback, Session.close])
@pytest.mark.parametrize("first", [Session.flush, Session.prepare])
def test_connection_reusable(
    db: Database, first: Callable[[Session], None], end: Callable[[Session], None]
) -> None:
    engine = db.new_engine(pool_size=1, max_overflow=0)
    with Session(engine, twophase=True) as session:
        session.add(Account(id=1, owner="Ann"))
        first(session)
        end(session)

    with Session(engine) as session, db.watch() as sql:
        session.add(Account(id=2, owner="Bob"))
        session.flush()
        session.rollback()
        session.add(Account(id=3, owner="Cleo"))
        session.commit()

    assert sql.pool == ["check-out", "check-in"] * 2
    assert db.prepared == []
    assert {account.owner for account in db.stored(Account)} - {"Ann"} == {"Cleo"}


@promise(
    "two-phase.consecutive",
    "Twophase transactions of one Session, committed or rolled back, each have their own effect.",
    docs=DOCS,
    needs=("two_phase",),
)
def test_consecutive(db: Database) -> None:
    with db.session(twophase=True) as session:
        session.add(Account(id=1, owner="Ann"))
        session.commit()
        assert [account.owner for account in db.stored(Account)] == ["Ann"]

        session.add(Account(id=2, owner="Bob"))
        session.prepare()
        session.rollback()
        session.add(Account(id=3, owner="Cleo"))
        session.flush()
        session.rollback()
        assert [account.owner for account in db.stored(Account)] == ["Ann"]

        session.add(Account(id=4, owner="Dora"))
        session.prepare()
        session.commit()
        assert [account.owner for account in db.stored(Account)] == ["Ann", "Dora"]


@promise(
    "two-phase.rollback-after-invalidate",
    "rollback() of a twophase transaction whose connection was invalidated raises nothing.",
    docs="API Connection.invalidate",
    needs=("two_phase",),
)
def test_rollback_after_invalidate(db: Database) -> None:
    with db.session(twophase=True) as session:
        session.add(Account(id=1, owner="Ann"))
        session.flush()
        session.connection().invalidate()

        session.rollback()

        assert db.checked_out == 0
        session.add(Account(id=2, owner="Bob"))
        session.commit()

    assert [account.owner for account in db.stored(Account)] == ["Bob"]
