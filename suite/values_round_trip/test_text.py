"""Text comes back as the characters it was, whatever they mean to SQL, to drivers or to people."""

from sqlalchemy import String, Text, select, text
from sqlalchemy.dialects.mysql import LONGTEXT
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from session_conformance import Database, promise

# The plain type ends at 64 kilobytes there.
LONG_TEXT = Text().with_variant(LONGTEXT(), "mysql", "mariadb")
METACHARACTERS = (
    "it's", 'say "so"', "back\\slash \\n \\' \\", "100%", "%s %(name)s %%", "%%s %%(name)s",
    ":name ::int \\:x", "what? ??", "{0} {name} {{}}", "$1 $$body$$", "me@home",
    "a;b--c /* d */ #e", "`tick`",
)  # fmt: skip


class Library(DeclarativeBase):
    """The registry of this file's tables."""


class Page(Library):
    """Short text and long text."""

    __tablename__ = "page"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(100))
    body: Mapped[str | None] = mapped_column(LONG_TEXT)


@promise(
    "values-round-trip.text-plain",
    "Spaces at both ends, tabs and both kinds of line end stay where they are in text.",
    docs="API String",
)
def test_text_plain(db: Database) -> None:
    db.create(Page)
    values = ["  two before", "two behind  ", "\ttab\t", "unix\nend\n", "dos\r\nend\r\n", " "]

    with db.session() as session:
        session.add_all(Page(id=key, title=each, body=each) for key, each in enumerate(values, 1))
        session.commit()

        read = session.execute(select(Page.title, Page.body).order_by(Page.id)).all()

    assert [tuple(row) for row in read] == [(value, value) for value in values]
    assert [row.title for row in db.stored(Page)] == values


@promise(
    "values-round-trip.text-metacharacters",
    "Quotes, backslashes, placeholders and comments inside a value are text, stored and compared.",
    docs="API String",
)
def test_text_metacharacters(db: Database) -> None:
    db.create(Page)

    with db.session() as session:
        session.add_all(Page(id=key, title=each) for key, each in enumerate(METACHARACTERS, 1))
        session.commit()

        read = session.scalars(select(Page.title).order_by(Page.id)).all()
        found = [
            session.scalars(select(Page.id).where(Page.title == each)).all()
            for each in METACHARACTERS
        ]

    assert read == list(METACHARACTERS)
    assert found == [[key] for key in range(1, len(METACHARACTERS) + 1)]
    assert [row.title for row in db.stored(Page)] == list(METACHARACTERS)


@promise(
    "values-round-trip.text-unicode",
    "Accents, ideographs, combining marks and emoji come back as written, not normalised.",
    docs="API Unicode",
)
def test_text_unicode(db: Database) -> None:
    db.create(Page)
    values = [
        "Ångström",
        "A\u030angstro\u0308m",
        "東京 漢字",
        "🦉👩\u200d🚀🏳️",
        "שלום",
        "\u00a0\u2028 ﬁ ß",
    ]

    with db.session() as session:
        session.add_all(Page(id=key, title=each, body=each) for key, each in enumerate(values, 1))
        session.commit()

        read = session.execute(select(Page.title, Page.body).order_by(Page.id)).all()

    assert [tuple(row) for row in read] == [(value, value) for value in values]
    assert [row.title for row in db.stored(Page)] == values


@promise(
    "values-round-trip.text-emoji-default-charset",
    "With the driver's own character set an emoji in a statement's text is the one in a parameter.",
    docs="dialects/mysql.html#unicode",
)
def test_emoji_with_the_default_charset(db: Database) -> None:
    db.create(Page)
    by_text = text("SELECT id FROM page WHERE title = 'owl 🦉 Zoë'")

    with db.session() as session:
        session.add_all([Page(id=1, title="owl 🦉 Zoë"), Page(id=2, title="owl ? Zoë")])
        session.execute(text("INSERT INTO page (id, title) VALUES (3, 'fox 🦊')"))
        session.commit()

        assert session.scalars(by_text).all() == [1]
        assert session.get_one(Page, 3).title == "fox 🦊"

    assert [row.title for row in db.stored(Page)] == ["owl 🦉 Zoë", "owl ? Zoë", "fox 🦊"]


@promise(
    "values-round-trip.text-like-numbers",
    "Text that looks like a number, a truth value or null stays text, character by character.",
    docs="API String",
)
def test_text_like_numbers(db: Database) -> None:
    db.create(Page)
    values = ["0012", "1e5", "-0", "1.50", "true", "null", "NaN", "12345678901234567890123", "0x1F"]

    with db.session() as session:
        session.add_all(Page(id=key, title=each, body=each) for key, each in enumerate(values, 1))
        session.commit()

        read = session.execute(select(Page.title, Page.body).order_by(Page.id)).all()
        plain = session.scalars(text("SELECT title FROM page ORDER BY id")).all()

    assert [tuple(row) for row in read] == [(value, value) for value in values]
    assert plain == values


@promise(
    "values-round-trip.text-like-dates",
    "Text that looks like a date, a time or a timestamp stays text.",
    docs="dialects/sqlite.html#date-and-time-types",
)
def test_text_like_dates(db: Database) -> None:
    db.create(Page)
    values = [
        "2024-02-29",
        "2024-02-29 23:59:59",
        "2024-02-29T23:59:59+05:30",
        "23:59",
        "0000-00-00",
    ]

    with db.session() as session:
        session.add_all(Page(id=key, title=each, body=each) for key, each in enumerate(values, 1))
        session.commit()

        read = session.execute(select(Page.title, Page.body).order_by(Page.id)).all()
        plain = session.scalars(text("SELECT title FROM page ORDER BY id")).all()

    assert [tuple(row) for row in read] == [(value, value) for value in values]
    assert plain == values


@promise(
    "values-round-trip.text-is-str",
    "Short and long text reads as str, with mapped classes, with columns and with plain SQL.",
    docs="API Text",
)
def test_text_is_str(db: Database) -> None:
    db.create(Page)
    plain = text("SELECT title, body FROM page")

    with db.session() as session:
        session.add(Page(id=1, title="Zoë", body="🦉 on a page"))
        session.commit()

        page = session.scalars(select(Page)).one()
        assert (type(page.title), type(page.body)) == (str, str)
        title, body = session.execute(select(Page.title, Page.body)).one()
        assert (type(title), type(body)) == (str, str)
        assert tuple(session.execute(plain).one()) == ("Zoë", "🦉 on a page")


@promise(
    "values-round-trip.text-large",
    "A megabyte of text, in characters of two, three and four bytes, comes back unchanged.",
    docs="API Text",
)
def test_text_large(db: Database) -> None:
    db.create(Page)
    body = "ß€🦉" * 111_112

    with db.session() as session:
        session.add_all([Page(id=1, title="long", body=body), Page(id=2, title="short", body="ß")])
        session.commit()

        read = session.scalars(select(Page.body).order_by(Page.id)).all()

    assert [value == body for value in read] == [True, False]
    assert read[1] == "ß"
    assert db.stored(Page)[0].body == body
