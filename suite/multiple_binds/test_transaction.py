"""One Session, several engines: the transactions it has on them begin and end together."""

import pytest
from sqlalchemy import Connection, create_engine, event, select
from sqlalchemy.exc import DBAPIError, InvalidRequestError
from sqlalchemy.orm import Session

from session_conformance import Account, Base, Database, Entry, promise

COORDINATION = "orm/persistence_techniques.html#session-partitioning"


@promise(
    "multiple-binds.one-connection-each",
    "Each engine in use holds one connection for the transaction, the same one throughout.",
    docs="orm/session_basics.html#session-faq-threadsafe",
)
def test_one_connection_each(db: Database) -> None:
    first, second = db.new_engine(), db.new_engine()

    with Session(binds={Account: first, Entry: second}) as session, db.watch() as sql:
        assert session.scalars(select(Account)).all() == []
        assert db.checked_out == 1
        assert session.scalars(select(Entry)).all() == []
        assert session.scalars(select(Account)).all() == []
        assert session.scalars(select(Entry)).all() == []

        assert sql.pool == ["check-out", "check-out"]
        assert db.checked_out == 2


@promise(
    "multiple-binds.close-all",
    "close() rolls back on every engine that was used and gives every connection back.",
    docs="orm/session_basics.html#session-closing",
)
def test_close_all(db: Database) -> None:
    first, second = db.engine, db.new_engine()

    with Session(binds={Account: first, Entry: second}) as session:
        session.scalars(select(Account)).all()
        session.scalars(select(Entry)).all()
        assert db.checked_out == 2

        with db.watch() as sql:
            session.close()

        assert sql.steps == ["ROLLBACK", "ROLLBACK"]
        assert db.checked_out == 0


@promise(
    "multiple-binds.commit-all",
    "commit() stores the rows of every engine that was used.",
    docs="orm/session_basics.html#session-committing",
    needs=("row_locks",),
)
def test_commit_all(db: Database) -> None:
    first, second = db.engine, db.new_engine()

    with Session(binds={Account: first, Entry: second}) as session:
        session.add_all([Account(id=1, owner="Ann"), Entry(id=1, amount=25)])
        session.flush()
        assert (db.stored(Account), db.stored(Entry)) == ([], [])

        session.commit()

    assert [account.owner for account in db.stored(Account)] == ["Ann"]
    assert [entry.amount for entry in db.stored(Entry)] == [25]


@promise(
    "multiple-binds.rollback-all",
    "rollback(), and a flush that fails on one engine, undo the work on every engine.",
    docs="orm/session_basics.html#session-rollback",
    needs=("row_locks",),
)
def test_rollback_all(db: Database) -> None:
    db.given(Entry(id=1, amount=1))
    first, second = db.engine, db.new_engine()

    with Session(binds={Account: first, Entry: second}) as session:
        session.add(Account(id=1, owner="Ann"))
        session.flush()
        session.add(Entry(id=1, amount=25))
        with pytest.raises(DBAPIError):
            session.flush()
        with db.watch() as sql:
            session.rollback()
        assert (sql.steps, db.checked_out) == ([], 0)

        session.add_all([Account(id=2, owner="Bob"), Entry(id=2, amount=25)])
        session.flush()
        session.rollback()
        session.commit()

    assert db.stored(Account) == []
    assert [entry.amount for entry in db.stored(Entry)] == [1]


@promise(
    "multiple-binds.uncoordinated-commit",
    "Without twophase, what one engine has committed stays when the next one's commit fails.",
    docs=COORDINATION,
    needs=("kill_connection",),
)
def test_uncoordinated_commit(db: Database) -> None:
    first, second = db.new_engine(), db.new_engine()
    committed = []

    with Session(binds={Account: first, Entry: second}) as session:
        session.add_all([Account(id=1, owner="Ann"), Entry(id=1, amount=25)])
        session.flush()
        with (
            Session(session.connection(bind_arguments={"bind": first})) as at_first,
            Session(session.connection(bind_arguments={"bind": second})) as at_second,
        ):
            number = {first: db.connection_id(at_second), second: db.connection_id(at_first)}

        def end_the_other(connection: Connection) -> None:
            # The order is SQLAlchemy's own; whichever is first ends the one to come.
            committed.append(connection.engine)
            db.kill(*[number[connection.engine]][len(committed) - 1 :])

        event.listen(first, "commit", end_the_other)
        event.listen(second, "commit", end_the_other)
        with pytest.raises(DBAPIError):
            session.commit()
        # Nothing more can be said over a connection that is gone.
        session.invalidate()

    stored = {first: db.stored(Account), second: db.stored(Entry)}
    assert [engine for engine in stored if stored[engine]] == committed[:1]


@promise(
    "multiple-binds.two-databases-in-one-session",
    "A Session with one class on this database and one on another commits and undoes both.",
    docs=COORDINATION,
)
def test_two_databases_in_one_session(db: Database) -> None:
    other = create_engine("sqlite://")
    Base.metadata.create_all(other)

    with Session(db.engine, binds={Entry: other}) as session:
        session.add_all([Account(id=1, owner="Ann"), Entry(id=1, amount=25)])
        session.flush()
        session.rollback()
        assert db.stored(Account) == []
        assert session.scalars(select(Entry)).all() == []

        session.add_all([Account(id=2, owner="Bob"), Entry(id=2, amount=50)])
        session.commit()

    with Session(other) as session:
        amounts = session.scalars(select(Entry.amount)).all()
    other.dispose()
    assert amounts == [50]
    assert [account.owner for account in db.stored(Account)] == ["Bob"]


@promise(
    "multiple-binds.second-connection-of-engine-refused",
    "Two Connections of one engine in one transaction of a Session are refused.",
    docs="API SessionTransaction",
    needs=("second_connection",),
)
def test_second_connection_of_engine_refused(db: Database) -> None:
    with db.engine.connect() as first, db.engine.connect() as second:
        with Session(binds={Account: first, Entry: second}) as session:
            assert session.scalars(select(Account)).all() == []
            with pytest.raises(InvalidRequestError, match="already has a Connection"):
                session.scalars(select(Entry))

            assert session.scalars(select(Account)).all() == []
