"""Where versions come from, and when they change."""

from uuid import uuid4

import pytest
from sqlalchemy import FetchedValue, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.orm.exc import StaleDataError

from session_conformance import Database, promise

# Where rows are not counted, the cases below say what comes of it.
uncounted = pytest.mark.filterwarnings("ignore:Dialect .* versioning cannot be verified")


class Library(DeclarativeBase):
    """The registry of this file's tables."""


class Document(Library):
    """A row that counts its versions."""

    __tablename__ = "document"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(20))
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class Letter(Library):
    """A row whose version is a new text each time."""

    __tablename__ = "letter"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(20))
    version: Mapped[str] = mapped_column(String(32))

    __mapper_args__ = {  # noqa: RUF012
        "version_id_col": version,
        "version_id_generator": lambda _: uuid4().hex,
    }


class Draft(Library):
    """A row whose version the program sets."""

    __tablename__ = "draft"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(20))
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version, "version_id_generator": False}  # noqa: RUF012


class Deed(Library):
    """A row whose version the server counts."""

    __tablename__ = "deed"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(20))
    version: Mapped[int] = mapped_column(server_default="1", server_onupdate=FetchedValue())

    __mapper_args__ = {"version_id_col": version, "version_id_generator": False}  # noqa: RUF012


@promise(
    "optimistic-locking.counter-starts-and-steps",
    "A version counter is 1 after the INSERT and one more after each UPDATE.",
    docs="orm/versioning.html#simple-version-counting",
)
@uncounted
def test_counter_starts_and_steps(db: Database) -> None:
    db.create(Document)

    with db.session() as session:
        document = Document(id=1, title="first")
        session.add(document)
        session.commit()
        assert document.version == 1

        document.title = "second"
        session.flush()
        document.title = "third"
        session.commit()
        assert document.version == 3

    assert [(row.title, row.version) for row in db.stored(Document)] == [("third", 3)]


@promise(
    "optimistic-locking.no-change-no-step",
    "A flush that has nothing new to write leaves the version as it was.",
    docs="orm/versioning.html#simple-version-counting",
)
def test_no_change_no_step(db: Database) -> None:
    db.create(Document)
    db.given(Document(id=1, title="first"))

    with db.session() as session:
        document = session.get_one(Document, 1)
        document.title = "second"
        document.title = "first"

        with db.watch() as sql:
            session.commit()

        assert sql.verbs == []
        assert document.version == 1


@promise(
    "optimistic-locking.rollback-restores-counter",
    "rollback() puts the version back to the stored one, and the next UPDATE starts from there.",
    docs="orm/versioning.html#configuring-a-version-counter",
)
@uncounted
def test_rollback_restores_counter(db: Database) -> None:
    db.create(Document)
    db.given(Document(id=1, title="first"))

    with db.session() as session:
        document = session.get_one(Document, 1)
        document.title = "undone"
        session.flush()
        assert document.version == 2
        session.rollback()
        assert document.version == 1

        document.title = "second"
        session.commit()

    assert [(row.title, row.version) for row in db.stored(Document)] == [("second", 2)]


@promise(
    "optimistic-locking.custom-generator",
    "A generator of texts gives each UPDATE a new version, and an old one raises StaleDataError.",
    docs="orm/versioning.html#custom-version-counters-types",
)
@uncounted
def test_custom_generator(db: Database) -> None:
    db.create(Letter)

    with db.session(expire_on_commit=False) as session:
        letter = Letter(id=1, title="first")
        session.add(letter)
        session.commit()
        first = letter.version
        letter.title = "second"
        session.commit()
        assert len({first, letter.version}) == 2

        with db.elsewhere() as other:
            other.get_one(Letter, 1).title = "newer"
        letter.title = "third"
        with pytest.raises(StaleDataError):
            session.commit()
        session.rollback()

    assert [row.title for row in db.stored(Letter)] == ["newer"]


@promise(
    "optimistic-locking.programmatic-version",
    "With version_id_generator=False only the program changes a version; it is checked as ever.",
    docs="orm/versioning.html#programmatic-or-conditional-version-counters",
)
@uncounted
def test_programmatic_version(db: Database) -> None:
    db.create(Draft)
    db.given(Draft(id=1, title="first", version=10))

    with db.session(expire_on_commit=False) as session:
        draft = session.get_one(Draft, 1)
        draft.title = "second"
        session.commit()
        draft.title, draft.version = "third", 20
        session.commit()
        stored = [(row.title, row.version) for row in db.stored(Draft)]
        assert stored == [("third", 20)]

        with db.elsewhere() as other:
            other.get_one(Draft, 1).version = 30
        draft.title = "fourth"
        with pytest.raises(StaleDataError):
            session.commit()
        session.rollback()

    assert [(row.title, row.version) for row in db.stored(Draft)] == [("third", 30)]


@promise(
    "optimistic-locking.server-version",
    "A version that the server counts is read back after each flush and checked by the next one.",
    docs="orm/versioning.html#server-side-version-counters",
    needs=("triggers",),
)
@uncounted
def test_server_version(db: Database) -> None:
    db.create(Deed)
    db.count_updates(Deed, "version")

    with db.session(expire_on_commit=False) as session:
        deed = Deed(id=1, title="first")
        session.add(deed)
        session.commit()
        assert deed.version == 1
        deed.title = "second"
        session.commit()
        assert deed.version == 2

        with db.elsewhere() as other:
            other.get_one(Deed, 1).title = "newer"
        deed.title = "third"
        with pytest.raises(StaleDataError):
            session.commit()
        session.rollback()

    assert [(row.title, row.version) for row in db.stored(Deed)] == [("newer", 3)]
