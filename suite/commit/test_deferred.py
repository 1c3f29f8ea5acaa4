"""A constraint that waits for the COMMIT."""

from sqlalchemy import ForeignKey
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from session_conformance import RAISED, Database, facts_of, question, raised


class Gallery(DeclarativeBase):
    """The registry of this file's tables."""


class Wall(Gallery):
    """What pictures hang on."""

    __tablename__ = "wall"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)


class Picture(Gallery):
    """A row that may hang on a wall which is still to come."""

    __tablename__ = "picture"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    wall_id: Mapped[int] = mapped_column(
        ForeignKey("wall.id", deferrable=True, initially="DEFERRED")
    )


@question(
    "commit.deferred-violation-class",
    "What does commit() raise when a deferred foreign key is broken?",
    answers=RAISED,
    docs="errors.html#integrityerror",
    needs=("deferrable_constraints", "fk_enforcement"),
)
def test_deferred_violation_class(db: Database) -> None:
    db.create(Wall, Picture)
    error = None

    with db.session() as session:
        session.add(Picture(id=1, wall_id=9))
        session.flush()
        try:
            session.commit()
        except SQLAlchemyError as caught:
            error = caught
        session.rollback()

    db.tell(**facts_of(error))
    db.answer(raised(error))
