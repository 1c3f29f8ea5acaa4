"""What a factory hands on to its Sessions, and what each of them keeps for itself."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from session_conformance import Account, Database, promise

KEYS = (1, 2, 3)


@promise(
    "session-factories.configure-affects-later",
    "configure() changes the Sessions made afterwards and none that was made before.",
    docs="API sessionmaker.configure",
)
def test_configure_affects_later(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=100))
    factory = sessionmaker(db.engine)
    before = factory()
    factory.configure(expire_on_commit=False)

    with before, factory() as after:
        expiring = before.get_one(Account, 1)
        before.commit()
        keeping = after.get_one(Account, 1)
        after.commit()

        assert db.loaded(expiring) == set()
        assert db.loaded(keeping) == {"id", "owner", "balance"}


@promise(
    "session-factories.call-overrides",
    "A setting given in the call beats the factory's, for that Session only.",
    docs="API sessionmaker",
)
def test_call_overrides(db: Database) -> None:
    factory = sessionmaker(db.engine, autoflush=False)

    with factory(autoflush=True) as flushing:
        flushing.add(Account(id=1, owner="Ann", balance=100))
        assert flushing.scalars(select(Account.owner)).all() == ["Ann"]

    with factory() as waiting:
        waiting.add(Account(id=1, owner="Ann", balance=100))
        assert waiting.scalars(select(Account.owner)).all() == []


@promise(
    "session-factories.late-engine",
    "A factory made without an engine works once configure() has named one.",
    docs="orm/session_basics.html#session-faq-whentocreate",
)
def test_late_engine(db: Database) -> None:
    factory = sessionmaker()
    factory.configure(bind=db.engine)

    with factory.begin() as session:
        session.add(Account(id=1, owner="Ann", balance=100))

    assert [account.owner for account in db.stored(Account)] == ["Ann"]


@promise(
    "session-factories.connection-override",
    "A Session called with bind=connection works on that connection, inside its transaction.",
    docs="API sessionmaker",
)
def test_connection_override(db: Database) -> None:
    factory = sessionmaker(db.engine)

    with db.engine.connect() as connection, connection.begin() as transaction:
        with factory(bind=connection) as session:
            session.add(Account(id=1, owner="Ann", balance=100))
            session.flush()

            assert session.connection() is connection
            assert db.checked_out == 1
        transaction.rollback()

    assert db.stored(Account) == []


@promise(
    "session-factories.shared-by-threads",
    "Threads that share one factory each have a Session, a connection and a transaction.",
    docs="orm/session_basics.html#using-a-sessionmaker",
    needs=("threads",),
)
def test_shared_by_threads(db: Database) -> None:
    db.given(*(Account(id=key, owner=f"owner {key}", balance=key) for key in KEYS))
    factory = sessionmaker(db.new_engine(pool_size=len(KEYS), max_overflow=0))
    together = Barrier(len(KEYS), timeout=10)

    def read(key: int) -> tuple[int, Session, object, int]:
        with factory() as session:
            connection = session.connection().connection.dbapi_connection
            balance = session.get_one(Account, key).balance
            together.wait()
            return key, session, connection, balance

    with ThreadPoolExecutor(len(KEYS)) as pool:
        found = list(pool.map(read, KEYS))

    assert all(key == balance for key, _, _, balance in found)
    assert len({id(session) for _, session, _, _ in found}) == len(KEYS)
    assert len({id(connection) for _, _, connection, _ in found}) == len(KEYS)
    assert db.checked_out == 0
