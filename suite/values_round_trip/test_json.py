"""JSON comes back as the Python value it was made of."""

from typing import Any

from sqlalchemy import JSON, null, select
from sqlalchemy.ext.mutable import MutableDict
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from session_conformance import Database, promise


class Folder(DeclarativeBase):
    """The registry of this file's tables."""


class Document(Folder):
    """JSON of any kind."""

    __tablename__ = "document"

    id: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[Any] = mapped_column(JSON, nullable=True)
    absent: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)


class Settings(Folder):
    """JSON whose changes from within are noticed."""

    __tablename__ = "settings"

    id: Mapped[int] = mapped_column(primary_key=True)
    chosen: Mapped[dict[str, Any]] = mapped_column(MutableDict.as_mutable(JSON()))


@promise(
    "values-round-trip.json-structures",
    "Nested JSON reads back equal: null, booleans, numbers, quotes, emoji; it is not rewritten.",
    docs="API JSON",
    needs=("json",),
)
def test_json_structures(db: Database) -> None:
    db.create(Document)
    value = {
        "list": [1, -2, [3, []], {}, None, True, False],
        "number": {"float": 0.1, "large": 2**53 - 1, "negative": -1.5},
        "text": 'it\'s "100%" \\ %s :x ? 🦉 Zoë\nline',
        'it\'s a "key" 🦉': {"deep": {"deeper": [{"deepest": None}]}},
    }

    with db.session() as session:
        session.add(Document(id=1, content=value))
        session.commit()

        document = session.get_one(Document, 1)
        assert document.content == value
        assert repr(document.content["list"]) == repr(value["list"])

        with db.watch() as sql:
            document.content = dict(value)
            session.commit()
        assert sql.verbs == []

    assert [row.content for row in db.stored(Document)] == [value]


@promise(
    "values-round-trip.json-scalars",
    "A string, number, boolean or empty container at the top level of JSON keeps value and type.",
    docs="API JSON",
    needs=("json",),
)
def test_json_scalars(db: Database) -> None:
    db.create(Document)
    values: list[Any] = ["it's 🦉", "", "12", 0, -7, 2**53 - 1, 1.5, True, False, [], {}]

    with db.session() as session:
        session.add_all(Document(id=key, content=each) for key, each in enumerate(values, 1))
        session.commit()

        read = session.scalars(select(Document.content).order_by(Document.id)).all()

    assert [(type(value), value) for value in read] == [(type(value), value) for value in values]
    assert [row.content for row in db.stored(Document)] == values


@promise(
    "values-round-trip.json-null-versus-sql-null",
    "None is JSON's null, or SQL's NULL with none_as_null; null() is always SQL's.",
    docs="API JSON.none_as_null",
    needs=("json",),
)
def test_json_null_versus_sql_null(db: Database) -> None:
    db.create(Document)

    with db.session() as session:
        session.add(Document(id=1, content=None, absent=None))
        session.add(Document(id=2, content=null(), absent=JSON.NULL))
        session.commit()

        absent = [Document.content.is_(None), Document.absent.is_(None)]
        rows = session.execute(select(*absent).order_by(Document.id)).all()
        documents = session.scalars(select(Document).order_by(Document.id)).all()
        values = [(document.content, document.absent) for document in documents]

    assert [tuple(map(bool, row)) for row in rows] == [(False, True), (True, False)]
    assert values == [(None, None), (None, None)]


@promise(
    "values-round-trip.mutable-json",
    "A change inside a MutableDict is noticed and written at the next flush.",
    docs="orm/extensions/mutable.html#establishing-mutability-on-scalar-column-values",
    needs=("json",),
)
def test_mutable_json(db: Database) -> None:
    db.create(Settings)
    db.given(Settings(id=1, chosen={"size": 1, "colour": "red"}))

    with db.session() as session:
        settings = session.get_one(Settings, 1)
        settings.chosen["size"] = 2
        del settings.chosen["colour"]
        assert settings in session.dirty
        session.commit()

        settings.chosen["unit"] = "cm"
        session.commit()

    assert [row.chosen for row in db.stored(Settings)] == [{"size": 2, "unit": "cm"}]
