"""Whether foreign keys are enforced where nobody asks for it."""

from sqlalchemy import ForeignKey
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from session_conformance import Database, facts_of, question


class Garden(DeclarativeBase):
    """The registry of this file's tables."""


class Bed(Garden):
    """Where plants stand."""

    __tablename__ = "bed"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)


class Plant(Garden):
    """What stands in a bed."""

    __tablename__ = "plant"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    bed_id: Mapped[int] = mapped_column(ForeignKey("bed.id"))


@question(
    "cascades.enforcement-default",
    "On a connection for which nothing was set, is a row stored whose parent is not there?",
    answers={
        "enforced": "It is refused.",
        "not-enforced": "It is stored: foreign keys have to be switched on.",
    },
    docs="orm/cascades.html#using-foreign-key-on-delete-cascade-with-orm-relationships",
)
def test_enforcement_default(db: Database) -> None:
    db.create(Bed, Plant)
    answer = "not-enforced"

    with Session(db.plain_engine()) as session:
        session.add(Plant(id=1, bed_id=9))
        try:
            session.commit()
        except DBAPIError as refused:
            db.tell(**facts_of(refused))
            answer = "enforced"

    db.answer(answer)
