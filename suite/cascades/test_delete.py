"""What goes, and what stays, when the object it belongs to is deleted."""

import pytest
from sqlalchemy import ForeignKey, delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from session_conformance import Account, Database, Entry, promise


class Library(DeclarativeBase):
    """The registry of this file's tables."""


class Shelf(Library):
    """The top of three levels, each deleted with the one above it."""

    __tablename__ = "shelf"

    id: Mapped[int] = mapped_column(primary_key=True)
    books: Mapped[list["Book"]] = relationship(cascade="all, delete", order_by="Book.id")


class Book(Library):
    """The middle level."""

    __tablename__ = "book"

    id: Mapped[int] = mapped_column(primary_key=True)
    shelf_id: Mapped[int] = mapped_column(ForeignKey("shelf.id"))
    pages: Mapped[list["Page"]] = relationship(cascade="all, delete", order_by="Page.id")


class Page(Library):
    """The lowest level."""

    __tablename__ = "page"

    id: Mapped[int] = mapped_column(primary_key=True)
    book_id: Mapped[int] = mapped_column(ForeignKey("book.id"))


class Loan(Library):
    """A slip that cannot do without its reader."""

    __tablename__ = "loan"

    id: Mapped[int] = mapped_column(primary_key=True)
    reader_id: Mapped[int] = mapped_column(ForeignKey("reader.id"))


class Membership(Library):
    """The association of readers and clubs."""

    __tablename__ = "membership"

    reader_id: Mapped[int] = mapped_column(ForeignKey("reader.id"), primary_key=True)
    club_id: Mapped[int] = mapped_column(ForeignKey("club.id"), primary_key=True)


class Reader(Library):
    """Somebody with slips and clubs, neither of which are deleted along."""

    __tablename__ = "reader"

    id: Mapped[int] = mapped_column(primary_key=True)
    loans: Mapped[list[Loan]] = relationship()
    clubs: Mapped[list["Club"]] = relationship(secondary="membership", back_populates="readers")


class Club(Library):
    """A club that takes its readers along."""

    __tablename__ = "club"

    id: Mapped[int] = mapped_column(primary_key=True)
    readers: Mapped[list[Reader]] = relationship(
        secondary="membership", back_populates="clubs", cascade="all, delete"
    )


@promise(
    "cascades.delete-cascade",
    "With delete cascade, children go with their parent whether they were loaded or not.",
    docs="orm/cascades.html#cascade-delete",
)
def test_delete_cascade(db: Database) -> None:
    db.create(Shelf, Book, Page)
    db.given(Shelf(id=1), Book(id=1, shelf_id=1), Book(id=2, shelf_id=1), Book(id=3, shelf_id=1))
    db.given(Page(id=1, book_id=1), Page(id=2, book_id=1), Page(id=3, book_id=2))
    db.given(Page(id=4, book_id=3))

    with db.session() as session:
        loaded, unloaded = session.get_one(Book, 1), session.get_one(Book, 2)
        assert [page.id for page in loaded.pages] == [1, 2]

        session.delete(loaded)
        session.delete(unloaded)
        session.commit()

    assert [page.id for page in db.stored(Page)] == [4]
    assert [book.id for book in db.stored(Book)] == [3]


@promise(
    "cascades.three-levels",
    "Deleting the top of three levels deletes them all, the lowest first.",
    docs="orm/cascades.html#cascade-delete",
    needs=("fk_enforcement",),
)
def test_three_levels(db: Database) -> None:
    db.create(Shelf, Book, Page)
    db.given(Shelf(id=1), Book(id=1, shelf_id=1), Book(id=2, shelf_id=1))
    db.given(Page(id=1, book_id=1), Page(id=2, book_id=2), Page(id=3, book_id=2))

    with db.session() as session:
        session.delete(session.get_one(Shelf, 1))
        with db.watch() as sql:
            session.commit()

    assert (sql.verbs[-1], sql.tables[-3:]) == ("DELETE", ["page", "book", "shelf"])
    assert (db.stored(Shelf), db.stored(Book), db.stored(Page)) == ([], [], [])


@promise(
    "cascades.default-nulls-foreign-key",
    "Without delete cascade, children stay when their parent is deleted, with no key to it.",
    docs="orm/cascades.html#cascade-delete",
)
def test_default_nulls_foreign_key(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"), Account(id=2, owner="Bob"))
    db.given(Entry(id=1, account_id=1, amount=1), Entry(id=2, account_id=1, amount=2))
    db.given(Entry(id=3, account_id=2, amount=3))

    with db.session() as session:
        session.delete(session.get_one(Account, 1))
        session.commit()

    assert [account.id for account in db.stored(Account)] == [2]
    assert [(entry.id, entry.account_id) for entry in db.stored(Entry)] == [
        (1, None),
        (2, None),
        (3, 2),
    ]


@promise(
    "cascades.default-null-on-required-key",
    "Without delete cascade, a parent whose children need their key cannot be deleted.",
    docs="orm/session_basics.html#deleting",
)
def test_default_null_on_required_key(db: Database) -> None:
    db.create(Reader, Club, Membership, Loan)
    db.given(Reader(id=1), Loan(id=1, reader_id=1))

    with db.session() as session:
        session.delete(session.get_one(Reader, 1))
        with pytest.raises(IntegrityError):
            session.commit()

    assert [reader.id for reader in db.stored(Reader)] == [1]
    assert [(loan.id, loan.reader_id) for loan in db.stored(Loan)] == [(1, 1)]


@promise(
    "cascades.association-rows-always-go",
    "Deleting one side of a many-to-many deletes its association rows and leaves the other side.",
    docs="orm/session_basics.html#deleting",
)
def test_association_rows_always_go(db: Database) -> None:
    db.create(Reader, Club, Membership, Loan)
    db.given(Reader(id=1), Reader(id=2), Club(id=1), Club(id=2))
    db.given(Membership(reader_id=1, club_id=1), Membership(reader_id=1, club_id=2))
    db.given(Membership(reader_id=2, club_id=2))

    with db.session() as session:
        session.delete(session.get_one(Reader, 1))
        session.commit()

    assert [(row.reader_id, row.club_id) for row in db.stored(Membership)] == [(2, 2)]
    assert [reader.id for reader in db.stored(Reader)] == [2]
    assert [club.id for club in db.stored(Club)] == [1, 2]


@promise(
    "cascades.many-to-many-delete",
    "With delete cascade on a many-to-many, the rows of the other side are deleted as well.",
    docs="orm/cascades.html#cascade-delete-many-to-many",
)
def test_many_to_many_delete(db: Database) -> None:
    db.create(Reader, Club, Membership, Loan)
    db.given(Reader(id=1), Reader(id=2), Reader(id=3), Club(id=1), Club(id=2))
    db.given(Membership(reader_id=1, club_id=1), Membership(reader_id=2, club_id=1))
    db.given(Membership(reader_id=3, club_id=2))

    with db.session() as session:
        session.delete(session.get_one(Club, 1))
        session.commit()

    assert [club.id for club in db.stored(Club)] == [2]
    assert [reader.id for reader in db.stored(Reader)] == [3]
    assert [(row.reader_id, row.club_id) for row in db.stored(Membership)] == [(3, 2)]


@promise(
    "cascades.bulk-delete-has-none",
    "A delete() statement follows no cascade: rows that others refer to are refused.",
    docs="orm/queryguide/dml.html#orm-queryguide-update-delete-caveats",
    needs=("fk_enforcement",),
)
def test_bulk_delete_has_none(db: Database) -> None:
    db.create(Shelf, Book, Page)
    db.given(Shelf(id=1), Book(id=1, shelf_id=1))

    with db.session() as session:
        with pytest.raises(IntegrityError):
            session.execute(delete(Shelf).where(Shelf.id == 1))

    assert [shelf.id for shelf in db.stored(Shelf)] == [1]
    assert [book.shelf_id for book in db.stored(Book)] == [1]


@promise(
    "cascades.collection-keeps-deleted",
    "A deleted child stays in its parent's loaded collection until that is loaded again.",
    docs="orm/cascades.html#notes-on-delete-deleting-objects-referenced-from-collections-and-scalar-relationships",
)
def test_collection_keeps_deleted(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"))
    db.given(Entry(id=1, account_id=1, amount=1), Entry(id=2, account_id=1, amount=2))

    with db.session() as session:
        account = session.get_one(Account, 1)
        first, second = account.entries

        session.delete(first)
        session.flush()
        assert account.entries == [first, second]

        session.expire(account, ["entries"])
        assert account.entries == [second]


@promise(
    "cascades.expunge-cascade",
    "With expunge cascade, children leave the Session with their parent, their changes unwritten.",
    docs="orm/cascades.html#cascade-expunge",
)
def test_expunge_cascade(db: Database) -> None:
    db.create(Shelf, Book, Page)
    db.given(Shelf(id=1), Shelf(id=2), Book(id=1, shelf_id=1), Book(id=2, shelf_id=1))

    with db.session() as session:
        shelf = session.get_one(Shelf, 1)
        first, second = shelf.books
        first.shelf_id = 2

        session.expunge(shelf)

        assert {first, second}.isdisjoint(session)
        session.commit()
    assert [book.shelf_id for book in db.stored(Book)] == [1, 1]
