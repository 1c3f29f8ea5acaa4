"""Which objects a Session holds, and how strongly."""

import gc

from sqlalchemy import select
from sqlalchemy.orm.util import identity_key

from session_conformance import Account, Database, promise


@promise(
    "identity-map.weak-references",
    "An unchanged object that nobody refers to leaves; new, changed and deleted ones are kept.",
    docs="orm/session_state_management.html#session-referencing-behavior",
)
def test_weak_references(db: Database) -> None:
    db.given(*(Account(id=number, owner=f"Owner {number}") for number in range(1, 5)))

    with db.session() as session:
        kept, changed, doomed, idle = session.scalars(select(Account).order_by(Account.id))
        changed.balance = 250
        session.delete(doomed)
        session.add(Account(id=5, owner="Eve"))
        assert len(list(session)) == 5

        del changed, doomed, idle
        gc.collect()

        assert kept in session
        held = set(session.identity_map.keys())
        assert held == {identity_key(Account, number) for number in (1, 2, 3)}
        assert len(session.new) == 1


@promise(
    "identity-map.contains-and-iterate",
    "“in” and iteration find loaded and pending objects; identity_map holds the loaded ones only.",
    docs="orm/session_state_management.html#session-attributes",
)
def test_contains_and_iterate(db: Database) -> None:
    db.given(Account(id=1, owner="Ann"), Account(id=2, owner="Ben"))

    with db.session() as session:
        loaded = session.get_one(Account, 1)
        pending = Account(id=3, owner="Cem")
        session.add(pending)

        assert loaded in session
        assert pending in session
        assert Account(id=2, owner="Ben") not in session
        assert set(session) == {loaded, pending}
        assert list(session.identity_map.values()) == [loaded]
