"""duckdb-engine tells the Session not to look at row counts, so an UPDATE of no row goes unseen.

How bad: data are wrong or lost, and nothing is raised.

Needs SQLAlchemy, duckdb-engine and duckdb. Exits 1 where the Session stays silent, else 0. Seen
with duckdb-engine 0.17.0 and DuckDB 2.0.0, whose driver does count: 0 for an UPDATE of no row.
"""

import os
import sys

from sqlalchemy import create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.orm.exc import StaleDataError


class Base(DeclarativeBase):
    pass


class Note(Base):
    __tablename__ = "note"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    text: Mapped[str]


engine = create_engine(os.environ.get("DATABASE_URL", "duckdb:///:memory:"))
Base.metadata.create_all(engine)
raised = False

with Session(engine) as session:
    note = Note(id=1, text="first")
    session.add(note)
    session.flush()
    gone = session.connection().execute(text("DELETE FROM note"))
    print("rows counted by the driver for a DELETE of one:", gone.rowcount)
    note.text = "second"
    try:
        session.flush()
    except StaleDataError:
        raised = True

print("StaleDataError raised:", raised)
print("supports_sane_rowcount:", engine.dialect.supports_sane_rowcount)
Base.metadata.drop_all(engine)
engine.dispose()
sys.exit(0 if raised else 1)
