"""Rows that were not read before the commit."""

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from session_conformance import Account, Base, Database, facts_of, question

ACCOUNT = Base.metadata.tables["account"]


@question(
    "commit.half-read-result",
    "Ten of sixty rows are read, then commit(): what do the others become?",
    answers={
        "rows": "They can be read as before.",
        "fewer": "Some of them, or all, are missing, and nothing is raised.",
        "error": "To read them raises an error.",
    },
    docs="API Result",
)
def test_half_read_result(db: Database) -> None:
    db.given(*(Account(id=key, owner=f"owner {key}", balance=0) for key in range(1, 61)))
    error = None
    rest: list[int] = []

    with db.session() as session:
        result = session.scalars(select(ACCOUNT.c.id).order_by(ACCOUNT.c.id))
        first = result.fetchmany(10)
        session.commit()
        try:
            rest = list(result.all())
        except SQLAlchemyError as caught:
            error = caught
        result.close()

    db.tell(before=len(first), after=len(rest), **facts_of(error))
    if error is not None:
        db.answer("error")
    else:
        db.answer("rows" if rest == list(range(11, 61)) else "fewer")
