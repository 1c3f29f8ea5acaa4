"""The driver's own connection, as the pool lends it."""

import gc
import sys
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from session_conformance import Account, Database, promise

RAW = "core/connections.html#working-with-driver-sql-and-raw-dbapi-connections"
EVERYWHERE = "Zoë Ελ 漢字 של 🙂 e\u0301"


@promise(
    "pooling.raw-connection-usable",
    "raw_connection() lends a PEP 249 connection: cursor, execute, fetch, commit and rollback.",
    docs=RAW,
)
def test_raw_connection_usable(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=1))
    engine = db.new_engine(pool_size=1, max_overflow=0)

    raw = engine.raw_connection()
    cursor = raw.cursor()
    cursor.execute("UPDATE account SET balance = 7")
    raw.commit()
    cursor.execute("SELECT owner, balance FROM account")
    names = [column[0].lower() for column in cursor.description or ()]
    rows = [tuple(row) for row in cursor.fetchall()]
    cursor.close()
    raw.rollback()
    raw.close()

    assert (names, rows) == (["owner", "balance"], [("Ann", 7)])
    with Session(engine) as session:
        assert session.scalars(select(Account.balance)).all() == [7]
    assert [account.balance for account in db.stored(Account)] == [7]


@promise(
    "pooling.raw-connection-returns",
    "close() of a raw connection gives it back: the pool's next user gets the driver's same one.",
    docs=RAW,
)
def test_raw_connection_returns(db: Database) -> None:
    engine = db.new_engine(pool_size=1, max_overflow=0, pool_timeout=0.1)

    raw = engine.raw_connection()
    lent = raw.dbapi_connection
    assert db.checked_out == 1
    raw.close()
    assert db.checked_out == 0

    with Session(engine) as session:
        assert session.scalars(select(Account)).all() == []
        assert session.connection().connection.dbapi_connection is lent


@promise(
    "pooling.unicode-connection",
    "Text of every script is transferred whole, as parameter and in the statement itself.",
    docs="dialects/mysql.html#unicode",
)
def test_unicode_connection(db: Database) -> None:
    written = text(f"INSERT INTO account (id, owner, balance) VALUES (2, '2 {EVERYWHERE}', 0)")

    with db.session() as session:
        session.add(Account(id=1, owner=f"1 {EVERYWHERE}"))
        session.flush()
        session.execute(written)
        session.commit()

        assert session.get_one(Account, 2).owner == f"2 {EVERYWHERE}"
        found = select(Account.id).where(Account.owner == f"1 {EVERYWHERE}")
        assert session.scalars(found).all() == [1]

    stored = [account.owner for account in db.stored(Account)]
    assert stored == [f"1 {EVERYWHERE}", f"2 {EVERYWHERE}"]


@promise(
    "pooling.thread-safety-under-load",
    "Eight threads that take turns at two connections read none of the others' answers.",
    docs="orm/session_basics.html#session-faq-threadsafe",
    needs=("threads",),
)
def test_thread_safety_under_load(db: Database) -> None:
    db.given(*(Account(id=key, owner=f"owner {key}", balance=key) for key in range(1, 9)))
    engine = db.new_engine(pool_size=2, max_overflow=0)

    def read(key: int) -> tuple[int, str | None]:
        with Session(engine) as session:
            found = select(Account.owner).where(Account.balance == key)
            return key, session.scalar(found)

    keys = list(range(1, 9)) * 10
    with ThreadPoolExecutor(8) as threads:
        read_by_all = list(threads.map(read, keys))

    assert read_by_all == [(key, f"owner {key}") for key in keys]
    assert db.checked_out == 0


@promise(
    "pooling.fork-with-dispose",
    "A forked child that calls dispose(close=False) connects anew; its parent's works on.",
    docs="core/pooling.html#using-connection-pools-with-multiprocessing-or-os-fork",
    needs=("connection_list", "threads"),
)
def test_fork_with_dispose(db: Database) -> None:
    engine = db.new_engine(pool_size=1, max_overflow=0)
    with Session(engine) as session:
        session.scalars(select(Account)).all()
        number = db.connection_id(session)

    def child() -> str:
        engine.dispose(close=False)
        # A child that lives on collects, sooner or later, what its parent still uses.
        gc.collect()
        with Session(engine) as session:
            return str(db.connection_id(session))

    childs_number = db.in_child(child)

    with Session(engine) as session:
        assert session.scalars(select(Account)).all() == []
        assert db.connection_id(session) == number
    assert childs_number not in ("", str(number))


@promise(
    "pooling.collected-cursors",
    "A cursor that only the garbage collector frees takes no reference of its connection along.",
    docs=RAW,
)
def test_collected_cursors(db: Database) -> None:
    """One reference too few, and a connection is freed while a pool still hands it out."""
    with db.engine.connect() as connection:
        raw = connection.connection.dbapi_connection
        assert raw is not None
        # What cells before this one dropped may hold it too, and would go in between.
        gc.collect()
        before = sys.getrefcount(raw)

        for _ in range(3):
            cursor = raw.cursor()
            cursor.execute("SELECT count(*) FROM account")
            cursor.fetchall()
            ring: list[object] = [cursor]
            ring.append(ring)
            del cursor, ring
        gc.collect()

        assert sys.getrefcount(raw) >= before
        connection.rollback()
        assert connection.scalar(select(func.count()).select_from(Account)) == 0
