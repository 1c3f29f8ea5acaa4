"""What the Sessions of a factory know from it: engine, class, information, listeners, schemas."""

from typing import Any

import pytest
from sqlalchemy import Engine, String, event, select
from sqlalchemy.exc import ArgumentError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

from session_conformance import Account, Database, promise


class Bank(DeclarativeBase):
    """The registry of this file's class."""


class Branch(Bank):
    """The shared account, as if it stood in a schema of its own."""

    __tablename__ = "account"
    __table_args__ = ({"schema": "branch"},)

    id: Mapped[int] = mapped_column(primary_key=True)
    owner: Mapped[str] = mapped_column(String(50))
    balance: Mapped[int]


@promise(
    "session-factories.bound-sessions",
    "The Sessions of a factory that was made with an engine work without naming it again.",
    docs="API sessionmaker",
)
def test_bound_sessions(db: Database) -> None:
    factory = sessionmaker(db.engine)

    with factory() as first:
        first.add(Account(id=1, owner="Ann"))
        first.commit()
    with factory() as second:
        found = second.scalars(select(Account.owner)).all()
        assert (first.get_bind(), second.get_bind()) == (db.engine, db.engine)

    assert found == ["Ann"]


@promise(
    "session-factories.info-merges",
    "An info given in the call is laid over the factory's, for that Session only.",
    docs="API sessionmaker",
)
def test_info_merges(db: Database) -> None:
    factory = sessionmaker(db.engine, info={"for": "tests", "by": "nobody"})

    with factory(info={"by": "Ann"}) as named, factory() as plain:
        named.scalars(select(Account)).all()

        assert named.info == {"for": "tests", "by": "Ann"}
        assert plain.info == {"for": "tests", "by": "nobody"}


@promise(
    "session-factories.events-stay-with-factory",
    "A listener of one factory does not hear the Sessions of another.",
    docs="API sessionmaker",
)
def test_events_stay_with_factory(db: Database) -> None:
    factory, other = sessionmaker(db.engine), sessionmaker(db.engine)
    heard: list[Session] = []
    event.listen(factory, "after_begin", lambda session, *_: heard.append(session))

    with factory() as session:
        session.scalars(select(Account)).all()
        assert heard == [session]

    with other() as deaf:
        deaf.scalars(select(Account)).all()
        assert heard == [session]


@promise(
    "session-factories.custom-class",
    "class_ makes a factory's Sessions of that class; its own get_bind() finds their engine.",
    docs="API sessionmaker",
)
def test_custom_class(db: Database) -> None:
    class Routed(Session):
        """Finds its engine by itself."""

        def get_bind(self, *_: Any, **__: Any) -> Engine:
            return db.engine

    factory = sessionmaker(class_=Routed)
    with factory.begin() as session:
        assert isinstance(session, Routed)
        session.add(Account(id=1, owner="Ann"))

    assert [account.owner for account in db.stored(Account)] == ["Ann"]


@promise(
    "session-factories.autocommit-argument-refused",
    "Session(autocommit=True) is refused; with False there is a transaction, as always.",
    docs="API Session",
)
def test_autocommit_argument_refused(db: Database) -> None:
    refused: Any = True
    with pytest.raises(ArgumentError, match="autocommit"):
        Session(db.engine, autocommit=refused)

    with Session(db.engine, autocommit=False) as session:
        session.add(Account(id=1, owner="Ann"))
        session.flush()
        session.rollback()

    assert db.stored(Account) == []


@promise(
    "session-factories.schema-translate-on-engine",
    "A schema_translate_map of the engine holds for the queries and flushes of all its Sessions.",
    docs="core/connections.html#translation-of-schema-names",
    needs=("schemas",),
)
def test_schema_translate_on_engine(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=1))
    engine = db.engine.execution_options(schema_translate_map={"branch": None})
    factory = sessionmaker(engine)

    with factory.begin() as session:
        session.get_one(Branch, 1).balance = 10
        session.add(Branch(id=2, owner="Bob", balance=2))

    with factory() as session:
        assert session.scalars(select(Branch.owner).order_by(Branch.id)).all() == ["Ann", "Bob"]
    assert [(row.owner, row.balance) for row in db.stored(Account)] == [("Ann", 10), ("Bob", 2)]
