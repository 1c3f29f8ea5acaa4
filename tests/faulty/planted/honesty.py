"""Cases that must not pass, each for a reason of its own, and some that must."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from session_conformance import Account, Database, promise, question

DOCS = "none"
KEPT: list[Session] = []


def leave() -> bool:
    return True


@promise("honesty.honest", "A case that does all it says passes.", docs=DOCS)
def test_honest(db: Database) -> None:
    with db.session() as session:
        assert session.scalar(text("SELECT 1")) == 1


@promise("honesty.early-return", "A case that returns early is no success.", docs=DOCS)
def test_early_return(db: Database) -> None:
    with db.session() as session:
        found = session.scalar(text("SELECT 1"))
    assert found == 1
    if leave():
        return
    assert found == 2


@promise("honesty.unreached", "A case with an unreached assertion is no success.", docs=DOCS)
def test_unreached(db: Database) -> None:
    with db.session() as session:
        found = session.scalars(text("SELECT 1 WHERE 1 = 0")).all()
    for row in found:
        assert row == 2
    assert found == []


@promise("honesty.swallowed", "A case that swallows its assertion is no success.", docs=DOCS)
def test_swallowed(db: Database) -> None:
    with db.session() as session:
        found = session.scalar(text("SELECT 1"))
    try:
        assert found == 2
    except AssertionError:
        found = 1
    assert found == 1


@promise("honesty.asserts-nothing", "A case that asserts nothing is no success.", docs=DOCS)
def test_asserts_nothing(db: Database) -> None:
    with db.session() as session:
        session.scalar(text("SELECT 1"))


@promise("honesty.other-engine", "A case that talks to another engine is no success.", docs=DOCS)
def test_other_engine(db: Database) -> None:
    engine = create_engine("sqlite://")
    with Session(engine) as session:
        found = session.scalar(text("SELECT 1"))
    engine.dispose()
    assert found == 1
    assert db.checked_out == 0


@promise("honesty.only-observes", "A case that only looks from outside is no success.", docs=DOCS)
def test_only_observes(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=1))
    assert db.stored(Account, 1) is not None


@promise("honesty.leaves-connection", "A case that keeps its connection is told so.", docs=DOCS)
def test_leaves_connection(db: Database) -> None:
    session = db.session()
    KEPT.append(session)
    assert session.scalar(text("SELECT 1")) == 1


@promise("honesty.skips", "A case that skips itself is no success.", docs=DOCS)
def test_skips(db: Database) -> None:
    with db.session() as session:
        session.add(Account(id=1, owner="Ann", balance=1))
        session.commit()
        pytest.skip("it is no day for it")
    assert True


@promise("honesty.xfails", "A case that expects to fail is no success.", docs=DOCS)
def test_xfails(db: Database) -> None:
    with db.session() as session:
        session.scalar(text("SELECT 1"))
        pytest.xfail("it is no day for it")
    assert True


@pytest.mark.skip(reason="it is no day for it")
@promise("honesty.marked-skip", "A case that is marked as skipped is no success.", docs=DOCS)
def test_marked_skip(db: Database) -> None:
    with db.session() as session:
        assert session.scalar(text("SELECT 1")) == 1


@promise("honesty.interrupts", "A case that lets an interrupt escape is no success.", docs=DOCS)
def test_interrupts(db: Database) -> None:
    with db.session() as session:
        session.scalar(text("SELECT 1"))
        raise KeyboardInterrupt
    assert True


@promise("honesty.exits", "A case that ends its program is no success.", docs=DOCS)
def test_exits(db: Database) -> None:
    with db.session() as session:
        session.scalar(text("SELECT 1"))
        raise SystemExit(0)
    assert True


@promise("honesty.broken", "A case whose assertion does not hold is broken.", docs=DOCS)
def test_broken(db: Database) -> None:
    with db.session() as session:
        assert session.scalar(text("SELECT 1")) == 2


@promise("honesty.hindered", "A case that cannot be carried out is hindered.", docs=DOCS)
def test_hindered(db: Database) -> None:
    with db.session() as session:
        session.execute(text("SELECT 1 FROM nowhere"))
    assert True


@promise("honesty.wrong-exception", "A case that gets another exception is broken.", docs=DOCS)
def test_wrong_exception(db: Database) -> None:
    with db.session() as session, pytest.raises(KeyError):
        session.execute(text("SELECT 1 FROM nowhere"))
    assert db.checked_out == 0


@promise("honesty.no-exception", "A case that gets no exception is broken.", docs=DOCS)
def test_no_exception(db: Database) -> None:
    with db.session() as session, pytest.raises(KeyError):
        session.execute(text("SELECT 1"))
    assert db.checked_out == 0


ANSWERS = {"left": "It goes left.", "right": "It goes right."}


@question("honesty.answers", "Which way?", answers=ANSWERS, docs=DOCS)
def test_answers(db: Database) -> None:
    with db.session() as session:
        session.scalar(text("SELECT 1"))
    db.answer("left")


@question("honesty.answers-twice", "Which way, and which?", answers=ANSWERS, docs=DOCS)
def test_answers_twice(db: Database) -> None:
    with db.session() as session:
        session.scalar(text("SELECT 1"))
    db.answer("left")
    db.answer("right")


@question("honesty.answers-otherwise", "Which third way?", answers=ANSWERS, docs=DOCS)
def test_answers_otherwise(db: Database) -> None:
    with db.session() as session:
        session.scalar(text("SELECT 1"))
    db.answer("up")


@question("honesty.answers-nothing", "Which way at all?", answers=ANSWERS, docs=DOCS)
def test_answers_nothing(db: Database) -> None:
    with db.session() as session:
        session.scalar(text("SELECT 1"))
    if not leave():
        db.answer("left")


@promise("honesty.still-honest", "A case after all these passes.", docs=DOCS)
def test_still_honest(db: Database) -> None:
    with db.session() as session:
        session.add(Account(id=1, owner="Ann", balance=1))
        session.commit()

    assert [account.id for account in db.stored(Account)] == [1]
