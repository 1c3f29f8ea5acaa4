"""Deletes and new keys that the database itself hands on to other rows."""

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from session_conformance import Database, promise


class Garden(DeclarativeBase):
    """The registry of this file's tables."""


class Bed(Garden):
    """A parent whose children the database looks after."""

    __tablename__ = "garden_bed"

    id: Mapped[int] = mapped_column(primary_key=True)
    plants: Mapped[list["Plant"]] = relationship(cascade="all, delete", passive_deletes=True)
    stones: Mapped[list["Stone"]] = relationship(passive_deletes="all")
    tools: Mapped[list["Tool"]] = relationship(passive_deletes=True)


class Plant(Garden):
    """A child that goes with its bed; the Session would delete it too."""

    __tablename__ = "garden_plant"

    id: Mapped[int] = mapped_column(primary_key=True)
    bed_id: Mapped[int] = mapped_column(ForeignKey("garden_bed.id", ondelete="CASCADE"))


class Stone(Garden):
    """A child that goes with its bed; the Session leaves that to the database."""

    __tablename__ = "garden_stone"

    id: Mapped[int] = mapped_column(primary_key=True)
    bed_id: Mapped[int] = mapped_column(ForeignKey("garden_bed.id", ondelete="CASCADE"))


class Tool(Garden):
    """A child that outlives its bed."""

    __tablename__ = "garden_tool"

    id: Mapped[int] = mapped_column(primary_key=True)
    bed_id: Mapped[int | None] = mapped_column(ForeignKey("garden_bed.id", ondelete="SET NULL"))


class Kind(Garden):
    """A parent with a name for its key, which may change."""

    __tablename__ = "garden_kind"

    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    seeds: Mapped[list["Seed"]] = relationship(order_by="Seed.id")


class Seed(Garden):
    """A child whose foreign key follows that name."""

    __tablename__ = "garden_seed"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind_name: Mapped[str] = mapped_column(ForeignKey("garden_kind.name", onupdate="CASCADE"))


@promise(
    "cascades.passive-deletes",
    "With passive_deletes, children that were not loaded are left to ON DELETE CASCADE, unseen.",
    docs="orm/cascades.html#passive-deletes",
    needs=("fk_enforcement",),
)
def test_passive_deletes(db: Database) -> None:
    db.create(Bed, Plant, Stone, Tool)
    db.given(Bed(id=1), Bed(id=2))
    db.given(Plant(id=1, bed_id=1), Plant(id=2, bed_id=1), Plant(id=3, bed_id=2))

    with db.session() as session:
        session.delete(session.get_one(Bed, 1))
        with db.watch() as sql:
            session.commit()

    assert (sql.verbs, sql.tables) == (["DELETE"], ["garden_bed"])
    assert [(plant.id, plant.bed_id) for plant in db.stored(Plant)] == [(3, 2)]


@promise(
    "cascades.passive-deletes-all",
    "With passive_deletes='all', even loaded children are left to the database alone.",
    docs="orm/cascades.html#passive-deletes",
    needs=("fk_enforcement",),
)
def test_passive_deletes_all(db: Database) -> None:
    db.create(Bed, Plant, Stone, Tool)
    db.given(Bed(id=1), Bed(id=2))
    db.given(Stone(id=1, bed_id=1), Stone(id=2, bed_id=1), Stone(id=3, bed_id=2))

    with db.session() as session:
        bed = session.get_one(Bed, 1)
        assert len(bed.stones) == 2

        session.delete(bed)
        with db.watch() as sql:
            session.commit()

    assert (sql.verbs, sql.tables) == (["DELETE"], ["garden_bed"])
    assert [(stone.id, stone.bed_id) for stone in db.stored(Stone)] == [(3, 2)]


@promise(
    "cascades.on-delete-set-null",
    "ON DELETE SET NULL with passive_deletes leaves unloaded children behind without a key.",
    docs="orm/cascades.html#passive-deletes",
    needs=("fk_enforcement",),
)
def test_on_delete_set_null(db: Database) -> None:
    db.create(Bed, Plant, Stone, Tool)
    db.given(Bed(id=1), Bed(id=2))
    db.given(Tool(id=1, bed_id=1), Tool(id=2, bed_id=1), Tool(id=3, bed_id=2))

    with db.session() as session:
        session.delete(session.get_one(Bed, 1))
        with db.watch() as sql:
            session.commit()

    assert (sql.verbs, sql.tables) == (["DELETE"], ["garden_bed"])
    assert [(tool.id, tool.bed_id) for tool in db.stored(Tool)] == [(1, None), (2, None), (3, 2)]


@promise(
    "cascades.on-update-cascade",
    "A new primary key reaches the children by ON UPDATE CASCADE: the Session updates the parent.",
    docs="orm/relationship_persistence.html#passive-updates",
    needs=("fk_enforcement",),
)
def test_on_update_cascade(db: Database) -> None:
    db.create(Kind, Seed)
    db.given(Kind(name="bean"), Seed(id=1, kind_name="bean"), Seed(id=2, kind_name="bean"))

    with db.session() as session:
        kind = session.get_one(Kind, "bean")
        assert [seed.id for seed in kind.seeds] == [1, 2]

        kind.name = "broad bean"
        with db.watch() as sql:
            session.commit()
        assert (sql.verbs, sql.tables) == (["UPDATE"], ["garden_kind"])
        assert [seed.kind_name for seed in kind.seeds] == ["broad bean", "broad bean"]

    assert [seed.kind_name for seed in db.stored(Seed)] == ["broad bean", "broad bean"]
