"""A driver's error arrives as SQLAlchemy's, whatever was being done, and with what explains it."""

import pytest
from sqlalchemy import Dialect, String, column, insert, literal, select, table, text
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeDecorator

from session_conformance import Account, Database, promise

FAILING = (
    "SELECT missing_{0} FROM account",
    "SELECT id FROM missing_{0}",
    "SELEKT {0}",
    "INSERT INTO account (id, owner, balance) VALUES (1, 'again {0}', 0)",
    "INSERT INTO account (id, owner, balance) VALUES (2, NULL, {0})",
)


class Refusing(TypeDecorator[str]):
    """A type that takes no value at all."""

    impl = String(50)
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Refuse `value`."""
        raise ValueError(f"{value} is refused on {dialect.name}")


@promise(
    "constraints-and-errors.wrapped",
    "Whatever the driver refuses in execute(), flush(), a query or commit() is a DBAPIError.",
    docs="errors.html#dbapi-errors",
)
def test_wrapped(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"))

    with db.session() as session:
        with pytest.raises(DBAPIError):
            session.execute(text("SELECT id FROM missing"))
        session.rollback()
        with pytest.raises(DBAPIError):
            session.execute(insert(Account), [{"id": 2, "owner": "Ann"}, {"id": 3, "owner": "Cid"}])
        session.rollback()
        session.add(Account(id=1, owner="Bob"))
        with pytest.raises(DBAPIError):
            session.scalars(select(Account)).all()
        session.rollback()
        session.add(Account(id=2, owner="Bob"))
        session.flush()
        with db.failing_commit(session), pytest.raises(DBAPIError):
            session.commit()
        # What becomes of a connection whose COMMIT was refused is another case's question.
        session.invalidate()

    assert [row.owner for row in db.stored(Account)] == ["Ann"]


@promise(
    "constraints-and-errors.original-kept",
    "The error's orig is the one that the driver's module raised, and it is the cause as well.",
    docs="API DBAPIError.orig",
)
def test_original_kept(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"))

    with db.session() as session:
        module = session.connection().dialect.dbapi
        assert module is not None
        with pytest.raises(DBAPIError) as missing:
            session.execute(text("SELECT id FROM missing"))
        session.rollback()
        session.add(Account(id=1, owner="Bob"))
        with pytest.raises(DBAPIError) as duplicate:
            session.flush()

    assert isinstance(missing.value.orig, module.Error)
    assert missing.value.__cause__ is missing.value.orig
    assert isinstance(duplicate.value.orig, module.Error)
    assert duplicate.value.__cause__ is duplicate.value.orig


@promise(
    "constraints-and-errors.statement-and-params",
    "The error carries the statement that failed and the parameters it was sent with.",
    docs="API StatementError",
)
def test_statement_and_params(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"))

    with db.session() as session:
        session.add(Account(id=1, owner="Bob", balance=4711))
        with db.watch() as sql, pytest.raises(DBAPIError) as caught:
            session.flush()

    assert caught.value.statement == sql.statements[0].text
    assert "4711" in repr(caught.value.params)
    assert "INSERT INTO account" in str(caught.value)
    assert "4711" in str(caught.value)


@promise(
    "constraints-and-errors.hidden-parameters",
    "With hide_parameters=True the message shows none of the values that SQLAlchemy adds to it.",
    docs="core/engines.html#sqlalchemy.create_engine.params.hide_parameters",
)
def test_hidden_parameters(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"))
    again = Account(id=1, owner="Bob", balance=987654321)

    with Session(db.new_engine(hide_parameters=True)) as session:
        session.add(again)
        with pytest.raises(DBAPIError) as hidden:
            session.flush()
        session.rollback()
    with db.session() as session:
        session.add(again)
        with pytest.raises(DBAPIError) as shown:
            session.flush()

    assert "987654321" in str(shown.value)
    assert "987654321" not in str(hidden.value)
    assert "parameters hidden" in str(hidden.value)


@promise(
    "constraints-and-errors.non-ascii-message",
    "An error about a name beyond ASCII can be read: the driver's own message holds the name.",
    docs="errors.html#dbapi-errors",
)
def test_non_ascii_message(db: Database) -> None:
    missing = select(table("größe", column("id")).c.id)

    with db.session() as session, pytest.raises(DBAPIError) as caught:
        session.execute(missing)

    assert "größe" in str(caught.value)
    assert "größe" in str(caught.value.orig)


@promise(
    "constraints-and-errors.missing-parameter",
    "A statement that lacks a value is refused as StatementError before the driver sees it.",
    docs="errors.html#a-value-is-required-for-bind-parameter-x-in-parameter-group-y",
)
def test_missing_parameter(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"))
    both = text("SELECT owner FROM account WHERE id = :id AND balance = :balance")

    with db.session() as session:
        with db.watch() as sql, pytest.raises(StatementError, match="'balance'") as caught:
            session.execute(both, {"id": 1})
        assert sql.verbs == []
        assert not isinstance(caught.value, DBAPIError)

        assert session.scalar(both, {"id": 1, "balance": 0}) == "Ann"


@promise(
    "constraints-and-errors.failing-bind-processor",
    "What a type raises while it prepares a value arrives as StatementError, with the statement.",
    docs="API StatementError",
)
def test_failing_bind_processor(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"))
    refused = select(Account.id).where(Account.owner == literal("Ann", Refusing()))

    with db.session() as session:
        with db.watch() as sql, pytest.raises(StatementError, match="Ann is refused") as caught:
            session.execute(refused)
        assert sql.verbs == []
        assert isinstance(caught.value.orig, ValueError)
        assert str(caught.value.statement).startswith("SELECT account.id")

        assert session.scalar(select(Account.id).where(Account.owner == "Ann")) == 1


@promise(
    "constraints-and-errors.many-errors-one-connection",
    "After a hundred different errors, each rolled back, one connection still gives right answers.",
    docs="core/pooling.html#reset-on-return",
)
def test_many_errors_one_connection(db: Database) -> None:
    """A hundred errors are as many rollbacks and questions: a second where a round trip is slow."""
    db.given(Account(id=1, owner="Ann"))
    statements = [pattern.format(number) for number in range(20) for pattern in FAILING]

    with Session(db.new_engine(pool_size=1, max_overflow=0)) as session:

        def after_failing(statement: str) -> str | None:
            with pytest.raises(DBAPIError):
                session.execute(text(statement))
            session.rollback()
            return session.scalar(select(Account.owner).where(Account.id == 1))

        with db.watch() as sql:
            answers = [after_failing(statement) for statement in statements]

    assert answers == ["Ann"] * 100
    assert "invalidate" not in sql.pool
    assert [row.owner for row in db.stored(Account)] == ["Ann"]


@promise(
    "constraints-and-errors.error-on-fetch",
    "An error that comes while rows are fetched is a DBAPIError, and rollback() makes all well.",
    docs="errors.html#dbapi-errors",
)
def test_error_on_fetch(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"))
    streamed = {"stream_results": True, "max_row_buffer": 10}

    with db.session() as session:
        module = session.connection().dialect.dbapi
        assert module is not None
        with pytest.raises(DBAPIError) as caught:
            session.execute(db.failing_query(), execution_options=streamed).all()
        assert isinstance(caught.value.orig, module.Error)

        session.rollback()
        assert session.scalars(select(Account.owner)).all() == ["Ann"]
