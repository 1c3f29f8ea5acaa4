"""What merge() makes of collections, version numbers, pending objects and half a key."""

import pytest
from sqlalchemy import ForeignKey, insert, inspect
from sqlalchemy.exc import SAWarning
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy.orm.exc import StaleDataError

from session_conformance import Account, Database, promise

DOCS = "orm/session_state_management.html#unitofwork-merging"


class Theatre(DeclarativeBase):
    """The registry of this file's tables."""


class Play(Theatre):
    """A parent whose scenes are nothing without it."""

    __tablename__ = "merge_play"

    id: Mapped[int] = mapped_column(primary_key=True)
    scenes: Mapped[list["Scene"]] = relationship(cascade="all, delete-orphan", order_by="Scene.id")


class Scene(Theatre):
    """A scene of a play."""

    __tablename__ = "merge_scene"

    id: Mapped[int] = mapped_column(primary_key=True)
    play_id: Mapped[int] = mapped_column(ForeignKey("merge_play.id"))
    minutes: Mapped[int]


class Script(Theatre):
    """A row with a version number."""

    __tablename__ = "merge_script"

    id: Mapped[int] = mapped_column(primary_key=True)
    pages: Mapped[int]
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class Seat(Theatre):
    """A seat by row and number; a standing place has no number, and is looked up by its row."""

    __tablename__ = "merge_seat"

    line: Mapped[int] = mapped_column()
    number: Mapped[int | None] = mapped_column()

    __mapper_args__ = {"primary_key": [line, number]}  # noqa: RUF012


class WholeSeat(Theatre):
    """The same seat, by both parts of its key or not at all."""

    __table__ = Seat.__table__
    __mapper_args__ = {  # noqa: RUF012
        "primary_key": [Seat.__table__.c.line, Seat.__table__.c.number],
        "allow_partial_pks": False,
    }


@promise(
    "detached-and-merge.merge-replaces-collection",
    "merge() makes a collection like the given one: children are updated, inserted, deleted.",
    docs=DOCS,
)
def test_merge_replaces_collection(db: Database) -> None:
    db.create(Play, Scene)
    db.given(Play(id=1), Scene(id=1, play_id=1, minutes=1), Scene(id=2, play_id=1, minutes=2))

    with db.session() as session:
        session.merge(Play(id=1, scenes=[Scene(id=2, minutes=20), Scene(id=3, minutes=3)]))
        session.commit()

    stored = [(scene.id, scene.play_id, scene.minutes) for scene in db.stored(Scene)]
    assert stored == [(2, 1, 20), (3, 1, 3)]


@promise(
    "detached-and-merge.merge-version-check",
    "merge() of an old version number is refused; without a number the newest row is updated.",
    docs="orm/versioning.html#configuring-a-version-counter",
)
def test_merge_version_check(db: Database) -> None:
    db.create(Script)
    db.given(Script(id=1, pages=10))
    with db.session() as session:
        old = session.get_one(Script, 1)
    with db.elsewhere() as other:
        other.get_one(Script, 1).pages = 20

    old.pages = 11
    with db.session() as session:
        with pytest.raises(StaleDataError):
            session.merge(old)
        session.rollback()

        session.merge(Script(id=1, pages=12))
        session.commit()

    assert [(script.pages, script.version) for script in db.stored(Script)] == [(12, 3)]


@promise(
    "detached-and-merge.merge-pending-warns",
    "merge() of an object that is pending in the same Session warns.",
    docs=DOCS,
)
def test_merge_pending_warns(db: Database) -> None:
    with db.session(autoflush=False) as session:
        account = Account(id=1, owner="Ann")
        session.add(account)

        with pytest.warns(SAWarning, match="already pending"):
            session.merge(account)

        session.rollback()
    assert db.stored(Account) == []


@promise(
    "detached-and-merge.merge-partial-null-key",
    "merge() looks up a composite key with a NULL in it, unless allow_partial_pks says it is new.",
    docs="API Mapper.params.allow_partial_pks",
)
def test_merge_partial_null_key(db: Database) -> None:
    db.create(Seat)
    with db.elsewhere() as other:
        other.execute(insert(Seat).values(line=1, number=None))

    with db.session(autoflush=False) as session:
        with db.watch() as sql:
            seat = session.merge(Seat(line=1, number=None))
        assert (inspect(seat).persistent, sql.verbs) == (True, ["SELECT"])

        with db.watch() as sql:
            whole = session.merge(WholeSeat(line=1, number=None))
        assert (inspect(whole).pending, sql.verbs) == (True, [])
