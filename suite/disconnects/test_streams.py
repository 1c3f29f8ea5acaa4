"""A connection that dies while a large result is on its way."""

import pytest
from sqlalchemy import String, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, aliased, mapped_column

from session_conformance import Database, promise

STREAM = "orm/queryguide/api.html#fetching-large-result-sets-with-yield-per"
PAGES = 80
LETTERS = 4000


class Book(DeclarativeBase):
    """The registry of this file's table."""


class Page(Book):
    """A row of some kilobytes, so that no buffer on the way takes all that is selected."""

    __tablename__ = "page"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    letters: Mapped[str] = mapped_column(String(LETTERS))


LEFT, RIGHT = aliased(Page), aliased(Page)
# Each page with each page: 25 megabytes.
EVERYTHING = select(LEFT.letters, RIGHT.id)
PAGE_BY_PAGE = {"yield_per": 10}


@promise(
    "disconnects.while-streaming",
    "A stream whose connection dies raises; it never ends as if its rows had been all there are.",
    docs=STREAM,
    needs=("kill_connection", "server_side_cursor"),
)
def test_while_streaming(db: Database) -> None:
    db.create(Page)
    db.given(*(Page(id=number, letters="x" * LETTERS) for number in range(PAGES)))
    # A join of all with all is what is meant here.
    engine = db.new_engine(enable_from_linting=False)

    with Session(engine) as session:
        number = db.connection_id(session)
        stream = session.execute(EVERYTHING, execution_options=PAGE_BY_PAGE)
        rows = [stream.fetchone()]
        db.kill(number)

        # Of which class it is, disconnects.while-streaming-wrapped asks.
        with pytest.raises(Exception):
            rows.extend(stream)
        session.invalidate()

        assert None not in rows


@promise(
    "disconnects.while-streaming-wrapped",
    "The error of a dead connection in mid-stream is SQLAlchemy's own, marked as a disconnect.",
    docs=STREAM,
    needs=("kill_connection", "server_side_cursor"),
)
def test_while_streaming_wrapped(db: Database) -> None:
    db.create(Page)
    db.given(*(Page(id=number, letters="x" * LETTERS) for number in range(PAGES)))
    engine = db.new_engine(enable_from_linting=False)

    with Session(engine) as session:
        number = db.connection_id(session)
        stream = session.execute(EVERYTHING, execution_options=PAGE_BY_PAGE)
        stream.fetchone()
        db.kill(number)

        with pytest.raises(DBAPIError) as raised:
            stream.all()
        session.rollback()

        assert raised.value.connection_invalidated
        assert db.connection_id(session) != number
