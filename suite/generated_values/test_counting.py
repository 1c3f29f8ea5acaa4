"""What the server counts: keys of many types, from a start, past a key that was given."""

from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import BigInteger, Identity, String, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.orm.exc import FlushError

from session_conformance import Account, Database, facts_of, question


class Mill(DeclarativeBase):
    """The registry of this file's tables."""


class Sack(Mill):
    """A row whose key is to start at five hundred."""

    __tablename__ = "sack"

    id: Mapped[int] = mapped_column(Identity(start=500), primary_key=True)
    title: Mapped[str] = mapped_column(String(20))


class Grain(Mill):
    """A row with a large key."""

    __tablename__ = "grain"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    title: Mapped[str] = mapped_column(String(20))


class Loaf(Mill):
    """A row with a key of the server, or a given one."""

    __tablename__ = "loaf"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(20))


class Label(Mill):
    """A row whose key is a word from the server."""

    __tablename__ = "label"

    id: Mapped[str] = mapped_column(String(20), primary_key=True, server_default="plain")
    title: Mapped[str] = mapped_column(String(20))


@question(
    "generated-values.lastrowid",
    "What does lastrowid of the result say of an INSERT that was sent as text?",
    answers={
        "key": "The key of the new row.",
        "zero": "0.",
        "none": "None.",
        "another": "Another number.",
        "missing": "It raises AttributeError: the driver's cursor has no such thing.",
    },
    docs="API CursorResult.lastrowid",
)
def test_lastrowid(db: Database) -> None:
    db.create(Loaf)
    db.given(*(Loaf(title=f"Loaf {number}") for number in range(3)))
    found: Any = "missing"

    with db.session() as session:
        result = session.connection().execute(text("INSERT INTO loaf (title) VALUES ('rye')"))
        with suppress(AttributeError):
            found = result.lastrowid
        session.commit()

    key = db.stored(Loaf)[-1].id
    db.tell(lastrowid=found, key=key)
    db.answer({key: "key", 0: "zero", None: "none", "missing": "missing"}.get(found, "another"))


@question(
    "generated-values.identity-column",
    "With which key does an Identity column begin that is to start at 500?",
    answers={
        "from-start": "With 500.",
        "from-one": "With 1: the start is passed over.",
        "otherwise": "With another number.",
    },
    docs="core/defaults.html#identity-ddl",
)
def test_identity_column(db: Database) -> None:
    db.create(Sack)
    sacks = [Sack(title="wheat"), Sack(title="rye")]

    with db.session() as session:
        session.add_all(sacks)
        session.flush()
        keys = [sack.id for sack in sacks]

    db.tell(keys=keys)
    db.answer({500: "from-start", 1: "from-one"}.get(keys[0], "otherwise"))


@question(
    "generated-values.big-integer-key",
    "Does the server count a primary key that is a BigInteger?",
    answers={
        "counts": "It does: the object has a key when it is flushed.",
        "refuses": "It does not: the INSERT without a key is refused.",
        "no-key": "FlushError is raised: its key is not to be had.",
    },
    docs="core/metadata.html#sqlalchemy.schema.Column.params.autoincrement",
)
def test_big_integer_key(db: Database) -> None:
    db.create(Grain)
    grain = Grain(title="oats")

    with db.session() as session:
        session.add(grain)
        try:
            session.flush()
            db.tell(key=grain.id)
            answer = "counts"
        except FlushError:
            answer = "no-key"
        except DBAPIError as refused:
            db.tell(**facts_of(refused))
            answer = "refuses"

    db.answer(answer)


@question(
    "generated-values.after-explicit-key",
    "A row is stored with a key that was given: which key does the server make next?",
    answers={
        "higher": "One above the given key.",
        "lower": "One below the given key: it counts on from where it was.",
        "same": "The given key, and the INSERT is refused.",
    },
    docs="core/metadata.html#sqlalchemy.schema.Column.params.autoincrement",
)
@pytest.mark.parametrize("given", [1, 100], ids=["next-in-turn", "far-off"])
def test_after_explicit_key(db: Database, given: int) -> None:
    db.create(Loaf)
    loaf = Loaf(title="rye")

    with db.session() as session:
        session.add(Loaf(id=given, title="wheat"))
        session.flush()
        session.add(loaf)
        try:
            session.flush()
            db.tell(key=loaf.id)
            answer = "higher" if loaf.id > given else "lower"
        except DBAPIError as refused:
            db.tell(**facts_of(refused))
            answer = "same"

    db.answer(answer)


@question(
    "generated-values.server-key-without-returning",
    "Does an object get its key where the key is a word that the server makes?",
    answers={
        "with-insert": "It does, by the INSERT itself.",
        "by-select": "It does, by a SELECT beside the INSERT.",
        "no-key": "FlushError is raised: its key is not to be had.",
    },
    docs="orm/persistence_techniques.html#case-4-primary-key-returning-or-equivalent-is-supported",
)
def test_server_key_without_returning(db: Database) -> None:
    db.create(Label)
    label = Label(title="bread")

    with db.session() as session, db.watch() as sql:
        session.add(label)
        try:
            session.flush()
            found = label.id == "plain"
        except FlushError:
            found = False

    db.tell(statements=sql.verbs)
    if found:
        db.answer("with-insert" if sql.verbs == ["INSERT"] else "by-select")
    else:
        db.answer("no-key")


@question(
    "generated-values.batch-statement-count",
    "With how many statements does a flush of a hundred new objects store them?",
    answers={
        "one": "With one.",
        "several": "With several, each of many rows.",
        "one-each": "With one for each object.",
    },
    docs="core/connections.html#engine-insertmanyvalues",
)
def test_batch_statement_count(db: Database) -> None:
    with db.session() as session:
        session.add_all(Account(owner=f"Owner {number}") for number in range(100))
        with db.watch() as sql:
            session.flush()

    count = sql.verbs.count("INSERT")
    db.tell(statements=count)
    db.answer({1: "one", 100: "one-each"}.get(count, "several"))
