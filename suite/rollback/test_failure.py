"""What failed, what a rollback makes of it, and what goes on afterwards."""

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, PendingRollbackError

from session_conformance import Account, Database, promise


@promise(
    "rollback.failed-flush-already-undone",
    "A flush that fails rolls back at once: locks are free before anybody calls rollback().",
    docs="orm/session_basics.html#session-flushing",
)
def test_failed_flush_is_rolled_back_at_once(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))

    with db.session() as session:
        session.get_one(Account, 1).balance = 150
        session.flush()
        assert db.locked(Account, 1)

        session.add(Account(id=2, owner="Ann"))
        with pytest.raises(IntegrityError):
            session.flush()

        assert not session.is_active
        assert not db.locked(Account, 1)


@promise(
    "rollback.failed-flush-blocks-session",
    "After a failed flush a statement, a reload and a commit() are refused until rollback().",
    docs="faq/sessions.html#faq-session-rollback",
)
def test_failed_flush_blocks_the_session(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"))

    with db.session() as session:
        account = session.get_one(Account, 1)
        session.add(Account(id=2, owner="Ann"))
        with pytest.raises(IntegrityError):
            session.flush()

        with db.watch() as sql:
            with pytest.raises(PendingRollbackError):
                session.execute(text("SELECT 1"))
            with pytest.raises(PendingRollbackError):
                account.owner  # noqa: B018
            with pytest.raises(PendingRollbackError):
                session.commit()
        assert sql.verbs == []

        session.rollback()

        assert account.owner == "Ann"


@promise(
    "rollback.pending-error-names-cause",
    "The refusal after a failed flush quotes the database's error that caused it.",
    docs="faq/sessions.html#faq-session-rollback",
)
def test_refusal_names_its_cause(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"))

    with db.session() as session:
        session.add(Account(id=2, owner="Ann"))
        with pytest.raises(IntegrityError) as cause:
            session.flush()

        with pytest.raises(PendingRollbackError) as refusal:
            session.execute(text("SELECT 1"))

        assert str(cause.value.orig) in str(refusal.value)


@promise(
    "rollback.recovery-keeps-session",
    "After a failed flush and rollback() the same Session queries, inserts and commits.",
    docs="faq/sessions.html#faq-session-rollback",
)
def test_session_goes_on_after_rollback(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"))

    with db.session() as session:
        session.add(Account(id=2, owner="Bob"))
        session.flush()
        session.add(Account(id=3, owner="Ann"))
        with pytest.raises(IntegrityError):
            session.flush()
        session.rollback()

        assert session.scalars(select(Account.owner)).all() == ["Ann"]

        session.add(Account(id=4, owner="Cleo"))
        session.commit()

    assert [account.owner for account in db.stored(Account)] == ["Ann", "Cleo"]


@promise(
    "rollback.statement-error-keeps-active",
    "An error from execute(), outside a flush, leaves the Session active in its transaction.",
    docs="faq/sessions.html#faq-session-rollback",
)
def test_statement_error_leaves_the_session_active(db: Database) -> None:
    with db.session() as session:
        session.add(Account(id=1, owner="Ann"))
        session.flush()
        before = session.get_transaction()

        with pytest.raises(DBAPIError):
            session.execute(text("SELECT no_such_column FROM account"))

        assert session.is_active
        assert session.get_transaction() is before
        assert db.checked_out == 1


@promise(
    "rollback.statement-error-then-rollback",
    "Whatever a statement failed of, rollback() undoes the transaction and all works again.",
    docs="faq/sessions.html#faq-session-rollback",
)
@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param("SELEC 1", id="syntax"),
        pytest.param("SELECT * FROM no_such_table", id="missing-table"),
        pytest.param("INSERT INTO account (id, owner, balance) VALUES (3, 'Ann', 0)", id="unique"),
        pytest.param("INSERT INTO account (id, owner, balance) VALUES (3, NULL, 0)", id="null"),
    ],
)
def test_rollback_recovers_from_a_statement_error(db: Database, wrong: str) -> None:
    db.given(Account(id=1, owner="Ann"))

    with db.session() as session:
        session.add(Account(id=2, owner="Bob"))
        session.flush()
        with pytest.raises(DBAPIError):
            session.execute(text(wrong))
        session.rollback()

        session.add(Account(id=4, owner="Cleo"))
        session.commit()
        assert session.scalars(select(Account.owner).order_by(Account.id)).all() == ["Ann", "Cleo"]

    assert [account.owner for account in db.stored(Account)] == ["Ann", "Cleo"]
