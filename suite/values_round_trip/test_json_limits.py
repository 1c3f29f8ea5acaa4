"""What JSON in the database makes of numbers, of the order of keys, and of a comparison."""

from typing import Any

import pytest
from sqlalchemy import JSON, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from session_conformance import Database, facts_of, question, raised


class Drawer(DeclarativeBase):
    """The registry of this file's table."""


class Note(Drawer):
    """JSON of any kind."""

    __tablename__ = "json_note"

    id: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[Any] = mapped_column(JSON)


@question(
    "values-round-trip.json-large-integers",
    "What does an integer that a double cannot hold read back as from JSON?",
    answers={
        "exact": "As the same integer.",
        "rounded": "As a float, or as another integer, of about its size.",
        "refused": "It cannot be stored.",
    },
    docs="API JSON",
    needs=("json",),
)
@pytest.mark.parametrize(
    "value", [2**53 + 1, 2**63 + 1, 2**64 + 1], ids=["over-2**53", "over-2**63", "over-2**64"]
)
def test_json_large_integers(db: Database, value: int) -> None:
    db.create(Note)

    with db.session() as session:
        session.add(Note(id=1, content={"number": value}))
        try:
            session.commit()
        except DBAPIError as error:
            db.tell(error=raised(error), **facts_of(error))
            db.answer("refused")
        else:
            read = session.scalars(select(Note.content)).one()["number"]
            db.tell(read=repr(read))
            assert float(read) == float(value)
            db.answer("exact" if (type(read), read) == (int, value) else "rounded")


@question(
    "values-round-trip.json-key-order",
    "In which order are the keys of a JSON object read back?",
    answers={
        "kept": "In the one that they were written in.",
        "changed": "In another one.",
    },
    docs="API JSON",
    needs=("json",),
)
def test_json_key_order(db: Database) -> None:
    db.create(Note)
    content = {"size": 1, "colour": 2, "no": 3, "name": 4}

    with db.session() as session:
        session.add(Note(id=1, content=content))
        session.commit()
        read = list(session.scalars(select(Note.content)).one())

    db.tell(read=", ".join(read))
    assert set(read) == set(content)
    db.answer("kept" if read == list(content) else "changed")


@question(
    "values-round-trip.json-comparison",
    "Does == find the row whose JSON is that value and no more?",
    answers={
        "found": "It finds the row.",
        "not-found": "It finds nothing, without an error.",
        "refused": "The comparison is refused.",
    },
    docs="API JSON",
    needs=("json",),
)
@pytest.mark.parametrize("value", ["text", 7, True], ids=["string", "number", "boolean"])
def test_json_comparison(db: Database, value: object) -> None:
    db.create(Note)
    db.given(Note(id=1, content=value), Note(id=2, content="other"))

    with db.session() as session:
        try:
            found = session.scalars(select(Note.id).where(Note.content == value)).all()
        except DBAPIError as error:
            db.tell(error=raised(error), **facts_of(error))
            db.answer("refused")
        else:
            db.answer({(): "not-found", (1,): "found"}[tuple(found)])
