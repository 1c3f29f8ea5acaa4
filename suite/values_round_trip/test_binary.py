"""Bytes come back as bytes, each of them."""

import random

from sqlalchemy import LargeBinary, PickleType, select, text
from sqlalchemy.dialects.mysql import LONGBLOB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from session_conformance import Database, promise

# The plain type ends at 64 kilobytes there.
LONG_BINARY = LargeBinary().with_variant(LONGBLOB(), "mysql", "mariadb")


class Vault(DeclarativeBase):
    """The registry of this file's tables."""


class Blob(Vault):
    """Bytes."""

    __tablename__ = "blob_of_bytes"

    id: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[bytes] = mapped_column(LONG_BINARY)


class Jar(Vault):
    """Any Python value, pickled."""

    __tablename__ = "jar"

    id: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[object] = mapped_column(PickleType)


@promise(
    "values-round-trip.binary",
    "All 256 bytes, no byte at all, and bytes that mean something to SQL read back as they were.",
    docs="API LargeBinary",
)
def test_binary(db: Database) -> None:
    db.create(Blob)
    marks = [b"'\"%s %% \\' \\x00 :name ?", b"%%s %%(name)s %(name)s"]
    values = [bytes(range(256)), b"", *marks, b"\x00", b"\xff\xfe\x00\x80"]

    with db.session() as session:
        session.add_all(Blob(id=key, content=each) for key, each in enumerate(values, 1))
        session.commit()

        read = session.scalars(select(Blob.content).order_by(Blob.id)).all()

    assert read == values
    assert [row.content for row in db.stored(Blob)] == values


@promise(
    "values-round-trip.binary-is-bytes",
    "A binary column reads as bytes, and as nothing that only resembles them.",
    docs="API LargeBinary",
)
def test_binary_is_bytes(db: Database) -> None:
    db.create(Blob)

    with db.session() as session:
        session.add_all([Blob(id=1, content=b"plain"), Blob(id=2, content=b"\x00\xff")])
        session.commit()

        first, second = session.scalars(select(Blob).order_by(Blob.id))
        assert (type(first.content), type(second.content)) == (bytes, bytes)
        typed = text("SELECT content FROM blob_of_bytes ORDER BY id").columns(Blob.content)
        read = session.scalars(typed).all()

    assert [type(value) for value in read] == [bytes, bytes]
    assert read == [b"plain", b"\x00\xff"]


@promise(
    "values-round-trip.binary-large",
    "Two megabytes of binary data come back unchanged.",
    docs="API LargeBinary",
)
def test_binary_large(db: Database) -> None:
    """Megabytes take the slower drivers a second."""
    db.create(Blob)
    # Not a multiple of any block's size, and no block is like another.
    content = random.Random(7).randbytes(2_000_003)  # noqa: S311

    with db.session() as session:
        session.add(Blob(id=1, content=content))
        session.commit()

        read = session.scalars(select(Blob.content)).one()

    assert len(read) == 2_000_003
    assert (read == content) is True
    assert [row.content == content for row in db.stored(Blob)] == [True]


@promise(
    "values-round-trip.pickle",
    "A PickleType column gives back an equal value of any kind, and another object.",
    docs="API PickleType",
)
def test_pickle(db: Database) -> None:
    db.create(Jar)
    value = {"set": {1, 2}, "nested": [("a", b"\x00\xff"), None], 3: 2**70, "text": "Zoë 🦉"}

    with db.session() as session:
        jar = Jar(id=1, content=value)
        session.add_all([jar, Jar(id=2, content=[]), Jar(id=3, content="it's")])
        session.commit()

        assert jar.content == value
        assert jar.content is not value
        assert [row.content for row in db.stored(Jar)] == [value, [], "it's"]
