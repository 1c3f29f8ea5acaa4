"""What the engine below tells of a Session's transactions, statements and errors."""

from typing import Any

import pytest
from sqlalchemy import Connection, ExceptionContext, event, insert, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from session_conformance import Account, Database, promise

OWNERS = [{"id": key, "owner": f"owner {key}", "balance": key} for key in range(1, 26)]


@promise(
    "events.engine-begin-commit-rollback",
    "The engine tells begin, commit and rollback once for each transaction that a Session has.",
    docs="API ConnectionEvents",
)
def test_engine_begin_commit_rollback(db: Database) -> None:
    engine = db.new_engine()
    told: list[str] = []
    event.listen(engine, "begin", lambda _: told.append("begin"))
    event.listen(engine, "commit", lambda _: told.append("commit"))
    event.listen(engine, "rollback", lambda _: told.append("rollback"))

    with Session(engine) as session:
        session.add(Account(id=1, owner="Ann"))
        session.flush()
        assert session.scalars(select(Account.owner)).all() == ["Ann"]
        session.commit()
        assert told == ["begin", "commit"]

        session.add(Account(id=2, owner="Bob"))
        session.flush()
        session.rollback()
        assert told == ["begin", "commit", "begin", "rollback"]


@promise(
    "events.cursor-event-per-batch",
    "before_cursor_execute is told for each statement that a batched INSERT … RETURNING sends.",
    docs="core/connections.html#engine-insertmanyvalues-events",
    needs=("insert_returning_many",),
)
def test_cursor_event_per_batch(db: Database) -> None:
    told: list[int] = []

    def count(
        _conn: Connection, _cursor: Any, statement: str, _values: Any, _context: Any, _many: bool
    ) -> None:
        told.append(statement.count("), (") + 1)

    with db.session() as session:
        event.listen(session.connection(), "before_cursor_execute", count)
        keys = session.scalars(
            insert(Account).returning(Account.id),
            OWNERS,
            execution_options={"insertmanyvalues_page_size": 10},
        ).all()
        session.commit()

    assert len(told) == 3
    assert sorted(keys) == [row["id"] for row in OWNERS]
    assert [row.balance for row in db.stored(Account)] == list(range(1, 26))


@promise(
    "events.handle-error-decides-disconnect",
    "handle_error sees whether an error means a lost connection; its listener may decide so.",
    docs="core/pooling.html#pool-new-disconnect-codes",
)
def test_handle_error_decides_disconnect(db: Database) -> None:
    engine = db.new_engine()
    judged = []

    def decide(context: ExceptionContext) -> None:
        judged.append(context.is_disconnect)
        context.is_disconnect = True

    with Session(engine) as session, db.watch() as sql:
        with pytest.raises(DBAPIError) as ordinary:
            session.execute(text("SELECT id FROM no_such_table"))
        session.rollback()
        assert (ordinary.value.connection_invalidated, sql.pool.count("invalidate")) == (False, 0)

        event.listen(engine, "handle_error", decide)
        with pytest.raises(DBAPIError) as lost:
            session.execute(text("SELECT id FROM no_such_table"))
        session.rollback()

        assert (lost.value.connection_invalidated, sql.pool.count("invalidate")) == (True, 1)
        assert judged == [False]
        assert session.scalars(select(Account)).all() == []
