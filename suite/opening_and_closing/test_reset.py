"""close() and reset(), more than once and in either order, and what is left unread or unbound."""

import pytest
from sqlalchemy import select
from sqlalchemy.exc import InvalidRequestError, UnboundExecutionError
from sqlalchemy.orm import Session

from session_conformance import Account, Database, promise


@promise(
    "opening-and-closing.close-twice",
    "close() can be called again and again, also on a Session that never did anything.",
    docs="API Session.close",
)
def test_close_twice(db: Database) -> None:
    session = db.session()
    with db.watch() as sql:
        session.close()
        session.close()
        assert sql.events == []

        session.scalars(select(Account)).all()
        session.close()
        session.close()

    assert sql.steps == ["BEGIN", "SELECT", "ROLLBACK"]
    assert sql.pool.count("check-in") == 1


@promise(
    "opening-and-closing.reset-before-final-close",
    "reset() empties a Session with close_resets_only=False and leaves it usable.",
    docs="API Session.reset",
)
def test_reset_before_final_close(db: Database) -> None:
    with db.session(close_resets_only=False) as session:
        account = Account(id=1, owner="Ann")
        session.add(account)
        session.flush()

        session.reset()
        assert account not in session
        assert (db.checked_out, db.stored(Account)) == (0, [])

        session.add(Account(id=2, owner="Bob"))
        session.commit()

    assert [stored.owner for stored in db.stored(Account)] == ["Bob"]


@promise(
    "opening-and-closing.reset-does-not-reopen",
    "reset() after the final close() of a Session with close_resets_only=False reopens nothing.",
    docs="API Session.reset",
)
def test_reset_does_not_reopen(db: Database) -> None:
    session = db.session(close_resets_only=False)
    session.scalars(select(Account)).all()
    session.close()

    session.reset()

    with db.watch() as sql:
        with pytest.raises(InvalidRequestError, match="permanently closed"):
            session.scalars(select(Account))
    assert sql.events == []


@promise(
    "opening-and-closing.unbound-raises",
    "A statement on a Session without an engine raises UnboundExecutionError and reaches none.",
    docs="API Session.get_bind",
)
def test_unbound_raises(db: Database) -> None:
    with Session() as session, db.watch() as sql:
        with pytest.raises(UnboundExecutionError):
            session.scalars(select(Account))
        assert sql.events == []

        found = session.scalars(select(Account), bind_arguments={"bind": db.engine}).all()
        assert found == []


@promise(
    "opening-and-closing.info-is-private",
    "Session.info is a copy: a change of it reaches neither what was given nor another Session.",
    docs="API Session.info",
)
def test_info_is_private(db: Database) -> None:
    given = {"by": "nobody"}

    with db.session(info=given) as first, db.session(info=given) as second:
        first.info["by"] = "Ann"
        first.scalars(select(Account)).all()
        first.rollback()

        assert first.info == {"by": "Ann"}
        assert (second.info, given) == ({"by": "nobody"}, {"by": "nobody"})


@promise(
    "opening-and-closing.unread-entities-after-close",
    "Objects of a result that was not read before its Session was closed are refused.",
    docs="orm/session_basics.html#session-closing",
)
def test_unread_entities_after_close(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"), Account(id=2, owner="Bob"))
    session = db.session()
    result = session.scalars(select(Account))

    session.close()

    with pytest.raises(InvalidRequestError, match="Has the owning Session been closed"):
        result.all()
    result.close()
    assert db.checked_out == 0
