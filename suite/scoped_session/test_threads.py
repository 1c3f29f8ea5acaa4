"""A registry that several threads use."""

import gc
from concurrent.futures import ThreadPoolExecutor
from threading import Thread

from sqlalchemy import select
from sqlalchemy.orm import Session, scoped_session, sessionmaker

from session_conformance import Account, Database, promise

DOCS = "orm/contextual.html#thread-local-scope"


@promise(
    "scoped-session.other-in-other-thread",
    "Another thread gets a Session of its own, which sees nothing uncommitted of the first.",
    docs=DOCS,
    needs=("threads",),
)
def test_other_in_other_thread(db: Database) -> None:
    registry = scoped_session(sessionmaker(db.engine))
    registry.add(Account(id=1, owner="Ann"))
    registry.flush()

    def look() -> tuple[Session, list[str]]:
        found = list(registry.scalars(select(Account.owner)))
        session = registry()
        registry.remove()
        return session, found

    with ThreadPoolExecutor(1) as pool:
        other, found = pool.submit(look).result()

    assert other is not registry()
    assert found == []
    assert registry.scalars(select(Account.owner)).all() == ["Ann"]
    registry.remove()
    assert db.checked_out == 0


@promise(
    "scoped-session.thread-end-frees-connection",
    "A thread that ends without remove() leaves no connection behind, and its work is undone.",
    docs=DOCS,
    needs=("threads", "reclaims_forgotten"),
)
def test_thread_end_frees_connection(db: Database) -> None:
    registry = scoped_session(sessionmaker(db.engine))
    held = []

    def forget() -> None:
        registry.add(Account(id=1, owner="Ann"))
        registry.flush()
        held.append(db.checked_out)

    thread = Thread(target=forget)
    thread.start()
    thread.join()
    gc.collect()

    assert held == [1]
    assert db.checked_out == 0
    assert not registry.registry.has()
    assert db.stored(Account) == []
