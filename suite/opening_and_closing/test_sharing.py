"""What two Sessions of one engine share, and what a result gives when its Session is closed."""

from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError, ResourceClosedError

from session_conformance import Account, Database, facts_of, question


@question(
    "opening-and-closing.memory-database-sharing",
    "Two Sessions of one engine in one thread: does one see what the other has flushed only?",
    answers={
        "separate": "No: each has a connection and a transaction of its own.",
        "shared": "Yes: they have one connection, and so one transaction, between them.",
        "refused": "The second one cannot even read: it is refused with an error.",
    },
    docs="dialects/sqlite.html#using-a-memory-database-in-multiple-threads",
)
def test_memory_database_sharing(db: Database) -> None:
    with db.session() as ann, db.session() as bob:
        ann.add(Account(id=1, owner="Ann"))
        ann.flush()
        try:
            seen = bob.scalar(select(func.count(Account.id)))
        except DBAPIError as error:
            db.tell(**facts_of(error))
            seen = None

    db.answer({None: "refused", 0: "separate", 1: "shared"}[seen])


@question(
    "opening-and-closing.unread-columns-after-close",
    "Rows of columns are fetched after their Session was closed: do they come?",
    answers={
        "all": "Yes, all: the driver had them by then.",
        "some": "Some of them, and nothing is raised.",
        "none": "None, and nothing is raised.",
        "refused-by-the-driver": "No: the driver raises an error.",
        "refused-by-sqlalchemy": "No: SQLAlchemy raises ResourceClosedError.",
    },
    docs="API Session.close",
)
def test_unread_columns_after_close(db: Database) -> None:
    db.given(*(Account(id=key, owner=f"owner {key}") for key in (1, 2, 3)))

    with db.session() as session:
        result = session.execute(select(Account.id, Account.owner))
    try:
        rows = len(result.all())
    except ResourceClosedError:
        db.answer("refused-by-sqlalchemy")
    except DBAPIError as error:
        db.tell(**facts_of(error))
        db.answer("refused-by-the-driver")
    else:
        db.answer({0: "none", 3: "all"}.get(rows, "some"))
