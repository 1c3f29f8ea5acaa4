"""What an object loads by itself, and how it is asked to with await."""

import pytest
from sqlalchemy import ForeignKey, String, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncAttrs, AsyncSession
from sqlalchemy.ext.asyncio import async_object_session as owner_of
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    WriteOnlyMapped,
    mapped_column,
    relationship,
)

from session_conformance import Account, Database, Entry, promise

LAZY = "orm/extensions/asyncio.html#asyncio-orm-avoid-lazyloads"


class Base(AsyncAttrs, DeclarativeBase):
    """The registry of this file's tables."""


class Shelf(Base):
    """A shelf whose books are loaded when they are asked for."""

    __tablename__ = "async_shelf"

    id: Mapped[int] = mapped_column(primary_key=True)
    room: Mapped[str] = mapped_column(String(20), server_default="hall")

    books: Mapped[list["Book"]] = relationship(order_by="Book.id")
    catalogue: WriteOnlyMapped["Book"] = relationship(overlaps="books", order_by="Book.id")


class Fetched(Base):
    """A row whose default comes from the server, and with no RETURNING."""

    __tablename__ = "async_fetched"
    __table_args__ = {"implicit_returning": False}  # noqa: RUF012

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    room: Mapped[str] = mapped_column(String(20), server_default="hall")


class Book(Base):
    """A book on a shelf."""

    __tablename__ = "async_book"

    id: Mapped[int] = mapped_column(primary_key=True)
    shelf_id: Mapped[int | None] = mapped_column(ForeignKey("async_shelf.id"))


# The mistake under test leaves a driver's coroutine that nobody could await.
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
@promise(
    "async-session.lazy-load-refused",
    "A relationship that would load itself without await fails: MissingGreenlet is the reason.",
    docs=LAZY,
    needs=("async",),
)
async def test_lazy_load_refused(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    async with AsyncSession(db.async_engine) as session:
        account = await session.get_one(Account, 1)
        with pytest.raises(SQLAlchemyError, match="greenlet_spawn has not been called") as caught:
            account.entries  # noqa: B018

        assert "xd2s" in str(caught.value)
        assert await session.scalar(select(Account.balance)) == 100


# The mistake under test leaves a driver's coroutine that nobody could await.
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
@promise(
    "async-session.expired-access-refused",
    "Reading a column that commit() expired fails without await: MissingGreenlet is the reason.",
    docs=LAZY,
    needs=("async",),
)
async def test_expired_access_refused(db: Database) -> None:
    async with AsyncSession(db.async_engine) as session:
        account = Account(id=1, owner="Ann", balance=100)
        session.add(account)
        await session.commit()
        with pytest.raises(SQLAlchemyError, match="greenlet_spawn has not been called") as caught:
            account.balance  # noqa: B018

        assert "xd2s" in str(caught.value)
        await session.rollback()
        await session.refresh(account)
        assert account.balance == 100


@promise(
    "async-session.expire-off-readable",
    "With expire_on_commit=False an object is read after commit() without await or SQL.",
    docs=LAZY,
    needs=("async",),
)
async def test_expire_off_readable(db: Database) -> None:
    async with AsyncSession(db.async_engine, expire_on_commit=False) as session:
        account = Account(id=1, owner="Ann", balance=100)
        session.add(account)
        await session.commit()

        with db.watch() as sql:
            assert (account.owner, account.balance) == ("Ann", 100)

        assert sql.steps == []
    assert [stored.balance for stored in db.stored(Account)] == [100]


@promise(
    "async-session.awaitable-attrs",
    "awaitable_attrs loads a lazy relationship, and a column that commit() expired.",
    docs=LAZY,
    needs=("async",),
)
async def test_awaitable_attrs(db: Database) -> None:
    db.create(Shelf, Book)
    async with AsyncSession(db.async_engine) as session:
        shelf = Shelf(id=1, room="attic", books=[Book(id=1), Book(id=2)])
        session.add(shelf)
        await session.commit()

        with db.watch() as sql:
            room = await shelf.awaitable_attrs.room
            books = await shelf.awaitable_attrs.books

        assert room == "attic"
        assert [type(book) for book in books] == [Book, Book]
        assert sql.tables == ["async_shelf", "async_book"]


@promise(
    "async-session.refresh-relationship",
    "Awaiting refresh(object, [name]) loads a lazy relationship.",
    docs=LAZY,
    needs=("async",),
)
async def test_refresh_relationship(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100), Entry(id=1, account_id=1, amount=7))

    async with AsyncSession(db.async_engine) as session:
        account = await session.get_one(Account, 1)
        await session.refresh(account, ["entries"])

        assert [entry.amount for entry in account.entries] == [7]


@promise(
    "async-session.run-sync",
    "run_sync() runs code written for Session, lazy loads and errors included.",
    docs="orm/extensions/asyncio.html#session-run-sync",
    needs=("async",),
)
async def test_run_sync(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100), Entry(id=1, account_id=1, amount=7))
    error = LookupError("Bob has moved away")

    def book(session: Session, note: str) -> int:
        account = session.get_one(Account, 1)
        account.entries[0].note = note
        session.commit()
        return account.balance

    def fail(_: Session) -> None:
        raise error

    async with AsyncSession(db.async_engine) as session:
        assert await session.run_sync(book, note="rent") == 100
        with pytest.raises(LookupError) as caught:
            await session.run_sync(fail)

    assert caught.value is error
    assert [entry.note for entry in db.stored(Entry)] == ["rent"]


@promise(
    "async-session.owner-lookup",
    "async_object_session() names the AsyncSession of an object, and none once it is closed.",
    docs="API async_object_session",
    needs=("async",),
)
async def test_owner_lookup(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    async with AsyncSession(db.async_engine) as session:
        account = await session.get_one(Account, 1)
        assert owner_of(account) is session

    assert owner_of(account) is None


@promise(
    "async-session.server-default-eager",
    "With eager_defaults a value that the server made is readable after flush() without await.",
    docs="orm/extensions/asyncio.html#asyncio-orm-avoid-lazyloads",
    needs=("async", "returning"),
)
async def test_server_default_eager(db: Database) -> None:
    db.create(Shelf, Book)
    async with AsyncSession(db.async_engine) as session:
        shelf = Shelf(id=1)
        session.add(shelf)
        await session.flush()

        assert shelf.room == "hall"


# The mistake under test leaves a driver's coroutine that nobody could await.
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
@promise(
    "async-session.server-defaults-without-returning",
    "Without RETURNING a server default is not there after flush(): only an await can read it.",
    docs="orm/extensions/asyncio.html#asyncio-orm-avoid-lazyloads",
    needs=("async",),
)
async def test_server_defaults_without_returning(db: Database) -> None:
    db.create(Fetched)
    async with AsyncSession(db.async_engine) as session:
        fetched = Fetched(id=1)
        session.add(fetched)
        await session.flush()

        with pytest.raises(SQLAlchemyError, match="greenlet_spawn has not been called"):
            _ = fetched.room
        await session.refresh(fetched)

        assert fetched.room == "hall"


@promise(
    "async-session.write-only-collections",
    "A write-only collection takes, drops and selects members without loading by itself.",
    docs=LAZY,
    needs=("async",),
)
async def test_write_only_collections(db: Database) -> None:
    db.create(Shelf, Book)
    async with AsyncSession(db.async_engine) as session:
        first, second = Book(id=1), Book(id=2)
        shelf = Shelf(id=1, room="attic", catalogue=[first, second])
        session.add(shelf)
        await session.commit()
        await session.refresh(shelf)

        with db.watch() as sql:
            shelf.catalogue.add(Book(id=3))
            shelf.catalogue.remove(first)
        assert sql.steps == []

        await session.commit()
        await session.refresh(shelf)
        found = await session.scalars(shelf.catalogue.select())
        assert [book.id for book in await session.run_sync(lambda _: found.all())] == [2, 3]
