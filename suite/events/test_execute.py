"""Listeners that see each query of a Session before it is sent: do_orm_execute."""

from typing import Any

from sqlalchemy import Select, event, insert, select, text, update
from sqlalchemy.orm import ORMExecuteState
from sqlalchemy.orm.loading import merge_frozen_result

from session_conformance import Account, Database, Entry, promise

FLAGS = (
    "is_select", "is_insert", "is_update", "is_delete", "is_column_load", "is_relationship_load",
    "is_orm_statement",
)  # fmt: skip


@promise(
    "events.orm-execute-flags",
    "do_orm_execute tells what each query, bulk statement and load is, and nothing of a flush.",
    docs="API ORMExecuteState",
)
def test_orm_execute_flags(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"), Entry(id=1, account_id=1, amount=25))
    seen: list[set[str]] = []

    def note(state: ORMExecuteState) -> None:
        seen.append({name for name in FLAGS if getattr(state, name)})

    with db.session() as session:
        event.listen(session, "do_orm_execute", note)
        account = session.scalars(select(Account)).one()
        assert len(account.entries) == 1
        session.expire(account)
        assert account.owner == "Ann"
        session.execute(update(Account).values(balance=5))
        session.execute(insert(Entry).values(id=2, amount=5))
        session.execute(text("SELECT 1 FROM account"))
        before_flush = len(seen)
        session.add(Account(id=2, owner="Bob"))
        session.flush()

        assert seen == [
            {"is_select", "is_orm_statement"},
            {"is_select", "is_orm_statement", "is_relationship_load"},
            {"is_select", "is_orm_statement", "is_column_load"},
            {"is_update", "is_orm_statement"},
            {"is_insert", "is_orm_statement"},
            set(),
        ]
        assert len(seen) == before_flush


@promise(
    "events.orm-execute-can-change",
    "A do_orm_execute listener can give a query other criteria and other execution options.",
    docs="orm/session_events.html#session-execute-events",
)
def test_orm_execute_can_change(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=1), Account(id=2, owner="Bob", balance=2))

    def only_bob_as_stored(state: ORMExecuteState) -> None:
        assert isinstance(state.statement, Select)
        state.statement = state.statement.where(Account.owner == "Bob")
        state.update_execution_options(populate_existing=True)

    with db.session(autoflush=False) as session:
        _, bob = session.scalars(select(Account).order_by(Account.id)).all()
        bob.balance = 20
        event.listen(session, "do_orm_execute", only_bob_as_stored)

        assert session.scalars(select(Account)).all() == [bob]
        assert bob.balance == 2


@promise(
    "events.orm-execute-can-answer",
    "A do_orm_execute listener that returns a frozen result answers the query without any SQL.",
    docs="orm/session_events.html#do-orm-execute-re-executing",
)
def test_orm_execute_can_answer(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=1), Account(id=2, owner="Bob", balance=2))
    query = select(Account).order_by(Account.id)
    with db.session() as session:
        frozen = session.execute(query).freeze()

    def answer(state: ORMExecuteState) -> Any:
        merge: Any = merge_frozen_result
        return merge(state.session, state.statement, frozen, load=False)()

    with db.session() as session:
        event.listen(session, "do_orm_execute", answer)
        with db.watch() as sql:
            ann, bob = session.scalars(query).all()

        assert (sql.steps, ann.owner, bob.owner) == ([], "Ann", "Bob")
        assert {ann, bob} == set(session)
