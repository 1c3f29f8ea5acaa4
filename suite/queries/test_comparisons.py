"""How the database compares and sorts, and what it takes a parameter for."""

from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from session_conformance import Account, Database, Entry, facts_of, question, raised

OPERATORS = "core/operators.html#comparison-operators"
TEXTUAL = "API text"


@question(
    "queries.text-case-comparison",
    "Does == find text that differs from what is asked for in case or accents alone?",
    answers={
        "found": "It finds the row.",
        "not-found": "It does not.",
    },
    docs=OPERATORS,
)
@pytest.mark.parametrize("asked", ["zoë", "Zoe"], ids=["other-case", "no-accent"])
def test_text_case_comparison(db: Database, asked: str) -> None:
    db.given(Account(id=1, owner="Zoë"), Account(id=2, owner="Bob"))

    with db.session() as session:
        found = session.scalars(select(Account.id).where(Account.owner == asked)).all()

    db.answer({(1,): "found", (): "not-found"}[tuple(found)])


@question(
    "queries.text-trailing-space-comparison",
    "Does == find text that differs from what is asked for in spaces at its end alone?",
    answers={
        "found": "It finds the row.",
        "not-found": "It does not.",
    },
    docs=OPERATORS,
)
def test_text_trailing_space_comparison(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"), Account(id=2, owner="Bob"))

    with db.session() as session:
        found = session.scalars(select(Account.id).where(Account.owner == "Ann  ")).all()

    db.answer({(1,): "found", (): "not-found"}[tuple(found)])


@question(
    "queries.null-ordering",
    "Where is NULL in ascending order?",
    answers={
        "first": "Before all values.",
        "last": "After all values.",
    },
    docs="API ColumnElement.asc",
)
def test_null_ordering(db: Database) -> None:
    db.given(
        Entry(id=1, amount=1, note="a"),
        Entry(id=2, amount=1, note=None),
        Entry(id=3, amount=1, note="b"),
    )

    with db.session() as session:
        keys = session.scalars(select(Entry.id).order_by(Entry.note.asc())).all()

    assert keys in ([2, 1, 3], [1, 3, 2])
    db.answer("first" if keys[0] == 2 else "last")


@question(
    "queries.untyped-null-parameter",
    "May a textual statement say “:p IS NULL OR balance = :p” with None for p?",
    answers={
        "accepted": "Yes, and it gives all rows.",
        "refused": "No, an error is raised.",
    },
    docs=TEXTUAL,
)
def test_untyped_null_parameter(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=5), Account(id=2, owner="Bob", balance=7))
    optional = text("SELECT id FROM account WHERE :p IS NULL OR balance = :p ORDER BY id")

    with db.session() as session:
        try:
            found = session.scalars(optional, {"p": None}).all()
        except Exception as error:
            db.tell(error=raised(error), **facts_of(error))
            db.answer("refused")
        else:
            assert found == [1, 2]
            db.answer("accepted")


@question(
    "queries.bare-parameter-type",
    "What does a textual statement give that selects a parameter and nothing else?",
    answers={
        "same": "The value, of the type that it was given.",
        "as-text": "The value as str.",
        "refused": "An error is raised.",
    },
    docs=TEXTUAL,
)
@pytest.mark.parametrize("value", [7, "seven"], ids=["int", "str"])
def test_bare_parameter_type(db: Database, value: Any) -> None:
    """From a table of one row, as not every database selects from none."""
    db.given(Account(id=1, owner="Ann"))

    with db.session() as session:
        try:
            read = session.scalars(text("SELECT :p FROM account"), {"p": value}).one()
        except Exception as error:
            db.tell(error=raised(error), **facts_of(error))
            db.answer("refused")
        else:
            as_text = "as-text" if read == str(value) else "other"
            db.answer("same" if (type(read), read) == (type(value), value) else as_text)


@question(
    "queries.multi-statement-text",
    "What happens to a text() that holds two statements?",
    answers={
        "refused": "An error is raised, and the connection is in order after a rollback.",
        "carried-out": "Both are carried out, and the connection is in order.",
        "first-only": "The first one is carried out, without an error.",
        "connection-broken": "No error is raised, and the connection fails when it is used next.",
    },
    docs=TEXTUAL,
)
@pytest.mark.parametrize(
    ("second", "afterwards"),
    [("UPDATE account SET balance = 2 WHERE id = 2", [1, 2]), ("SELECT id FROM account", [1, 0])],
    ids=["update", "select"],
)
def test_multi_statement_text(db: Database, second: str, afterwards: list[int]) -> None:
    """On an engine of its own, as the connection may be broken."""
    db.given(Account(id=1, owner="Ann", balance=0), Account(id=2, owner="Bob", balance=0))
    both = text(f"UPDATE account SET balance = 1 WHERE id = 1; {second}")
    balances = select(Account.balance).order_by(Account.id)

    with Session(db.new_engine(pool_size=1, max_overflow=0)) as session:
        try:
            session.execute(both)
        except Exception as error:
            db.tell(error=raised(error), **facts_of(error))
            session.rollback()
            assert session.scalars(balances).all() == [0, 0]
            db.answer("refused")
        else:
            try:
                session.commit()
                found = session.scalars(balances).all()
            except Exception as error:
                db.tell(error=raised(error), **facts_of(error))
                db.answer("connection-broken")
            else:
                assert found in (afterwards, [1, 0])
                db.answer("carried-out" if found == afterwards else "first-only")
