"""Each change of an object's state is told exactly once, when it happens."""

from sqlalchemy import event, inspect, select
from sqlalchemy.orm import Session

from session_conformance import Account, Database, promise

DOCS = "orm/session_events.html#session-lifecycle-events"


def hear(session: Session, name: str) -> list[object]:
    """Return a list that gets each object for which `session` tells the event `name`."""
    heard: list[object] = []
    event.listen(session, name, lambda _, instance: heard.append(instance))
    return heard


@promise(
    "events.transient-to-pending",
    "transient_to_pending is told once for a new object: when it is added.",
    docs=DOCS,
)
def test_transient_to_pending(db: Database) -> None:
    with db.session() as session:
        heard = hear(session, "transient_to_pending")
        account = Account(id=1, owner="Ann")
        assert heard == []

        session.add(account)
        assert heard == [account]

        session.add(account)
        session.commit()
        assert heard == [account]


@promise(
    "events.pending-to-persistent",
    "pending_to_persistent is told once for a new object: in the flush that inserts it.",
    docs=DOCS,
)
def test_pending_to_persistent(db: Database) -> None:
    with db.session() as session:
        heard = hear(session, "pending_to_persistent")
        account = Account(id=1, owner="Ann")
        session.add(account)
        assert heard == []

        session.flush()
        assert heard == [account]

        account.balance = 5
        session.commit()
        assert heard == [account]


@promise(
    "events.pending-to-transient",
    "pending_to_transient is told once for an object that leaves unflushed: expunged, rolled back.",
    docs=DOCS,
)
def test_pending_to_transient(db: Database) -> None:
    with db.session() as session:
        heard = hear(session, "pending_to_transient")
        assert session.scalars(select(Account)).all() == []
        expunged, undone = Account(id=1, owner="Ann"), Account(id=2, owner="Bob")
        session.add_all([expunged, undone])

        session.expunge(expunged)
        assert heard == [expunged]

        session.rollback()
        assert heard == [expunged, undone]


@promise(
    "events.loaded-as-persistent",
    "loaded_as_persistent is told once for an object: by the query that loads its row first.",
    docs=DOCS,
)
def test_loaded_as_persistent(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"))

    with db.session() as session:
        heard = hear(session, "loaded_as_persistent")
        account = session.scalars(select(Account)).one()
        assert heard == [account]

        session.expire(account)
        assert session.scalars(select(Account)).all() == [account]
        assert heard == [account]


@promise(
    "events.persistent-to-transient",
    "persistent_to_transient is told once for an object: when its INSERT is rolled back.",
    docs=DOCS,
)
def test_persistent_to_transient(db: Database) -> None:
    with db.session() as session:
        heard = hear(session, "persistent_to_transient")
        account = Account(id=1, owner="Ann")
        session.add(account)
        session.flush()
        assert heard == []

        session.rollback()
        assert heard == [account]
        assert inspect(account).transient


@promise(
    "events.persistent-to-deleted",
    "persistent_to_deleted is told once for an object: by the flush, not by delete().",
    docs=DOCS,
)
def test_persistent_to_deleted(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"))

    with db.session() as session:
        heard = hear(session, "persistent_to_deleted")
        account = session.get_one(Account, 1)
        session.delete(account)
        assert heard == []

        session.flush()
        assert heard == [account]

        session.commit()
        assert heard == [account]


@promise(
    "events.deleted-to-detached",
    "deleted_to_detached is told once for an object: by the commit after its DELETE.",
    docs=DOCS,
)
def test_deleted_to_detached(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"))

    with db.session() as session:
        heard = hear(session, "deleted_to_detached")
        account = session.get_one(Account, 1)
        session.delete(account)
        session.flush()
        assert heard == []

        session.commit()
        assert heard == [account]
        assert inspect(account).detached


@promise(
    "events.deleted-to-persistent",
    "deleted_to_persistent is told once for an object: when its DELETE is rolled back.",
    docs=DOCS,
)
def test_deleted_to_persistent(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"))

    with db.session() as session:
        heard = hear(session, "deleted_to_persistent")
        account = session.get_one(Account, 1)
        session.delete(account)
        session.flush()
        assert heard == []

        session.rollback()
        assert heard == [account]
        assert account in session


@promise(
    "events.persistent-to-detached",
    "persistent_to_detached is told once for each object that expunge() or close() lets go.",
    docs=DOCS,
)
def test_persistent_to_detached(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"), Account(id=2, owner="Bob"))

    with db.session() as session:
        heard = hear(session, "persistent_to_detached")
        ann, bob = session.get_one(Account, 1), session.get_one(Account, 2)

        session.expunge(ann)
        assert heard == [ann]

        session.close()
        assert heard == [ann, bob]


@promise(
    "events.detached-to-persistent",
    "detached_to_persistent is told once for each detached object given to add() or delete().",
    docs=DOCS,
)
def test_detached_to_persistent(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"), Account(id=2, owner="Bob"))
    with db.session() as session:
        ann, bob = session.get_one(Account, 1), session.get_one(Account, 2)

    with db.session() as session:
        heard = hear(session, "detached_to_persistent")
        session.add(ann)
        assert heard == [ann]

        session.delete(bob)
        session.commit()
        assert heard == [ann, bob]
