"""What a flush of several rows gets to know of each of them."""

import warnings

import pytest
from sqlalchemy import ForeignKey, delete, func, select
from sqlalchemy.exc import DBAPIError, SAWarning
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy.orm.exc import FlushError, StaleDataError

from session_conformance import Account, Database, Entry, facts_of, question

COUNTS = "API CursorResult.supports_sane_multi_rowcount"

NOTICED = {
    "noticed": "StaleDataError is raised.",
    "unnoticed": "Nothing is raised, and nothing is warned of.",
}


class School(DeclarativeBase):
    """The registry of this file's tables."""


class Pupil(School):
    """Somebody who attends courses."""

    __tablename__ = "pupil"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)

    courses: Mapped[list["Course"]] = relationship(secondary="attendance")


class Course(School):
    """What pupils attend."""

    __tablename__ = "course"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)


class Attendance(School):
    """The association of pupils and courses."""

    __tablename__ = "attendance"

    pupil_id: Mapped[int] = mapped_column(ForeignKey("pupil.id"), primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"), primary_key=True)


def accounts() -> list[Account]:
    """Build three accounts."""
    return [Account(id=key, owner=f"Owner {key}", balance=key) for key in (1, 2, 3)]


@question(
    "flush.keys-follow-add-order",
    "Do the keys of objects of one class ascend in the order in which they were added?",
    answers={
        "ascending": "Each object has a higher key than the one that was added before it.",
        "otherwise": "Some have a lower key than the one that was added before them.",
    },
    docs="core/connections.html#engine-insertmanyvalues-returning-order",
)
def test_keys_follow_add_order(db: Database) -> None:
    accounts = [Account(owner=f"Owner {number}") for number in reversed(range(60))]

    with db.session() as session:
        session.add_all(accounts)
        session.flush()
        keys = [account.id for account in accounts]

    db.answer("ascending" if keys == sorted(keys) else "otherwise")


@question(
    "flush.stale-in-batch",
    "One row of several that a flush updates has been deleted by somebody else: is it noticed?",
    answers=NOTICED,
    docs=COUNTS,
)
def test_stale_in_batch(db: Database) -> None:
    db.given(*accounts())

    with db.session(expire_on_commit=False) as session:
        kept = session.scalars(select(Account).order_by(Account.id)).all()
        session.commit()
        with db.elsewhere() as other:
            other.execute(delete(Account).where(Account.id == 2))

        for account in kept:
            account.balance += 100
        try:
            session.flush()
            noticed = False
        except StaleDataError:
            noticed = True

    db.answer("noticed" if noticed else "unnoticed")


@question(
    "flush.delete-missing-in-batch",
    "One row of several that a flush deletes is gone already: is it warned of?",
    answers={
        "warned": "SQLAlchemy warns that it expected to delete more rows.",
        "unnoticed": "Nothing is said.",
    },
    docs="API Mapper.confirm_deleted_rows",
)
def test_delete_missing_in_batch(db: Database) -> None:
    db.given(*accounts())

    with db.session(expire_on_commit=False) as session:
        kept = session.scalars(select(Account).order_by(Account.id)).all()
        session.commit()
        with db.elsewhere() as other:
            other.execute(delete(Account).where(Account.id == 2))

        for account in kept:
            session.delete(account)
        with warnings.catch_warnings(record=True) as given:
            warnings.simplefilter("always", SAWarning)
            session.flush()

    warned = [str(warning.message) for warning in given if warning.category is SAWarning]
    db.tell(warnings=warned)
    db.answer("warned" if warned else "unnoticed")


@question(
    "flush.sql-expression-key",
    "What comes of an object whose primary key is set to an expression of SQL?",
    answers={
        "found": "The flush stores it, and it has the key of its row.",
        "another-key": "The flush stores it, and it has the key of another row.",
        "no-key": "FlushError is raised: its key is not to be had.",
        "refused": "The database refuses the INSERT.",
    },
    docs="orm/persistence_techniques.html#embedding-sql-insert-update-expressions-into-a-flush",
)
def test_sql_expression_key(db: Database) -> None:
    db.given(Entry(id=41, amount=1))
    next_to_it = select(func.max(Entry.id) + 1).scalar_subquery()
    account = Account(id=next_to_it, owner="Ann")

    with db.session() as session:
        session.add(account)
        try:
            session.flush()
            answer = "found" if account.id == 42 else "another-key"
        except FlushError:
            answer = "no-key"
        except DBAPIError as refused:
            db.tell(**facts_of(refused))
            answer = "refused"

    db.answer(answer)


@question(
    "flush.association-stale-delete",
    "A row that a flush is to delete from an association is gone already: is it noticed?",
    answers=NOTICED,
    docs=COUNTS,
)
@pytest.mark.parametrize("courses", [1, 3], ids=["alone", "among-others"])
def test_association_stale_delete(db: Database, courses: int) -> None:
    db.create(Pupil, Course, Attendance)
    db.given(Pupil(id=1, courses=[Course(id=key) for key in range(courses)]))

    with db.session(expire_on_commit=False) as session:
        pupil = session.get_one(Pupil, 1)
        assert len(pupil.courses) == courses
        session.commit()
        with db.elsewhere() as other:
            other.execute(delete(Attendance).where(Attendance.course_id == 0))

        pupil.courses.clear()
        try:
            session.flush()
            noticed = False
        except StaleDataError:
            noticed = True

    db.answer("noticed" if noticed else "unnoticed")
