"""Prepared transactions that another connection finds and ends."""

from typing import Any

import pytest
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from session_conformance import Account, Database, facts_of, question


def prepare(session: Session) -> str:
    """Prepare a transaction that inserts Ann; return its name."""
    session.add(Account(id=1, owner="Ann"))
    session.flush()
    transaction: Any = session.connection().get_transaction()
    session.prepare()
    return str(transaction.xid)


def as_text(name: Any) -> str:
    """Return the name as text, which some drivers give as bytes."""
    return name.decode() if isinstance(name, bytes) else str(name)


@question(
    "two-phase.recover-lists",
    "A connection dies with its transaction prepared: does recover_twophase() list that one?",
    answers={
        "as-it-was": "Yes, by the name that it was prepared with.",
        "as-another-type": "Yes, but its name comes as another type than it was given, as bytes.",
        "not-listed": "No.",
    },
    docs="API Connection.recover_twophase",
    needs=("two_phase", "kill_connection"),
)
def test_recover_lists(db: Database) -> None:
    with db.session(twophase=True) as session:
        number = db.connection_id(session)
        name = prepare(session)
        db.kill(number)
        session.invalidate()

    autocommit = db.engine.execution_options(isolation_level="AUTOCOMMIT")
    with autocommit.connect() as connection:
        listed = connection.recover_twophase()
        names = [as_text(found) for found in listed]
        if name in names:
            connection.rollback_prepared(name, recover=True)

    if name in listed:
        db.answer("as-it-was")
    else:
        db.answer("as-another-type" if name in names else "not-listed")


@question(
    "two-phase.recover-commits",
    "A connection dies with its transaction prepared: does another one end it, as told?",
    answers={
        "done": "Yes.",
        "refused": "No: it is refused with an error, and the transaction stays prepared.",
        "not-done": "No: nothing is raised, and the transaction stays prepared.",
    },
    docs="API Connection.commit_prepared",
    needs=("two_phase", "kill_connection"),
)
@pytest.mark.parametrize("named", ["by-text", "as-listed"])
@pytest.mark.parametrize("level", [None, "AUTOCOMMIT"], ids=["in-a-transaction", "AUTOCOMMIT"])
@pytest.mark.parametrize("end", ["commit", "rollback"])
def test_recover_commits(db: Database, end: str, level: str | None, named: str) -> None:
    method: Any = {"commit": Connection.commit_prepared, "rollback": Connection.rollback_prepared}
    with db.session(twophase=True) as session:
        number = db.connection_id(session)
        name = prepare(session)
        db.kill(number)
        session.invalidate()

    engine = db.new_engine()
    if level is not None:
        engine = engine.execution_options(isolation_level=level)
    refused = False
    with engine.connect() as connection:
        listed = [found for found in connection.recover_twophase() if as_text(found) == name]
        connection.rollback()
        try:
            method[end](connection, listed[0] if named == "as-listed" else name, recover=True)
        except DBAPIError as error:
            refused = True
            db.tell(**facts_of(error))
        connection.rollback()
    left = bool(db.prepared)
    stored = bool(db.stored(Account))
    db.tell(stored=stored)
    if left:
        with db.new_engine(isolation_level="AUTOCOMMIT").connect() as connection:
            connection.rollback_prepared(name, recover=True)

    if refused:
        db.answer("refused")
    else:
        db.answer("not-done" if left or stored is not (end == "commit") else "done")


@question(
    "two-phase.ended-by-another",
    "The connection that prepared a transaction still lives: may another one commit it?",
    answers={
        "yes": "Yes: whoever knows its name may end it.",
        "refused": "No: it is refused, and left to the connection that prepared it.",
    },
    docs="API Connection.commit_prepared",
    needs=("two_phase",),
)
def test_ended_by_another(db: Database) -> None:
    """Under AUTOCOMMIT, where every server lets a transaction be ended that has lost its own."""
    refused = False

    with db.session(twophase=True) as session:
        name = prepare(session)
        with db.new_engine(isolation_level="AUTOCOMMIT").connect() as connection:
            try:
                connection.commit_prepared(name, recover=True)
            except DBAPIError as error:
                refused = True
                db.tell(**facts_of(error))
        stored = bool(db.stored(Account))
        if refused:
            session.rollback()
        else:
            session.invalidate()

    db.answer("refused" if refused and not stored else "yes")
