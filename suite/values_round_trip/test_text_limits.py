"""What becomes of text that a column, an encoding or a list of members has no place for."""

from sqlalchemy import CHAR, Enum, String, Text, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from session_conformance import RAISED, Database, facts_of, question, raised

REFUSED = {name: sentence for name, sentence in RAISED.items() if name != "nothing"}
SURROGATE = "half \ud83e of it"


class Cabinet(DeclarativeBase):
    """The registry of this file's tables."""


class Code(Cabinet):
    """Text of a fixed length."""

    __tablename__ = "code"

    id: Mapped[int] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(CHAR(5))


class Tag(Cabinet):
    """Text of ten characters at most."""

    __tablename__ = "tag"

    id: Mapped[int] = mapped_column(primary_key=True)
    value: Mapped[str | None] = mapped_column(String(10))


class Remark(Cabinet):
    """Long text."""

    __tablename__ = "remark"

    id: Mapped[int] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(Text)


class Lamp(Cabinet):
    """One of two colours; the database may have a type for that."""

    __tablename__ = "lamp"

    id: Mapped[int] = mapped_column(primary_key=True)
    colour: Mapped[str] = mapped_column(Enum("red", "green", name="lamp_colour"))


@question(
    "values-round-trip.char-padding",
    "What do “ab” and “ab” with three spaces behind it read back as from CHAR(5)?",
    answers={
        "as-written": "Each as it was written.",
        "padded": "Both with the spaces, up to the length of the column.",
        "stripped": "Both without the spaces.",
    },
    docs="API CHAR",
)
def test_char_padding(db: Database) -> None:
    db.create(Code)

    with db.session() as session:
        session.add_all([Code(id=1, value="ab"), Code(id=2, value="ab   ")])
        session.commit()
        shorter, longer = session.scalars(select(Code.value).order_by(Code.id))

    answers = {
        ("ab", "ab   "): "as-written",
        ("ab   ", "ab   "): "padded",
        ("ab", "ab"): "stripped",
    }
    db.answer(answers[shorter, longer])


@question(
    "values-round-trip.empty-text",
    "What does an empty string read back as?",
    answers={
        "empty": "As an empty string, which IS NULL does not find.",
        "null": "As None: the database knows no empty string.",
    },
    docs="API String",
)
def test_empty_text(db: Database) -> None:
    db.create(Tag)

    with db.session() as session:
        session.add(Tag(id=1, value=""))
        session.commit()
        read = session.scalars(select(Tag.value)).one()
        nulls = session.scalars(select(Tag.id).where(Tag.value.is_(None))).all()

    answers = {("", 0): "empty", (None, 1): "null"}
    db.answer(answers[read, len(nulls)])


@question(
    "values-round-trip.text-too-long",
    "What happens to text that is longer than its String(10) column?",
    answers={
        **REFUSED,
        "stored": "It is stored, and reads back whole.",
        "cut": "Its first ten characters are stored, without an error.",
    },
    docs="API String.length",
)
def test_text_too_long(db: Database) -> None:
    db.create(Tag)
    value = "abcdefghijklmno"

    with db.session() as session:
        session.add(Tag(id=1, value=value))
        try:
            session.commit()
        except Exception as error:
            db.tell(**facts_of(error))
            db.answer(raised(error))
        else:
            read = session.scalars(select(Tag.value)).one()
            assert read in (value, value[:10])
            db.answer("stored" if read == value else "cut")


@question(
    "values-round-trip.text-nul",
    "What happens to text with a NUL character inside?",
    answers={
        **REFUSED,
        "stored": "It is stored, and reads back as it was.",
        "cut": "What stands before the NUL is stored, without an error.",
    },
    docs="API Text",
)
def test_text_nul(db: Database) -> None:
    db.create(Remark)
    value = "before\x00behind"

    with db.session() as session:
        session.add(Remark(id=1, value=value))
        try:
            session.commit()
        except Exception as error:
            db.tell(**facts_of(error))
            db.answer(raised(error))
        else:
            read = session.scalars(select(Remark.value)).one()
            db.answer({value: "stored", "before": "cut"}[read])


@question(
    "values-round-trip.text-lone-surrogate",
    "What happens to text with half a surrogate pair, which no encoding takes?",
    answers={
        **REFUSED,
        "stored": "It is stored, and reads back as it was.",
        "changed": "Something else is stored, without an error.",
    },
    docs="API Unicode",
)
def test_text_lone_surrogate(db: Database) -> None:
    """On an engine of its own: not every driver's connection is in order afterwards."""
    db.create(Remark)

    with Session(db.new_engine(pool_size=1, max_overflow=0)) as session:
        session.add(Remark(id=1, value=SURROGATE))
        try:
            session.commit()
        except Exception as error:
            db.tell(**facts_of(error))
            db.answer(raised(error))
        else:
            read = session.scalars(select(Remark.value)).one()
            db.answer("stored" if read == SURROGATE else "changed")


@question(
    "values-round-trip.enum-unknown",
    "Where is a string refused that is no member of its Enum, without validate_strings?",
    answers={
        "by-database": "The database refuses to store it.",
        "on-read": "It is stored, and reading it raises LookupError.",
        "nowhere": "It is stored and read like a member.",
    },
    docs="API Enum.validate_strings",
)
def test_enum_unknown(db: Database) -> None:
    db.create(Lamp)

    with db.session() as session:
        session.add(Lamp(id=1, colour="blue"))
        try:
            session.commit()
        except DBAPIError as error:
            db.tell(error=raised(error), **facts_of(error))
            db.answer("by-database")
        else:
            try:
                read = session.scalars(select(Lamp.colour)).one()
            except LookupError:
                db.answer("on-read")
            else:
                assert read == "blue"
                db.answer("nowhere")
