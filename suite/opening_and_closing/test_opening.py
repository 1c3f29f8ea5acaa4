"""When a Session takes a connection from the pool, and how many."""

from sqlalchemy import select, text
from sqlalchemy.orm import Session
from sqlalchemy.pool import QueuePool

from session_conformance import Account, Database, promise


@promise(
    "opening-and-closing.no-connection-before-sql",
    "Making a Session and entering its block takes no connection; the first SELECT takes one.",
    docs="orm/session_basics.html#session-getting",
)
def test_no_connection_before_sql(db: Database) -> None:
    with db.watch() as sql, Session(db.engine) as session:
        assert sql.pool == []

        session.scalars(select(Account)).all()

        assert sql.pool == ["check-out"]
        assert db.checked_out == 1


@promise(
    "opening-and-closing.add-takes-no-connection",
    "add() puts the Session in a transaction but takes no connection; the flush takes it.",
    docs="orm/session_basics.html#session-autobegin",
)
def test_add_takes_no_connection(db: Database) -> None:
    with db.session() as session:
        session.add(Account(id=1, owner="Ann", balance=100))

        assert session.in_transaction()
        assert db.checked_out == 0

        session.flush()

        assert db.checked_out == 1


@promise(
    "opening-and-closing.one-connection-held",
    "From the first statement to the commit a Session holds one connection, whatever it sends.",
    docs="orm/session_basics.html#what-does-the-session-do",
)
def test_one_connection_held(db: Database) -> None:
    with db.watch() as sql, db.session() as session:
        session.scalars(select(Account)).all()
        session.add(Account(id=1, owner="Ann", balance=100))
        session.flush()
        session.scalars(select(Account.owner)).all()

        assert sql.verbs == ["SELECT", "INSERT", "SELECT"]
        assert sql.pool == ["check-out"]

        session.commit()

        assert sql.pool == ["check-out", "check-in"]


@promise(
    "opening-and-closing.same-connection-throughout",
    "Queries, flushes, text and connection() of one transaction use one connection at the server.",
    docs="orm/session_basics.html#session-faq-threadsafe",
)
def test_same_connection_throughout(db: Database) -> None:
    with db.session() as session:
        session.scalars(select(Account)).all()
        after_select = session.connection().connection.dbapi_connection
        session.add(Account(id=1, owner="Ann", balance=100))
        session.flush()
        after_flush = session.connection().connection.dbapi_connection
        session.execute(text("UPDATE account SET balance = 7"))
        after_text = session.connection().connection.dbapi_connection

        assert after_select is after_flush is after_text
        assert session.scalar(select(Account.balance)) == 7


@promise(
    "opening-and-closing.two-sessions-two-connections",
    "Two Sessions in use at once on one engine hold two different connections.",
    docs="orm/session_basics.html#session-faq-threadsafe",
    needs=("second_connection",),
)
def test_two_sessions_two_connections(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session() as ann, db.session() as bob:
        ann.scalars(select(Account)).all()
        bob.scalars(select(Account)).all()

        assert db.checked_out == 2
        assert (
            ann.connection().connection.dbapi_connection
            is not bob.connection().connection.dbapi_connection
        )


@promise(
    "opening-and-closing.pool-counters-agree",
    "The pool counts one connection out while a Session uses it, and one in when it has ended.",
    docs="core/pooling.html#sqlalchemy.pool.QueuePool",
)
def test_pool_counters_agree(db: Database) -> None:
    engine = db.new_engine(pool_size=1, max_overflow=0)
    pool = engine.pool
    assert isinstance(pool, QueuePool)

    with Session(engine) as session:
        session.scalars(select(Account)).all()
        assert (pool.checkedout(), pool.checkedin()) == (1, 0)

    assert (pool.checkedout(), pool.checkedin()) == (0, 1)
