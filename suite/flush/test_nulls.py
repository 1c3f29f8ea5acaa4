"""When None becomes NULL, and when a default takes its place."""

from sqlalchemy import String, null
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from session_conformance import Database, promise


class Office(DeclarativeBase):
    """The registry of this file's table."""


class Ticket(Office):
    """A row with two columns of the same default, one of them with an opinion about None."""

    __tablename__ = "ticket"

    id: Mapped[int] = mapped_column(primary_key=True)
    stage: Mapped[str | None] = mapped_column(String(10), server_default="open")
    label: Mapped[str | None] = mapped_column(String(10).evaluates_none(), server_default="plain")


@promise(
    "flush.none-uses-default",
    "A column that is left unset on a new object, or set to None, takes the server's default.",
    docs="orm/persistence_techniques.html#forcing-null-on-a-column-with-a-default",
)
def test_none_uses_default(db: Database) -> None:
    db.create(Ticket)

    with db.session() as session:
        session.add_all([Ticket(id=1), Ticket(id=2, stage=None), Ticket(id=3, stage="shut")])
        session.commit()

    assert [row.stage for row in db.stored(Ticket)] == ["open", "open", "shut"]


@promise(
    "flush.null-construct-forces-null",
    "null() given for a column of a new object stores NULL, although the column has a default.",
    docs="orm/persistence_techniques.html#forcing-null-on-a-column-with-a-default",
)
def test_null_construct_forces_null(db: Database) -> None:
    db.create(Ticket)

    with db.session() as session:
        ticket = Ticket(id=1, stage=null())
        session.add_all([ticket, Ticket(id=2)])
        session.commit()
        assert ticket.stage is None

    assert [row.stage for row in db.stored(Ticket)] == [None, "open"]


@promise(
    "flush.evaluates-none-forces-null",
    "A column of a type with evaluates_none() stores NULL for None, although it has a default.",
    docs="orm/persistence_techniques.html#forcing-null-on-a-column-with-a-default",
)
def test_evaluates_none_forces_null(db: Database) -> None:
    db.create(Ticket)

    with db.session() as session:
        session.add_all([Ticket(id=1, label=None), Ticket(id=2), Ticket(id=3, label="red")])
        session.commit()

    assert [row.label for row in db.stored(Ticket)] == [None, "plain", "red"]


@promise(
    "flush.none-on-update-is-null",
    "None set on an object that is stored becomes NULL with the next flush, whatever the default.",
    docs="orm/persistence_techniques.html#forcing-null-on-a-column-with-a-default",
)
def test_none_on_update_is_null(db: Database) -> None:
    db.create(Ticket)
    db.given(Ticket(id=1, stage="shut"), Ticket(id=2, stage="shut"))

    with db.session() as session:
        session.get_one(Ticket, 1).stage = None
        session.commit()

    assert [row.stage for row in db.stored(Ticket)] == [None, "shut"]
