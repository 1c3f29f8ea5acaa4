"""Versions that a column cannot keep, that the system counts, or that nobody can check."""

import warnings
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import FetchedValue, String, select, update
from sqlalchemy.exc import DBAPIError, SAWarning
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.orm.exc import StaleDataError

from session_conformance import Database, facts_of, question

START = datetime(2024, 2, 29, 12, 0, 0, 123_456)  # noqa: DTZ001
STEP = timedelta(microseconds=1001)

# Where rows are not counted, a case below says what comes of it.
uncounted = pytest.mark.filterwarnings("ignore:Dialect .* versioning cannot be verified")


class Chancery(DeclarativeBase):
    """The registry of this file's tables."""


class Act(Chancery):
    """A row whose version is a time."""

    __tablename__ = "act"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    title: Mapped[str] = mapped_column(String(20))
    version: Mapped[datetime] = mapped_column()

    __mapper_args__ = {  # noqa: RUF012
        "version_id_col": version,
        "version_id_generator": lambda last: START if last is None else last + STEP,
    }


class Charter(Chancery):
    """A row that counts its versions."""

    __tablename__ = "charter"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    title: Mapped[str] = mapped_column(String(20))
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


@question(
    "optimistic-locking.timestamp-version",
    "A version is a time with microseconds: can its object be changed twice in one transaction?",
    answers={
        "works": "It can: the column keeps the time as it was made.",
        "false-alarm": "StaleDataError is raised, and nobody else has touched the row.",
    },
    docs="orm/versioning.html#custom-version-counters-types",
)
@uncounted
def test_timestamp_version(db: Database) -> None:
    db.create(Act)

    with db.session() as session:
        act = Act(id=1, title="first")
        session.add(act)
        session.flush()
        kept = session.scalars(select(Act.version)).one()
        act.title = "second"
        try:
            session.flush()
            answer = "works"
        except StaleDataError:
            answer = "false-alarm"

    db.tell(made=START.isoformat(), kept=kept.isoformat())
    db.answer(answer)


def sealed(column: str) -> type[Any]:
    """Map a class to a table whose version is the system column of this name."""

    class Office(DeclarativeBase):
        """The registry of this table."""

    class Seal(Office):
        """A row whose version the system gives it."""

        __tablename__ = "seal"

        id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
        title: Mapped[str] = mapped_column(String(20))
        version: Mapped[str] = mapped_column(
            column, String, system=True, server_default=FetchedValue()
        )

        __mapper_args__ = {"version_id_col": version, "version_id_generator": False}  # noqa: RUF012

    return Seal


@question(
    "optimistic-locking.system-column-version",
    "Can a system column that is new with each change of a row, typed as String, be the version?",
    answers={
        "works": "It can: a copy that is out of date raises StaleDataError.",
        "refused": "The database refuses to compare it with a text.",
        "unchecked": "A copy that is out of date overwrites the newer row.",
    },
    docs="orm/versioning.html#server-side-version-counters",
)
@uncounted
def test_system_column_version(db: Database) -> None:
    mapped = sealed(db.row_version)
    db.create(mapped)

    with db.session(expire_on_commit=False) as session:
        seal = mapped(id=1, title="first")
        session.add(seal)
        session.commit()
        try:
            seal.title = "second"
            session.commit()
            with db.elsewhere() as other:
                other.execute(update(mapped.__table__).values(title="newer"))
            seal.title = "third"
            session.commit()
            answer = "unchecked"
        except StaleDataError:
            answer = "works"
        except DBAPIError as refused:
            db.tell(**facts_of(refused))
            answer = "refused"

    db.answer(answer)


@question(
    "optimistic-locking.untrusted-rowcount",
    "A copy with an old version is written: is that noticed by the number of rows?",
    answers={
        "noticed": "StaleDataError is raised, and the newer row stays.",
        "warned": "A warning says that versions cannot be verified; the newer row is overwritten.",
        "unnoticed": "The newer row is overwritten without a word.",
    },
    docs="API CursorResult.supports_sane_rowcount",
)
def test_untrusted_rowcount(db: Database) -> None:
    db.create(Charter)
    db.given(Charter(id=1, title="first"))
    noticed = False

    with db.session(expire_on_commit=False) as session:
        charter = session.get_one(Charter, 1)
        session.commit()
        with db.elsewhere() as other:
            other.execute(update(Charter).values(title="newer", version=2))
        charter.title = "mine"
        with warnings.catch_warnings(record=True) as given:
            warnings.simplefilter("always", SAWarning)
            try:
                session.commit()
            except StaleDataError:
                session.rollback()
                noticed = True
        db.tell(dialect_counts=session.connection().dialect.supports_sane_rowcount)

    db.tell(warnings=[str(warning.message) for warning in given])
    if noticed:
        db.answer("noticed")
    else:
        db.answer("warned" if given else "unnoticed")
