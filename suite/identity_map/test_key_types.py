"""A key comes back from the database as the value it was, or one row would be two objects."""

import enum
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import (
    VARBINARY,
    BigInteger,
    Date,
    DateTime,
    Enum,
    LargeBinary,
    Numeric,
    String,
    Uuid,
    select,
)
from sqlalchemy.dialects.mysql import DATETIME
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from session_conformance import Database, promise

# Not every plain column type can be a key or holds microseconds; these variants can.
SHORT_BINARY = LargeBinary(20).with_variant(VARBINARY(20), "mysql", "mariadb")
MICROSECONDS = DateTime().with_variant(DATETIME(fsp=6), "mysql", "mariadb")


class Depot(DeclarativeBase):
    """The registry of this file's tables."""


class Parcel(Depot):
    """Found by a 64-bit number."""

    __tablename__ = "parcel"

    key: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)


class Device(Depot):
    """Found by a UUID."""

    __tablename__ = "device"

    key: Mapped[UUID] = mapped_column(Uuid, primary_key=True)


class Label(Depot):
    """Found by a UUID that the program keeps as text."""

    __tablename__ = "label"

    key: Mapped[str] = mapped_column(Uuid(as_uuid=False), primary_key=True)


class Digest(Depot):
    """Found by bytes."""

    __tablename__ = "digest"

    key: Mapped[bytes] = mapped_column(SHORT_BINARY, primary_key=True)


class Tariff(Depot):
    """Found by an exact decimal."""

    __tablename__ = "tariff"

    key: Mapped[Decimal] = mapped_column(Numeric(12, 4), primary_key=True, autoincrement=False)


class Nickname(Depot):
    """Found by text."""

    __tablename__ = "nickname"

    key: Mapped[str] = mapped_column(String(50), primary_key=True)


class Holiday(Depot):
    """Found by a day."""

    __tablename__ = "holiday"

    key: Mapped[date] = mapped_column(Date, primary_key=True)


class Size(enum.Enum):
    """A member's name is stored."""

    SMALL = 1
    LARGE = 2


class Box(Depot):
    """Found by one of a few sizes."""

    __tablename__ = "box"

    key: Mapped[Size] = mapped_column(Enum(Size, native_enum=False), primary_key=True)


class Moment(Depot):
    """Found by a point in time."""

    __tablename__ = "moment"

    key: Mapped[datetime] = mapped_column(MICROSECONDS, primary_key=True)


@promise(
    "identity-map.key-type-int64",
    "get() knows a loaded object by its 64-bit key, up to the largest number there is.",
    docs="API Session.get",
)
def test_int64_key(db: Database) -> None:
    db.create(Parcel)
    db.given(Parcel(key=2**63 - 1), Parcel(key=2**53 + 1))

    with db.session() as session:
        near, far = session.scalars(select(Parcel).order_by(Parcel.key))

        with db.watch() as sql:
            assert session.get(Parcel, 2**53 + 1) is near
            assert session.get(Parcel, 2**63 - 1) is far

        assert sql.verbs == []


@promise(
    "identity-map.key-type-uuid",
    "get() knows a loaded object by its UUID key and sends no SQL.",
    docs="API Session.get",
)
def test_uuid_key(db: Database) -> None:
    db.create(Device)
    key = UUID("0f8fad5b-d9cb-469f-a165-70867728950e")
    db.given(Device(key=key))

    with db.session() as session:
        device = session.scalars(select(Device).where(Device.key == key)).one()

        with db.watch() as sql:
            found = session.get(Device, UUID(str(key)))

        assert found is device
        assert sql.verbs == []


@promise(
    "identity-map.key-type-uuid-as-text",
    "get() knows a loaded object by a UUID key that is mapped as text, and sends no SQL.",
    docs="API Session.get",
)
def test_uuid_as_text_key(db: Database) -> None:
    db.create(Label)
    key = "0f8fad5b-d9cb-469f-a165-70867728950e"
    db.given(Label(key=key))

    with db.session() as session:
        label = session.scalars(select(Label).where(Label.key == key)).one()

        with db.watch() as sql:
            found = session.get(Label, key)

        assert found is label
        assert sql.verbs == []


@promise(
    "identity-map.key-type-bytes",
    "get() knows a loaded object by its binary key, zero and high bytes included.",
    docs="API Session.get",
)
def test_bytes_key(db: Database) -> None:
    db.create(Digest)
    key = b"\x00\xff'\\\x80\n%s\x00"
    db.given(Digest(key=key))

    with db.session() as session:
        digest = session.scalars(select(Digest).where(Digest.key == key)).one()

        with db.watch() as sql:
            found = session.get(Digest, key)

        assert found is digest
        assert sql.verbs == []


@promise(
    "identity-map.key-type-decimal",
    "get() knows a loaded object by its Decimal key, also when that is written with another scale.",
    docs="API Session.get",
)
@pytest.mark.filterwarnings("ignore:Dialect .* does .not. support Decimal objects natively")
def test_decimal_key(db: Database) -> None:
    db.create(Tariff)
    db.given(Tariff(key=Decimal("19.9500")))

    with db.session() as session:
        tariff = session.scalars(select(Tariff)).one()

        with db.watch() as sql:
            found = session.get(Tariff, Decimal("19.95"))

        assert found is tariff
        assert sql.verbs == []


@promise(
    "identity-map.key-type-emoji-text",
    "get() knows a loaded object by a text key with accents and emoji, and sends no SQL.",
    docs="API Session.get",
)
def test_emoji_text_key(db: Database) -> None:
    db.create(Nickname)
    key = "Zoë Ångström 🦉👩\u200d🚀"
    db.given(Nickname(key=key))

    with db.session() as session:
        nickname = session.scalars(select(Nickname).where(Nickname.key == key)).one()

        with db.watch() as sql:
            found = session.get(Nickname, key)

        assert found is nickname
        assert sql.verbs == []


@promise(
    "identity-map.key-type-datetime",
    "get() knows a loaded object by a datetime key whose column stores microseconds.",
    docs="API Session.get",
)
def test_datetime_key(db: Database) -> None:
    db.create(Moment)
    key = datetime(2024, 2, 29, 23, 59, 59, 999_999)  # noqa: DTZ001
    db.given(Moment(key=key))

    with db.session() as session:
        moment = session.scalars(select(Moment).where(Moment.key == key)).one()

        with db.watch() as sql:
            found = session.get(Moment, key)

        assert found is moment
        assert sql.verbs == []


@promise(
    "identity-map.key-type-text",
    "get() knows a loaded object by a text key, quotes and blanks inside it included.",
    docs="API Session.get",
)
def test_text_key(db: Database) -> None:
    db.create(Nickname)
    key = "Ann O'Hara  de 100%"
    db.given(Nickname(key=key), Nickname(key="Bob"))

    with db.session() as session:
        nickname = session.scalars(select(Nickname).where(Nickname.key == key)).one()

        with db.watch() as sql:
            found = session.get(Nickname, key)

        assert found is nickname
        assert sql.verbs == []


@promise(
    "identity-map.key-type-date",
    "get() knows a loaded object by its date key and sends no SQL.",
    docs="API Session.get",
)
def test_date_key(db: Database) -> None:
    db.create(Holiday)
    key = date(2024, 2, 29)
    db.given(Holiday(key=key), Holiday(key=date(2024, 12, 25)))

    with db.session() as session:
        holiday = session.scalars(select(Holiday).where(Holiday.key == key)).one()

        with db.watch() as sql:
            found = session.get(Holiday, date(2024, 2, 29))

        assert found is holiday
        assert sql.verbs == []


@promise(
    "identity-map.key-type-enum",
    "get() knows a loaded object by its Enum key and sends no SQL.",
    docs="API Session.get",
)
def test_enum_key(db: Database) -> None:
    db.create(Box)
    key = Size.LARGE
    db.given(Box(key=Size.SMALL), Box(key=key))

    with db.session() as session:
        box = session.scalars(select(Box).where(Box.key == key)).one()

        with db.watch() as sql:
            found = session.get(Box, key)

        assert found is box
        assert sql.verbs == []
