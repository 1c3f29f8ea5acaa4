"""A commit that is stopped: by a listener, or by a constraint that waits for it."""

import pytest
from sqlalchemy import ForeignKey, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from session_conformance import Account, Database, promise


class Library(DeclarativeBase):
    """The registry of this file's tables."""


class Shelf(Library):
    """What books stand on."""

    __tablename__ = "shelf"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)


class Book(Library):
    """A row that may stand on a shelf which is still to come."""

    __tablename__ = "book"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    shelf_id: Mapped[int] = mapped_column(
        ForeignKey("shelf.id", deferrable=True, initially="DEFERRED")
    )


@promise(
    "commit.error-in-before-commit",
    "An error of a before_commit listener stores nothing; the transaction stays open for commit().",
    docs="orm/session_events.html#session-transaction-events",
)
def test_error_in_before_commit(db: Database) -> None:
    error = LookupError("not today")

    def refuse(_session: Session) -> None:
        raise error

    with db.session() as session:
        session.add(Account(id=1, owner="Ann"))
        session.flush()
        event.listen(session, "before_commit", refuse)
        with pytest.raises(LookupError) as caught:
            session.commit()
        assert caught.value is error
        assert session.in_transaction()
        assert db.stored(Account) == []

        event.remove(session, "before_commit", refuse)
        session.commit()

    assert [account.owner for account in db.stored(Account)] == ["Ann"]


@promise(
    "commit.deferred-violation-surfaces",
    "A broken deferred constraint comes out at commit(), which stores nothing; rollback() heals.",
    docs="API Session.commit",
    needs=("deferrable_constraints", "fk_enforcement"),
)
def test_deferred_violation_surfaces(db: Database) -> None:
    db.create(Shelf, Book)

    with db.session() as session:
        session.add(Book(id=1, shelf_id=9))
        session.flush()
        with pytest.raises(DBAPIError):
            session.commit()
        assert not session.is_active
        assert db.stored(Book) == []

        session.rollback()
        session.add_all([Book(id=2, shelf_id=5), Shelf(id=5)])
        session.commit()

    assert [(book.id, book.shelf_id) for book in db.stored(Book)] == [(2, 5)]
