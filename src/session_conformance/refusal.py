"""Making a database refuse a COMMIT, where nobody can end somebody else's connection."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import Column, Integer, MetaData, Table, delete, insert, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Engine
    from sqlalchemy.orm import Session

#: Two transactions that put the same key here cannot both be committed.
CONFLICT = Table(
    "session_conformance_conflict",
    MetaData(),
    Column("id", Integer, primary_key=True, autoincrement=False),
)


@contextmanager
def by_reader(observer: Engine, table: str) -> Iterator[None]:
    """Keep a file from being written, by a reader of `table` that has not finished."""
    with observer.connect() as reader:
        reader.execute(text("BEGIN"))
        reader.execute(text(f"SELECT count(*) FROM {table}")).all()
        try:
            yield
        finally:
            reader.execute(text("ROLLBACK"))


@contextmanager
def by_conflict(observer: Engine, session: Session) -> Iterator[None]:
    """Let somebody else commit the key that `session` has inserted and not yet committed.

    For databases that look for duplicates of other transactions only when they commit.
    """
    session.connection().execute(insert(CONFLICT), {"id": 1})
    with observer.begin() as connection:
        connection.execute(insert(CONFLICT), {"id": 1})
    try:
        yield
    finally:
        with observer.begin() as connection:
            connection.execute(delete(CONFLICT))
