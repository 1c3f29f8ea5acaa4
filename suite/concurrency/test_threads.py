"""Threads, each with a Session of its own, on one engine."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

from sqlalchemy import Engine, event, select, update
from sqlalchemy.exc import DBAPIError, IllegalStateChangeError, IntegrityError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.orm.exc import StaleDataError

from session_conformance import Account, Database, promise

THREADS = "orm/session_basics.html#session-faq-threadsafe"
EIGHT = range(1, 9)


class Shelf(DeclarativeBase):
    """The registry of this file's tables."""


class Versioned(Shelf):
    """A row that counts its changes."""

    __tablename__ = "versioned"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    amount: Mapped[int]
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class Ticket(Shelf):
    """A row whose key the database gives."""

    __tablename__ = "ticket"

    id: Mapped[int] = mapped_column(primary_key=True)
    holder: Mapped[int]


@promise(
    "concurrency.threads-read-own-answers",
    "Eight threads with Sessions of their own read and write their own rows, never another's.",
    docs=THREADS,
    needs=("threads", "row_locks"),
)
def test_threads_read_own_answers(db: Database) -> None:
    db.given(*(Account(id=key, owner=f"owner {key}", balance=0) for key in EIGHT))
    engine = db.new_engine(pool_size=3, max_overflow=0)

    def work(key: int) -> list[tuple[str, int]]:
        seen = []
        for step in range(1, 4):
            with Session(engine) as session:
                account = session.scalars(select(Account).where(Account.id == key)).one()
                account.balance += key
                session.commit()
                seen.append((account.owner, account.balance - key * step))
        return seen

    with ThreadPoolExecutor(8) as threads:
        seen_by_all = list(threads.map(work, EIGHT))

    assert seen_by_all == [[(f"owner {key}", 0)] * 3 for key in EIGHT]
    assert [account.balance for account in db.stored(Account)] == [3 * key for key in EIGHT]


@promise(
    "concurrency.atomic-increment",
    "An UPDATE that adds in the database loses no step, whoever else adds at the same time.",
    docs="orm/persistence_techniques.html#embedding-sql-insert-update-expressions-into-a-flush",
    needs=("threads", "select_for_update"),
)
def test_atomic_increment(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=0))
    engine = db.new_engine(pool_size=3, max_overflow=0)

    def add(_: int) -> None:
        with Session(engine) as session:
            session.execute(update(Account).values(balance=Account.balance + 1))
            session.commit()

    with ThreadPoolExecutor(3) as threads:
        list(threads.map(add, range(12)))

    with Session(engine) as session:
        assert session.scalar(select(Account.balance)) == 12
    assert [account.balance for account in db.stored(Account)] == [12]


@promise(
    "concurrency.locked-read-modify-write",
    "Who reads with a lock, adds and commits loses no step, whoever else does at the same time.",
    docs="API Select.with_for_update",
    needs=("threads", "select_for_update"),
)
def test_locked_read_modify_write(db: Database) -> None:
    db.given(Account(id=1, owner="Ann", balance=0))
    engine = db.new_engine(pool_size=3, max_overflow=0)

    def add(_: int) -> None:
        with Session(engine) as session:
            session.get_one(Account, 1, with_for_update=True).balance += 1
            session.commit()

    with ThreadPoolExecutor(3) as threads:
        list(threads.map(add, range(12)))

    with Session(engine) as session:
        assert session.scalar(select(Account.balance)) == 12
    assert [account.balance for account in db.stored(Account)] == [12]


def add_versioned(engine: Engine, both_have_read: Barrier) -> int:
    """Add one to what was read, again and again until nobody else has; return how often."""
    with Session(engine) as session:
        for tried in range(1, 5):
            try:
                row = session.get_one(Versioned, 1)
                amount = row.amount
                if tried == 1:
                    both_have_read.wait()
                row.amount = amount + 1
                session.commit()
            except (StaleDataError, DBAPIError):
                session.rollback()
            else:
                return tried
    return 0


@promise(
    "concurrency.versioned-retry-loop",
    "Of two that change one version, one is told so; reading again and repeating loses no step.",
    docs="orm/versioning.html#configuring-a-version-counter",
    needs=("threads", "select_for_update"),
)
def test_versioned_retry_loop(db: Database) -> None:
    db.create(Versioned)
    db.given(Versioned(id=1, amount=0))
    engine = db.new_engine()
    both_have_read = Barrier(2, timeout=5)

    with ThreadPoolExecutor(2) as threads:
        ann = threads.submit(add_versioned, engine, both_have_read)
        bob = threads.submit(add_versioned, engine, both_have_read)

    assert sorted([ann.result(), bob.result()]) == [1, 2]
    assert [(row.amount, row.version) for row in db.stored(Versioned)] == [(2, 3)]


def insert(engine: Engine, all_are_ready: Barrier, key: int) -> bool:
    """Add an account of Ann's; tell whether there was none."""
    with Session(engine) as session:
        session.add(Account(id=key, owner="Ann"))
        session.connection()
        all_are_ready.wait()
        try:
            session.commit()
        except IntegrityError:
            return False
        except OperationalError:
            # InnoDB: those that wait for the winner's key share a lock on it, and may form a ring.
            return False
        return True


@promise(
    "concurrency.unique-race",
    "Of four that insert one unique value at once, one commits and the others are refused.",
    docs="errors.html#integrityerror",
    needs=("threads", "select_for_update"),
)
def test_unique_race(db: Database) -> None:
    engine = db.new_engine()
    all_are_ready = Barrier(4, timeout=5)

    with ThreadPoolExecutor(4) as threads:
        ended = [threads.submit(insert, engine, all_are_ready, key) for key in range(1, 5)]
    stored = [account.id for account in db.stored(Account)]

    assert sorted(one.result() for one in ended) == [False, False, False, True]
    assert stored == [1 + [one.result() for one in ended].index(True)]


@promise(
    "concurrency.generated-keys-unique",
    "Keys that many Sessions are given at once are all different, each that of its own row.",
    docs="orm/persistence_techniques.html#fetching-server-generated-defaults",
    needs=("threads", "row_locks"),
)
def test_generated_keys_are_unique(db: Database) -> None:
    db.create(Ticket)
    engine = db.new_engine(pool_size=3, max_overflow=0)

    def take(holder: int) -> list[tuple[int, int]]:
        with Session(engine) as session:
            tickets = [Ticket(holder=holder * 100 + number) for number in range(5)]
            session.add_all(tickets)
            session.commit()
            return [(ticket.id, ticket.holder) for ticket in tickets]

    with ThreadPoolExecutor(3) as threads:
        taken = [pair for pairs in threads.map(take, EIGHT) for pair in pairs]

    assert len({key for key, _ in taken}) == 40
    assert sorted(taken) == [(ticket.id, ticket.holder) for ticket in db.stored(Ticket)]


@promise(
    "concurrency.session-guard",
    "A commit() by another thread while one is going on raises IllegalStateChangeError.",
    docs="errors.html#error-isce",
    needs=("threads",),
)
def test_session_guard(db: Database) -> None:
    committing, tried = Event(), Event()

    with db.session() as session, ThreadPoolExecutor(1) as threads:
        session.add(Account(id=1, owner="Ann"))

        def in_between(_session: Session) -> None:
            committing.set()
            tried.wait(5)

        def use() -> None:
            committing.wait(5)
            try:
                session.commit()
            finally:
                tried.set()

        event.listen(session, "before_commit", in_between)
        used = threads.submit(use)
        session.commit()

        assert isinstance(used.exception(), IllegalStateChangeError)

    assert [account.owner for account in db.stored(Account)] == ["Ann"]
