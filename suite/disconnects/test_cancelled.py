"""A statement that the server ends while its connection lives on, and the work before it."""

from sqlalchemy import func, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, aliased

from session_conformance import Account, Database, Entry, facts_of, question

DOCS = "faq/sessions.html#faq-session-rollback"

KEPT = {
    "kept": "The transaction goes on: the next statement works, and commit() stores the row.",
    "lost-in-silence": "The next statement works, commit() returns, and the row is not stored.",
    "refused-then-lost-in-silence": (
        "The next statement is refused, commit() returns, and the row is not stored."
    ),
    "refused-then-lost": "The next statement and commit() are refused; the row is not stored.",
    "not-cancelled": "The statement was not ended.",
}


def works(session: Session) -> bool:
    """Tell whether the next statement works."""
    try:
        session.scalars(select(Entry.id).where(Entry.id == 1)).all()
    except DBAPIError:
        return False
    return True


def commits(session: Session) -> bool:
    """Tell whether commit() returns."""
    try:
        session.commit()
    except DBAPIError:
        return False
    return True


def kept(stored: bool, worked: bool, committed: bool) -> str:
    """Name what became of the row."""
    if stored:
        return "kept"
    if worked:
        return "lost-in-silence"
    return "refused-then-lost-in-silence" if committed else "refused-then-lost"


@question(
    "disconnects.work-after-cancel",
    "A Session's statement is cancelled at the server, and it goes on: what of its earlier row?",
    answers=KEPT,
    docs=DOCS,
    needs=("kill_connection", "row_locks"),
)
def test_work_after_cancel(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))
    write = update(Account).where(Account.id == 1).values(balance=0)
    cancelled = False

    with db.session() as session:
        session.add(Account(id=100, owner="Cleo"))
        session.flush()
        number = db.connection_id(session)
        try:
            with db.cancelled_while_waiting(number), db.holding(Account, 1):
                session.execute(write)
        except DBAPIError as error:
            cancelled = True
            db.tell(**facts_of(error))
        worked, committed = works(session), commits(session)

    stored = db.stored(Account, 100) is not None
    db.answer(kept(stored, worked, committed) if cancelled else "not-cancelled")


@question(
    "disconnects.work-after-statement-timeout",
    "A Session's query is ended for its length, and it goes on: what of its earlier row?",
    answers=KEPT,
    docs=DOCS,
    needs=("statement_timeout",),
)
def test_work_after_statement_timeout(db: Database) -> None:
    db.given(*(Entry(id=number, amount=1) for number in range(1, 31)))
    # A join of all with all is what is meant here.
    engine = db.new_engine(enable_from_linting=False, pool_size=1, max_overflow=0)
    many = [aliased(Entry) for _ in range(5)]
    endless = select(func.sum(sum(entry.amount for entry in many)))
    cancelled = False

    with Session(engine) as session:
        db.limit_time(session, 0.05)
        session.add(Account(id=100, owner="Cleo"))
        session.flush()
        try:
            session.scalar(endless)
        except DBAPIError as error:
            cancelled = True
            db.tell(**facts_of(error))
        worked, committed = works(session), commits(session)

    stored = db.stored(Account, 100) is not None
    db.answer(kept(stored, worked, committed) if cancelled else "not-cancelled")
