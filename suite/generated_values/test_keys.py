"""The key that the database makes for a new row is the one its object gets."""

import pytest
from sqlalchemy import String, insert
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from session_conformance import Account, Base, Database, promise


class Shop(DeclarativeBase):
    """The registry of this file's tables."""


class Sale(Shop):
    """A row whose key is asked for without RETURNING."""

    __tablename__ = "sale"
    __table_args__ = {"implicit_returning": False}  # noqa: RUF012

    id: Mapped[int] = mapped_column(primary_key=True)
    item: Mapped[str] = mapped_column(String(20))


class Booking(Shop):
    """A row without any constraint over which two INSERTs could wait for each other."""

    __tablename__ = "booking"

    id: Mapped[int] = mapped_column(primary_key=True)
    guest: Mapped[str] = mapped_column(String(20))


class Delivery(Shop):
    """A row that a trigger writes down in a second table."""

    __tablename__ = "delivery"

    id: Mapped[int] = mapped_column(primary_key=True)
    item: Mapped[str] = mapped_column(String(20))


class DeliveryLog(Shop):
    """What the trigger writes, under a key of its own."""

    __tablename__ = "delivery_log"

    id: Mapped[int] = mapped_column(primary_key=True)
    item: Mapped[str] = mapped_column(String(20))


@promise(
    "generated-values.key-available-after-flush",
    "Right after flush() a new object holds its key, an int, and no SELECT was sent for it.",
    docs="orm/persistence_techniques.html#orm-server-defaults",
)
def test_key_available_after_flush(db: Database) -> None:
    with db.session() as session:
        account = Account(owner="Ann")
        session.add(account)

        with db.watch() as sql:
            session.flush()
            key = account.id

        session.commit()

    assert type(key) is int
    assert sql.verbs == ["INSERT"]
    assert [row.id for row in db.stored(Account)] == [key]


@promise(
    "generated-values.key-belongs-to-row",
    "The key that an object has after its flush finds the row with the object's own values.",
    docs="orm/persistence_techniques.html#orm-server-defaults",
)
def test_key_belongs_to_row(db: Database) -> None:
    db.given(Account(id=700_001, owner="Zoe"))

    with db.session(expire_on_commit=False) as session:
        ann, bob = Account(owner="Ann", balance=1), Account(owner="Bob", balance=2)
        session.add(bob)
        session.flush()
        session.add(ann)
        session.flush()
        session.commit()

    stored = {row.id: (row.owner, row.balance) for row in db.stored(Account)}
    assert stored == {700_001: ("Zoe", 0), bob.id: ("Bob", 2), ann.id: ("Ann", 1)}


@promise(
    "generated-values.inserted-primary-key",
    "An insert() of one row reports the stored key as inserted_primary_key.",
    docs="API CursorResult.inserted_primary_key",
)
def test_inserted_primary_key(db: Database) -> None:
    db.given(Account(id=700_001, owner="Zoe"))
    account = Base.metadata.tables["account"]

    with db.session() as session:
        first = session.connection().execute(insert(account).values(owner="Ann", balance=1))
        second = session.connection().execute(insert(account), {"owner": "Bob", "balance": 2})
        reported = [first.inserted_primary_key, second.inserted_primary_key]
        session.commit()

    stored = {row.owner: row.id for row in db.stored(Account)}
    assert reported == [(stored["Ann"],), (stored["Bob"],)]


@promise(
    "generated-values.inserted-primary-key-many-refused",
    "After an insert() of many rows inserted_primary_key raises InvalidRequestError.",
    docs="API CursorResult.inserted_primary_key",
)
def test_inserted_primary_key_many_refused(db: Database) -> None:
    account = Base.metadata.tables["account"]
    rows = [{"owner": "Ann", "balance": 1}, {"owner": "Bob", "balance": 2}]

    with db.session() as session:
        result = session.connection().execute(insert(account), rows)

        with pytest.raises(InvalidRequestError, match="executemany"):
            _ = result.inserted_primary_key

        session.commit()

    assert [row.owner for row in db.stored(Account)] == ["Ann", "Bob"]


@promise(
    "generated-values.without-returning",
    "With implicit_returning=False each object still gets the key of its own row.",
    docs="orm/persistence_techniques.html#orm-server-defaults",
)
@pytest.mark.parametrize("flushed", [1, 5], ids=["one", "many"])
def test_without_returning(db: Database, flushed: int) -> None:
    db.create(Sale)
    sales = [Sale(item=f"Item {number}") for number in reversed(range(flushed))]

    with db.session(expire_on_commit=False) as session, db.watch() as sql:
        session.add_all(sales)
        session.commit()

    assert not any("RETURNING" in (found.text or "") for found in sql.statements)
    assert {sale.id: sale.item for sale in sales} == {row.id: row.item for row in db.stored(Sale)}
    assert len({sale.id for sale in sales}) == flushed


@promise(
    "generated-values.interleaved-sessions",
    "Two Sessions that insert by turns into one table each read the keys of their own rows.",
    docs="orm/persistence_techniques.html#orm-server-defaults",
    needs=("row_locks",),
)
def test_interleaved_sessions(db: Database) -> None:
    db.create(Booking)
    ours = [Booking(guest="Ann"), Booking(guest="Cleo")]
    theirs = [Booking(guest="Bob"), Booking(guest="Dan")]

    with db.session(expire_on_commit=False) as one, db.session(expire_on_commit=False) as other:
        one.add(ours[0])
        one.flush()
        other.add(theirs[0])
        other.flush()
        one.add(ours[1])
        one.flush()
        other.add(theirs[1])
        other.flush()
        other.commit()
        one.commit()

    held = {booking.id: booking.guest for booking in [*ours, *theirs]}
    assert held == {row.id: row.guest for row in db.stored(Booking)}
    assert len(held) == 4


@promise(
    "generated-values.trigger-does-not-disturb-key",
    "A trigger that inserts rows elsewhere does not change the key an object gets for its own row.",
    docs="orm/persistence_techniques.html#orm-server-defaults",
    needs=("triggers",),
)
@pytest.mark.parametrize("flushed", [1, 5], ids=["one", "many"])
def test_trigger_does_not_disturb_key(db: Database, flushed: int) -> None:
    db.create(Delivery, DeliveryLog)
    # The keys of the two tables are then never the same.
    db.given(*(DeliveryLog(item="earlier") for _ in range(9)))
    db.log_inserts(Delivery, DeliveryLog, "item")
    deliveries = [Delivery(item=f"Item {number}") for number in reversed(range(flushed))]

    with db.session(expire_on_commit=False) as session:
        session.add_all(deliveries)
        session.commit()

    stored = {row.id: row.item for row in db.stored(Delivery)}
    assert {delivery.id: delivery.item for delivery in deliveries} == stored
    assert len(db.stored(DeliveryLog)) == 9 + flushed
