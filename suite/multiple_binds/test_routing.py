"""Which engine a Session with several of them sends a statement to."""

import re
from typing import Any

import pytest
from sqlalchemy import Engine, event, select
from sqlalchemy.exc import UnboundExecutionError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from session_conformance import Account, Base, Database, Entry, promise

DOCS = "orm/persistence_techniques.html#session-partitioning"


class Kept:
    """Marks classes whose rows are kept in another place."""


class Office(DeclarativeBase):
    """The registry of this file's tables."""


class Draft(Office):
    """A paper like any."""

    __tablename__ = "bind_draft"

    id: Mapped[int] = mapped_column(primary_key=True)


class Deed(Kept, Office):
    """A paper that is kept in the other place."""

    __tablename__ = "bind_deed"

    id: Mapped[int] = mapped_column(primary_key=True)


def hear(engine: Engine) -> set[str]:
    """Return a set that gets `VERB table` for each statement on one table that `engine` sends."""
    heard: set[str] = set()

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        found = re.match(r"(\w+)\b.*?\b(?:INTO|FROM|UPDATE) \W?(\w+)", statement, re.DOTALL)
        heard.update([f"{found[1]} {found[2].lower()}"] if found else [])

    event.listen(engine, "before_cursor_execute", note)
    return heard


@promise(
    "multiple-binds.by-class",
    "With binds keyed by class, the queries and flushes of each class go to its engine.",
    docs=DOCS,
)
def test_by_class(db: Database) -> None:
    first, second = db.new_engine(), db.new_engine()
    at_first, at_second = hear(first), hear(second)

    with Session(binds={Account: first, Entry: second}) as session:
        session.add(Account(id=1, owner="Ann"))
        session.commit()
        session.add(Entry(id=1, amount=25))
        session.commit()
        assert session.scalars(select(Account.owner)).all() == ["Ann"]
        assert session.scalars(select(Entry.amount)).all() == [25]

    assert at_first == {"INSERT account", "SELECT account"}
    assert at_second == {"INSERT entry", "SELECT entry"}


@promise(
    "multiple-binds.by-base-class",
    "A bind of a base class or mixin serves the classes below it, where no nearer one is bound.",
    docs=DOCS,
)
def test_by_base_class(db: Database) -> None:
    db.create(Draft, Deed)
    first, second = db.new_engine(), db.new_engine()
    at_first, at_second = hear(first), hear(second)

    with Session(binds={Office: first, Kept: second}) as session:
        session.add(Draft(id=1))
        session.commit()
        session.add(Deed(id=2))
        session.commit()
        assert session.scalars(select(Draft.id)).all() == [1]
        assert session.scalars(select(Deed.id)).all() == [2]

    assert at_first == {"INSERT bind_draft", "SELECT bind_draft"}
    assert at_second == {"INSERT bind_deed", "SELECT bind_deed"}


@promise(
    "multiple-binds.by-table",
    "bind_table() and bind_mapper() send statements on that table or class to their engine.",
    docs="API Session.bind_table",
)
def test_by_table(db: Database) -> None:
    account = Base.metadata.tables["account"]
    first, second = db.new_engine(), db.new_engine()
    at_first, at_second = hear(first), hear(second)

    with Session() as session:
        session.bind_table(account, first)
        session.bind_mapper(Entry, second)
        assert session.execute(select(account.c.owner)).all() == []
        assert session.scalars(select(Entry)).all() == []

    assert (at_first, at_second) == ({"SELECT account"}, {"SELECT entry"})


@promise(
    "multiple-binds.custom-get-bind",
    "A get_bind() of one's own is asked for the engine of each query and each flush.",
    docs="orm/persistence_techniques.html#custom-vertical-partitioning",
)
def test_custom_get_bind(db: Database) -> None:
    reader, writer = db.new_engine(), db.new_engine()
    at_reader, at_writer = hear(reader), hear(writer)

    class Routed(Session):
        """Reads from one engine and writes to the other."""

        def get_bind(self, *_: Any, **__: Any) -> Engine:
            return writer if self._flushing else reader

    with Routed() as session:
        session.add(Account(id=1, owner="Ann"))
        session.commit()
        assert session.scalars(select(Account.owner)).all() == ["Ann"]

    assert (at_reader, at_writer) == ({"SELECT account"}, {"INSERT account"})


@promise(
    "multiple-binds.unrouted-raises",
    "A statement on a class without an engine raises UnboundExecutionError; others go on working.",
    docs="API Session.get_bind",
)
def test_unrouted_raises(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"))

    with Session(binds={Account: db.engine}) as session:
        with pytest.raises(UnboundExecutionError):
            session.scalars(select(Entry))

        assert session.scalars(select(Account.owner)).all() == ["Ann"]
