"""When a value that the server makes is there to be read."""

import pytest
from sqlalchemy import FetchedValue, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from session_conformance import Database, question


class Press(DeclarativeBase):
    """The registry of this file's tables."""


class Sheet(Press):
    """A row with a default of the server."""

    __tablename__ = "sheet"

    id: Mapped[int] = mapped_column(primary_key=True)
    grade: Mapped[str] = mapped_column(String(10), server_default="good")


class Proof(Press):
    """A row with a column that a trigger fills in."""

    __tablename__ = "proof"

    id: Mapped[int] = mapped_column(primary_key=True)
    stamp: Mapped[str | None] = mapped_column(String(10), server_default=FetchedValue())


@question(
    "generated-values.server-default-fetch-mode",
    "How does an object come by a default of the server?",
    answers={
        "with-insert": "The INSERT gives it back.",
        "select-in-flush": "The flush reads it by a SELECT.",
        "select-when-read": "A SELECT reads it when somebody asks for it.",
    },
    docs="orm/mapping_api.html#sqlalchemy.orm.Mapper.params.eager_defaults",
)
@pytest.mark.parametrize("flushed", [1, 5], ids=["one", "many"])
def test_server_default_fetch_mode(db: Database, flushed: int) -> None:
    db.create(Sheet)
    sheets = [Sheet() for _ in range(flushed)]

    with db.session() as session:
        session.add_all(sheets)
        with db.watch() as sql:
            session.flush()
        early = "SELECT" in sql.verbs
        with db.watch() as sql:
            db.tell(grades=[sheet.grade for sheet in sheets])
        late = "SELECT" in sql.verbs
        db.tell(dialect_returns=session.connection().dialect.insert_returning)

    if early:
        db.answer("select-in-flush")
    else:
        db.answer("select-when-read" if late else "with-insert")


@question(
    "generated-values.fetched-value-on-insert",
    "A trigger fills a column of a new row in: what does the object say right after the flush?",
    answers={
        "new": "What the trigger has put there.",
        "old": "What was there before the trigger, until the object is refreshed.",
    },
    docs="orm/persistence_techniques.html#case-2-table-includes-trigger-generated-values-which-are-not-compatible-with-returning",
    needs=("triggers",),
)
def test_fetched_value_on_insert(db: Database) -> None:
    db.create(Proof)
    db.fill_inserts(Proof, "stamp", "seen")
    proof = Proof()

    with db.session() as session:
        session.add(proof)
        with db.watch() as sql:
            session.flush()
            stamp = proof.stamp
        session.refresh(proof)
        db.tell(statements=sql.verbs, right_after=stamp, refreshed=proof.stamp)

    db.answer({"seen": "new", None: "old"}[stamp])
