"""What becomes of a half-read result while its connection is used for something else."""

from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session, selectinload

from session_conformance import Account, Database, Entry, facts_of, question, raised

STREAMING = "core/connections.html#using-server-side-cursors-a-k-a-stream-results"
YIELD_PER = "orm/queryguide/api.html#fetching-large-result-sets-with-yield-per"
KEYS = list(range(1, 61))
STREAM: dict[str, Any] = {"yield_per": 10}
COUNT = select(func.count()).select_from(Account)
ACCOUNTS = select(Account).order_by(Account.id)
IN_ORDER = text("SELECT id FROM account ORDER BY id")
REST = {
    "complete": "Every row of it arrives.",
    "rows-lost": "It ends early, without an error.",
    "error": "An error is raised.",
}


def accounts() -> list[Account]:
    return [Account(id=key, owner=f"owner {key}", balance=key) for key in KEYS]


@question(
    "queries.stream-cursor-kind",
    "Does a result arrive while it is read, or all of it before?",
    answers={
        "while-read": "While it is read.",
        "before": "All of it before the first row is given.",
    },
    docs=STREAMING,
)
@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream-results"])
def test_stream_cursor_kind(db: Database, stream: bool) -> None:
    """Shown by a query whose 401st row cannot be computed, by whether its first row arrives."""
    rest: list[Any] = []

    with Session(db.new_engine(pool_size=1, max_overflow=0)) as session:
        connection = session.connection(execution_options={"stream_results": stream})
        plain = connection.execute(COUNT)
        db.tell(cursor=type(plain.cursor).__name__)
        plain.close()
        try:
            result = connection.execute(db.failing_query())
            first = result.fetchone()
        except Exception as error:
            db.tell(error=raised(error), **facts_of(error))
            db.answer("before")
        else:
            assert first is not None
            # Whether what fails later is raised, and how, is a case of its own.
            with suppress(Exception):
                rest.extend(result)
            assert len(rest) <= 400
            db.answer("while-read")


@question(
    "queries.statement-while-streaming",
    "What becomes of a half-read stream when another statement is run?",
    answers={**REST, "refused": "The other statement is refused."},
    docs=STREAMING,
    needs=("server_side_cursor",),
)
def test_statement_while_streaming(db: Database) -> None:
    db.given(*accounts())

    with Session(db.new_engine(pool_size=1, max_overflow=0)) as session:
        stream = session.scalars(ACCOUNTS, execution_options=STREAM)
        begun = [next(stream).id for _ in range(5)]
        try:
            assert session.scalar(COUNT) == 60
        except Exception as error:
            db.tell(error=raised(error), **facts_of(error))
            db.answer("refused")
        else:
            try:
                read = begun + [account.id for account in stream]
            except Exception as error:
                db.tell(error=raised(error), **facts_of(error))
                db.answer("error")
            else:
                db.tell(rows=len(read))
                assert read == KEYS[: len(read)]
                db.answer("complete" if read == KEYS else "rows-lost")


@question(
    "queries.stream-then-commit",
    "What becomes of a half-read stream after commit()?",
    answers={**REST, "refused": "commit() raises an error."},
    docs=STREAMING,
    needs=("server_side_cursor",),
)
def test_stream_then_commit(db: Database) -> None:
    db.given(*accounts())

    with Session(db.new_engine(pool_size=1, max_overflow=0)) as session:
        stream = session.execute(IN_ORDER, execution_options=STREAM).scalars()
        begun = [next(stream) for _ in range(5)]
        try:
            session.commit()
        except Exception as error:
            db.tell(error=raised(error), **facts_of(error))
            # Some drivers can end no transaction before the rest has been thrown away.
            stream.close()
            db.answer("refused")
        else:
            try:
                read = [*begun, *stream]
            except Exception as error:
                db.tell(error=raised(error), **facts_of(error))
                db.answer("error")
            else:
                db.tell(rows=len(read))
                assert read == KEYS[: len(read)]
                db.answer("complete" if read == KEYS else "rows-lost")


@question(
    "queries.rest-after-rollback",
    "What becomes of a half-read result that is not streamed after rollback()?",
    answers=REST,
    docs=STREAMING,
)
def test_rest_after_rollback(db: Database) -> None:
    db.given(*accounts())

    with Session(db.new_engine(pool_size=1, max_overflow=0)) as session:
        result = session.execute(IN_ORDER)
        assert isinstance(result, CursorResult)
        begun = [row.id for row in result.fetchmany(20)]
        session.rollback()
        try:
            read = begun + [row.id for row in result]
        except Exception as error:
            db.tell(error=raised(error), **facts_of(error))
            db.answer("error")
        else:
            db.tell(rows=len(read))
            assert read == KEYS[: len(read)]
            db.answer("complete" if read == KEYS else "rows-lost")


@question(
    "queries.stream-with-selectin",
    "What becomes of a stream with yield_per whose collections are loaded by selectinload()?",
    answers=REST,
    docs=YIELD_PER,
    needs=("server_side_cursor",),
)
def test_stream_with_selectin(db: Database) -> None:
    """Each batch of the stream sends a SELECT for the collections of its objects."""
    db.given(*accounts())
    db.given(*(Entry(id=key, amount=key, account_id=key) for key in KEYS))
    loaded = ACCOUNTS.options(selectinload(Account.entries))

    with Session(db.new_engine(pool_size=1, max_overflow=0)) as session:
        stream = session.scalars(loaded, execution_options=STREAM)
        try:
            read = [[entry.id for entry in account.entries] for account in stream]
        except Exception as error:
            db.tell(error=raised(error), **facts_of(error))
            db.answer("error")
        else:
            db.tell(rows=len(read))
            assert read == [[key] for key in KEYS[: len(read)]]
            db.answer("complete" if len(read) == 60 else "rows-lost")
