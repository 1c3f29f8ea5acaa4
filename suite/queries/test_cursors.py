"""What becomes of a result that is read to its end, in parts, by turns, or not at all."""

from typing import Any

import pytest
from sqlalchemy import CursorResult, func, select, text, update
from sqlalchemy.exc import ResourceClosedError
from sqlalchemy.orm import Session

from session_conformance import Account, Database, promise

KEYS = range(1, 61)
STREAM: dict[str, Any] = {"yield_per": 10}
COUNT = select(func.count()).select_from(Account)
ACCOUNTS = select(Account).order_by(Account.id)
IN_ORDER = text("SELECT id FROM account ORDER BY id")


def accounts() -> list[Account]:
    return [Account(id=key, owner=f"owner {key}", balance=key) for key in KEYS]


@promise(
    "queries.exhausted-result",
    "A result that is read to its end gives no more rows; a closed one raises ResourceClosedError.",
    docs="API Result.close",
)
def test_exhausted_result(db: Database) -> None:
    db.given(*accounts())

    with db.session() as session:
        result = session.execute(IN_ORDER)
        assert len(result.all()) == 60
        assert result.all() == []
        assert result.fetchone() is None

        closed = session.execute(IN_ORDER)
        closed.close()
        with pytest.raises(ResourceClosedError):
            closed.all()
        assert session.scalar(COUNT) == 60


@promise(
    "queries.dml-result-has-no-rows",
    "The result of an UPDATE tells that it returns no rows, and to ask for them is an error.",
    docs="API CursorResult.returns_rows",
)
def test_dml_result_has_no_rows(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session() as session:
        result = session.execute(text("UPDATE account SET balance = 5 WHERE id = 1"))
        assert isinstance(result, CursorResult)
        assert result.returns_rows is False
        with pytest.raises(ResourceClosedError):
            result.all()
        session.commit()

    assert [account.balance for account in db.stored(Account)] == [5]


@promise(
    "queries.empty-select-has-keys",
    "A SELECT that finds nothing returns rows all the same: none of them, with the columns' names.",
    docs="API CursorResult.returns_rows",
)
def test_empty_select_has_keys(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session() as session:
        result = session.execute(text("SELECT id, owner FROM account WHERE id = 99"))
        assert isinstance(result, CursorResult)
        assert result.returns_rows is True
        assert list(result.keys()) == ["id", "owner"]
        assert result.all() == []


@promise(
    "queries.cursor-released-at-end",
    "A result lets go of its cursor after the last row, after first(), and at once without rows.",
    docs="core/connections.html#basic-usage",
)
def test_cursor_released_at_end(db: Database) -> None:
    db.given(*accounts())

    with db.session() as session:
        connection = session.connection()
        everything = connection.execute(select(Account.id))
        assert len(everything.fetchmany(59)) == 59
        held = everything.cursor
        rest = everything.all()
        first = connection.execute(select(Account.id))
        assert first.first() is not None
        changed = connection.execute(update(Account).values(balance=0))

    assert held is not None
    assert len(rest) == 1
    assert [result.cursor for result in (everything, first, changed)] == [None, None, None]


@promise(
    "queries.hundreds-of-partial-reads",
    "Three hundred results of which only the first row is read leave the connection in order.",
    docs="core/connections.html#basic-usage",
)
def test_hundreds_of_partial_reads(db: Database) -> None:
    """Three hundred queries take a second where a round trip is slow."""
    db.given(*accounts()[:20])

    with db.session() as session:
        firsts = [session.execute(IN_ORDER).scalars().first() for _ in range(300)]

        assert firsts == [1] * 300
        assert session.scalars(IN_ORDER).all() == list(range(1, 21))

    assert db.checked_out == 0


@promise(
    "queries.interleaved-results",
    "Two results on one connection are read by turns, and each gives its own rows in order.",
    docs="core/connections.html#using-server-side-cursors-a-k-a-stream-results",
)
def test_interleaved_results(db: Database) -> None:
    db.given(*accounts())
    backwards = text("SELECT id FROM account ORDER BY id DESC")

    with db.session() as session:
        up = session.execute(IN_ORDER).scalars()
        down = session.execute(backwards).scalars()
        pairs = [*zip(up, down, strict=True)]

    assert pairs == [*zip(KEYS, reversed(KEYS), strict=True)]


@promise(
    "queries.statement-while-result-open",
    "While a result is half read other statements run, and its rest is complete afterwards.",
    docs="core/connections.html#using-server-side-cursors-a-k-a-stream-results",
)
def test_statement_while_result_open(db: Database) -> None:
    db.given(*accounts())

    with db.session() as session:
        result = session.execute(IN_ORDER)
        begun = [row.id for row in result.fetchmany(20)]
        session.execute(text("UPDATE account SET balance = 0 WHERE id > 30"))
        assert session.scalar(text("SELECT sum(balance) FROM account")) == sum(range(1, 31))
        rest = result.scalars().all()

    assert [*begun, *rest] == list(KEYS)


@promise(
    "queries.many-rows-complete",
    "A result of more than twenty thousand rows is complete and in order.",
    docs="core/connections.html#using-server-side-cursors-a-k-a-stream-results",
)
def test_many_rows_complete(db: Database) -> None:
    db.given(*accounts()[:28])
    crossed = text(
        "SELECT c.id FROM account a CROSS JOIN account b CROSS JOIN account c"
        " ORDER BY a.id, b.id, c.id"
    )

    with db.session() as session:
        read = session.scalars(crossed).all()

    assert len(read) == 28**3
    assert read == [*KEYS[:28]] * 28**2


@promise(
    "queries.yield-per-complete",
    "With yield_per every row arrives once and in order, however many batches there are.",
    docs="orm/queryguide/api.html#fetching-large-result-sets-with-yield-per",
)
def test_yield_per_complete(db: Database) -> None:
    db.given(*accounts())

    with db.session() as session:
        keys = [account.id for account in session.scalars(ACCOUNTS, execution_options=STREAM)]
        uneven = ACCOUNTS.execution_options(yield_per=7)
        balances = [account.balance for account in session.scalars(uneven)]

    assert keys == list(KEYS)
    assert balances == list(KEYS)


@promise(
    "queries.yield-per-partitions",
    "partitions() with yield_per gives lists of that size, and the rest in the last one.",
    docs="orm/queryguide/api.html#fetching-large-result-sets-with-yield-per",
)
def test_yield_per_partitions(db: Database) -> None:
    db.given(*accounts())

    with db.session() as session:
        batches = session.scalars(ACCOUNTS, execution_options={"yield_per": 25}).partitions()
        keys = [[account.id for account in batch] for batch in batches]

    assert keys == [list(KEYS[:25]), list(KEYS[25:50]), list(KEYS[50:])]


@promise(
    "queries.stream-abandoned-by-close",
    "When a half-read stream is closed its connection runs further statements.",
    docs="core/connections.html#using-server-side-cursors-a-k-a-stream-results",
)
def test_stream_abandoned_by_close(db: Database) -> None:
    db.given(*accounts())

    with db.session() as session:
        stream = session.scalars(ACCOUNTS, execution_options=STREAM)
        assert next(stream).id == 1
        stream.close()

        assert session.scalar(COUNT) == 60
        session.get_one(Account, 60).balance = 0
        session.commit()

    assert db.stored(Account)[-1].balance == 0


@promise(
    "queries.stream-abandoned-by-rollback",
    "rollback(), commit() and close() end a half-read stream; the pooled connection stays right.",
    docs="core/connections.html#using-server-side-cursors-a-k-a-stream-results",
)
def test_stream_abandoned_by_rollback(db: Database) -> None:
    db.given(*accounts())

    with Session(db.new_engine(pool_size=1, max_overflow=0)) as session:
        rolled_back = session.scalars(ACCOUNTS, execution_options=STREAM)
        assert next(rolled_back).id == 1
        session.rollback()
        assert session.scalar(COUNT) == 60

        committed = session.scalars(ACCOUNTS, execution_options=STREAM)
        assert next(committed).id == 1
        session.commit()
        assert session.scalar(COUNT) == 60
        session.rollback()

        closed = session.scalars(ACCOUNTS, execution_options=STREAM)
        assert next(closed).id == 1
        session.close()
        assert session.scalars(IN_ORDER).all() == list(KEYS)


@promise(
    "queries.stream-error-inside-loop",
    "An exception that leaves the with block of a streamed result leaves the connection usable.",
    docs="core/connections.html#streaming-with-a-fixed-buffer-via-yield-per",
)
def test_stream_error_inside_loop(db: Database) -> None:
    db.given(*accounts())

    with db.session() as session:
        with (
            pytest.raises(ZeroDivisionError),
            session.scalars(ACCOUNTS, execution_options=STREAM) as stream,
        ):
            [1 // (account.balance - 15) for account in stream]

        assert session.scalar(COUNT) == 60
        assert session.get_one(Account, 60).balance == 60
