"""sqlalchemy-firebird gives no object its key where RETURNING is switched off for the table.

How bad: what should work raises an error.

Needs SQLAlchemy, sqlalchemy-firebird, firebird-driver and a database that may be written to:
DATABASE_URL=firebird+firebird://USER:PASSWORD@HOST:PORT/DATABASE
Exits 1 where the flush ends in FlushError, 0 where the object has the key of its row.
Seen with sqlalchemy-firebird 2.2.0 and Firebird 4.0.7.
"""

import os
import sys

from sqlalchemy import String, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.orm.exc import FlushError


class Base(DeclarativeBase):
    pass


class Note(Base):
    __tablename__ = "note_without_returning"
    __table_args__ = {"implicit_returning": False}  # noqa: RUF012

    id: Mapped[int] = mapped_column(primary_key=True)
    words: Mapped[str] = mapped_column(String(20))


engine = create_engine(os.environ["DATABASE_URL"])
Base.metadata.create_all(engine)
key = None

with Session(engine) as session:
    note = Note(words="first")
    session.add(note)
    try:
        session.flush()
        key = note.id
    except FlushError as error:
        print("the flush fails:", error)

print("key:", key)
Base.metadata.drop_all(engine)
engine.dispose()
sys.exit(0 if key else 1)
