"""Children that cannot be without a parent: delete-orphan."""

from sqlalchemy import ForeignKey, inspect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from session_conformance import Database, promise


class Office(DeclarativeBase):
    """The registry of this file's tables."""


class Desk(Office):
    """A parent of drawers."""

    __tablename__ = "desk"

    id: Mapped[int] = mapped_column(primary_key=True)
    drawers: Mapped[list["Drawer"]] = relationship(
        cascade="all, delete-orphan", order_by="Drawer.id"
    )


class Drawer(Office):
    """A child that is nothing without its desk."""

    __tablename__ = "drawer"

    id: Mapped[int] = mapped_column(primary_key=True)
    desk_id: Mapped[int] = mapped_column(ForeignKey("desk.id"))


class Badge(Office):
    """What a clerk alone refers to."""

    __tablename__ = "badge"

    id: Mapped[int] = mapped_column(primary_key=True)


class Clerk(Office):
    """Refers to a badge, which nobody else can have."""

    __tablename__ = "clerk"

    id: Mapped[int] = mapped_column(primary_key=True)
    badge_id: Mapped[int | None] = mapped_column(ForeignKey("badge.id"))
    badge: Mapped[Badge | None] = relationship(cascade="all, delete-orphan", single_parent=True)


@promise(
    "cascades.orphan-removed",
    "With delete-orphan, a child taken out of its collection is deleted by the next flush.",
    docs="orm/cascades.html#cascade-delete-orphan",
)
def test_orphan_removed(db: Database) -> None:
    db.create(Desk, Drawer)
    db.given(Desk(id=1), Drawer(id=1, desk_id=1), Drawer(id=2, desk_id=1))

    with db.session() as session:
        desk = session.get_one(Desk, 1)
        first, _ = desk.drawers
        desk.drawers.remove(first)
        with db.watch() as sql:
            session.commit()

    assert sql.verbs == ["DELETE"]
    assert [(drawer.id, drawer.desk_id) for drawer in db.stored(Drawer)] == [(2, 1)]


@promise(
    "cascades.orphan-replaced",
    "With delete-orphan, a new list in a collection's place deletes the children it leaves out.",
    docs="orm/cascades.html#cascade-delete-orphan",
)
def test_orphan_replaced(db: Database) -> None:
    db.create(Desk, Drawer)
    db.given(Desk(id=1), *(Drawer(id=key, desk_id=1) for key in (1, 2, 3)))

    with db.session() as session:
        desk = session.get_one(Desk, 1)
        _, second, _ = desk.drawers
        desk.drawers = [second, Drawer(id=4)]
        session.commit()

    assert [(drawer.id, drawer.desk_id) for drawer in db.stored(Drawer)] == [(2, 1), (4, 1)]


@promise(
    "cascades.orphan-scalar",
    "With delete-orphan and single_parent, None in a reference's place deletes what it named.",
    docs="orm/cascades.html#cascade-delete-orphan",
)
def test_orphan_scalar(db: Database) -> None:
    db.create(Badge, Clerk)
    db.given(Badge(id=1), Badge(id=2), Clerk(id=1, badge_id=1), Clerk(id=2, badge_id=2))

    with db.session() as session:
        session.get_one(Clerk, 1).badge = None
        session.commit()

    assert [badge.id for badge in db.stored(Badge)] == [2]
    assert [(clerk.id, clerk.badge_id) for clerk in db.stored(Clerk)] == [(1, None), (2, 2)]


@promise(
    "cascades.pending-orphan-not-inserted",
    "With delete-orphan, a new child put in and taken out before the flush is never inserted.",
    docs="orm/cascades.html#cascade-delete-orphan",
)
def test_pending_orphan_not_inserted(db: Database) -> None:
    db.create(Desk, Drawer)
    db.given(Desk(id=1))

    with db.session() as session:
        desk = session.get_one(Desk, 1)
        drawer = Drawer(id=1)
        desk.drawers.append(drawer)
        assert inspect(drawer).pending

        desk.drawers.remove(drawer)
        with db.watch() as sql:
            session.commit()

        assert (inspect(drawer).transient, sql.verbs) == (True, [])
    assert db.stored(Drawer) == []


@promise(
    "cascades.move-child",
    "With delete-orphan, a child moved between collections in one flush changes its key and stays.",
    docs="orm/cascades.html#cascade-delete-orphan",
)
def test_move_child(db: Database) -> None:
    db.create(Desk, Drawer)
    db.given(Desk(id=1), Desk(id=2), Drawer(id=1, desk_id=1), Drawer(id=2, desk_id=1))

    with db.session() as session:
        left, right = session.get_one(Desk, 1), session.get_one(Desk, 2)
        first, _ = left.drawers
        assert right.drawers == []

        left.drawers.remove(first)
        right.drawers.append(first)
        with db.watch() as sql:
            session.commit()

        assert sql.verbs == ["UPDATE"]
    assert [(drawer.id, drawer.desk_id) for drawer in db.stored(Drawer)] == [(1, 2), (2, 1)]
