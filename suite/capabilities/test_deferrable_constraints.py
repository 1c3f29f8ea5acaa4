"""Whether a constraint can wait for the end of its transaction, tried at the start of a run."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from session_conformance import Database, promise


class Family(DeclarativeBase):
    """The registry of this file's table."""


class Person(Family):
    """Somebody, whose mother may be entered later."""

    __tablename__ = "person"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    mother_id: Mapped[int | None] = mapped_column(
        ForeignKey("person.id", deferrable=True, initially="DEFERRED")
    )


@promise(
    "capabilities.deferrable-constraints",
    "A row may come before the one that it refers to where its foreign key is deferred.",
    docs="API ForeignKey.params.initially",
    probes="deferrable_constraints",
)
def test_deferrable_constraints(db: Database) -> None:
    db.create(Person)

    with db.session() as session:
        session.add(Person(id=1, mother_id=2))
        session.flush()
        session.add(Person(id=2))
        session.commit()

    assert [(person.id, person.mother_id) for person in db.stored(Person)] == [(1, 2), (2, None)]
