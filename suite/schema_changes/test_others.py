"""Tables that are changed by others while a Session reads them, or between two reads."""

from collections.abc import Callable

import pytest
from sqlalchemy import String, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from session_conformance import Condition, Database, facts_of, question


class Fair(DeclarativeBase):
    """The registry of this file's table."""


class Ticket(Fair):
    """A row of the table that is changed."""

    __tablename__ = "schema_ticket_changed"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    holder: Mapped[str] = mapped_column(String(20))


ADD_COLUMN = text("ALTER TABLE schema_ticket_changed ADD note VARCHAR(20)")
ALL_COLUMNS = text("SELECT * FROM schema_ticket_changed")


@question(
    "schema-changes.changed-table-on-pooled-connection",
    "Somebody adds a column: does a repeated SELECT * on a pooled connection show it?",
    answers={
        "at-once": "Yes, when it is sent the next time.",
        "after-one-error": "Not at first: it is refused once, and shows it when tried again.",
        "after-several-errors": "Not when it is tried a second time.",
        "never": "No: it goes on with the columns that there were.",
    },
    docs="dialects/postgresql.html#prepared-statement-cache",
    needs=("second_connection",),
)
@pytest.mark.parametrize("times", [1, 10], ids=["sent-once", "sent-ten-times"])
def test_changed_table_on_pooled_connection(db: Database, times: int) -> None:
    """Some drivers prepare a statement at the server when they have sent it some times."""
    db.create(Ticket)
    engine = db.new_engine(pool_size=1, max_overflow=0)
    errors, columns = 0, 0

    with Session(engine) as session:
        for _ in range(times):
            session.execute(ALL_COLUMNS).all()
            session.commit()
        with db.elsewhere() as other:
            other.execute(ADD_COLUMN)
        for _ in range(2):
            try:
                columns = len(session.execute(ALL_COLUMNS).keys())
                break
            except DBAPIError as error:
                errors += 1
                db.tell(**facts_of(error))
                session.rollback()

    if errors > 1:
        db.answer("after-several-errors")
    elif columns == 2:
        db.answer("never")
    else:
        db.answer("after-one-error" if errors else "at-once")


def read(session: Session) -> list[int]:
    """Read the table."""
    return list(session.scalars(select(Ticket.id)))


def add_column(session: Session) -> None:
    """Add a column and commit."""
    session.execute(ADD_COLUMN)
    session.commit()


def drop_and_make(session: Session) -> None:
    """Drop the table, commit, and make it again."""
    Fair.metadata.drop_all(session.connection())
    session.commit()
    Fair.metadata.create_all(session.connection())
    session.commit()


@question(
    "schema-changes.drop-waits-for-reader",
    "A Session has read a table and not ended: what becomes of who changes or drops the table?",
    answers={
        "at-once": "It goes on at once.",
        "waits": "It waits until the reader ends, and goes on then.",
        "waits-then-refused": "It waits until the reader ends, and is refused then.",
        "refused": "It is refused with an error at once.",
    },
    docs="faq/connections.html#why-does-sqlalchemy-issue-so-many-rollbacks",
    needs=("second_connection",),
)
@pytest.mark.parametrize(
    "change", [add_column, drop_and_make], ids=["adds-a-column", "drops-the-table"]
)
def test_drop_waits_for_reader(
    db: Database, change: Callable[[Session], None], condition: Condition
) -> None:
    db.create(Ticket)
    db.given(Ticket(id=1, holder="Ann"))

    with db.together("T1", "T2", condition=condition) as (one, two):
        one.does(read)
        changed = two.does(change)
        one.commits()

    if changed.error is None:
        db.answer("waits" if changed.waited else "at-once")
    else:
        db.tell(**facts_of(changed.error))
        db.answer("waits-then-refused" if changed.waited else "refused")
