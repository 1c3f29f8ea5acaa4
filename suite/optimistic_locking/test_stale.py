"""A version counter notices that a row is no longer the one that was read."""

import pytest
from sqlalchemy import String, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.orm.exc import StaleDataError

from session_conformance import Database, promise

# Where rows are not counted, the cases below say what comes of it.
uncounted = pytest.mark.filterwarnings("ignore:Dialect .* versioning cannot be verified")


class Library(DeclarativeBase):
    """The registry of this file's table."""


class Document(Library):
    """A row that counts its versions."""

    __tablename__ = "document"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(20))
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


@promise(
    "optimistic-locking.stale-update",
    "An UPDATE from a copy that is out of date raises StaleDataError; the newer row stays.",
    docs="orm/versioning.html#simple-version-counting",
)
@uncounted
def test_stale_update(db: Database) -> None:
    db.create(Document)
    db.given(Document(id=1, title="first"))

    with db.session(expire_on_commit=False) as ann, db.session() as bob:
        kept = ann.get_one(Document, 1)
        ann.commit()
        bob.get_one(Document, 1).title = "Bob's"
        bob.commit()

        kept.title = "Ann's"
        with pytest.raises(StaleDataError):
            ann.commit()
        ann.rollback()

    assert [(row.title, row.version) for row in db.stored(Document)] == [("Bob's", 2)]


@promise(
    "optimistic-locking.stale-delete",
    "A DELETE from a copy that is out of date raises StaleDataError; the newer row stays.",
    docs="orm/versioning.html#simple-version-counting",
)
@uncounted
def test_stale_delete(db: Database) -> None:
    db.create(Document)
    db.given(Document(id=1, title="first"))

    with db.session(expire_on_commit=False) as ann, db.session() as bob:
        kept = ann.get_one(Document, 1)
        ann.commit()
        bob.get_one(Document, 1).title = "Bob's"
        bob.commit()

        ann.delete(kept)
        with pytest.raises(StaleDataError):
            ann.commit()
        ann.rollback()

    assert [(row.title, row.version) for row in db.stored(Document)] == [("Bob's", 2)]


@promise(
    "optimistic-locking.stale-in-group",
    "One copy that is out of date among six in a flush raises StaleDataError; none is stored.",
    docs="orm/versioning.html#simple-version-counting",
)
@uncounted
def test_stale_in_group(db: Database) -> None:
    db.create(Document)
    db.given(*(Document(id=key, title=f"Document {key}") for key in range(1, 7)))

    with db.session(expire_on_commit=False) as session:
        kept = session.scalars(select(Document).order_by(Document.id)).all()
        session.commit()
        with db.elsewhere() as other:
            other.get_one(Document, 4).title = "newer"

        for document in kept:
            document.title = "mine"
        with pytest.raises(StaleDataError):
            session.commit()
        session.rollback()

    versions = [(row.title, row.version) for row in db.stored(Document)]
    assert versions == [(f"Document {key}", 1) for key in (1, 2, 3)] + [
        ("newer", 2),
        ("Document 5", 1),
        ("Document 6", 1),
    ]


@promise(
    "optimistic-locking.retry-succeeds",
    "After rollback() the object reads the newer version, and the change commits when repeated.",
    docs="orm/versioning.html#configuring-a-version-counter",
)
@uncounted
def test_retry_succeeds(db: Database) -> None:
    db.create(Document)
    db.given(Document(id=1, title="first"))

    with db.session(expire_on_commit=False) as session:
        document = session.get_one(Document, 1)
        session.commit()
        with db.elsewhere() as other:
            other.get_one(Document, 1).title = "newer"

        document.title = "mine"
        with pytest.raises(StaleDataError):
            session.commit()
        session.rollback()

        assert (document.title, document.version) == ("newer", 2)
        document.title = "mine"
        session.commit()

    assert [(row.title, row.version) for row in db.stored(Document)] == [("mine", 3)]


@promise(
    "optimistic-locking.lock-read-checks-version",
    "get() with with_for_update raises StaleDataError where the row has another version by now.",
    docs="API Session.get",
    needs=("select_for_update",),
)
def test_lock_read_checks_version(db: Database) -> None:
    db.create(Document)
    db.given(Document(id=1, title="first"))

    with db.session(expire_on_commit=False) as session:
        document = session.get_one(Document, 1)
        session.commit()
        assert session.get(Document, 1, with_for_update=True) is document
        session.commit()
        with db.elsewhere() as other:
            other.get_one(Document, 1).title = "newer"

        with pytest.raises(StaleDataError):
            session.get(Document, 1, with_for_update=True)

        session.rollback()
        assert (document.title, document.version) == ("newer", 2)
