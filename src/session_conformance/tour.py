"""The tour: each pattern of the ladder carried out on a real database, and what was seen of it."""

from __future__ import annotations

import secrets
import signal
import sqlite3
import sys
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import event, inspect
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import DetachedInstanceError

from .backend import choose
from .database import Database
from .engines import observer_url
from .exits import UsageError
from .gather import gather, resolve
from .models import Account
from .progress import Progress
from .reach import UnreachableError
from .redact import Secrets
from .storage import Storage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .backend import Backend
    from .patterns import Pattern, Work
    from .trace import Event

DEFAULT = "sqlite-pysqlite"
# From this release on SQLite's memory databases can be shared by connections under a name.
SHARED_MEMORY = (3, 36)

Balances = dict[str, int]
BEFORE: Balances = {"Ann": 100}
AFTER: Balances = {"Ann": 70, "Bob": 30}


class PaymentError(Exception):
    """What goes wrong in the tour's second run of each pattern."""


def pay(session: Session) -> None:
    """Ann, who has an account, pays 30 to Bob, who has none yet."""
    ann = session.get_one(Account, 1)
    bob = Account(id=2, owner="Bob", balance=30)
    ann.balance -= bob.balance
    session.add(bob)


def pay_and_fail(session: Session) -> None:
    """The same, but once the rows are written something goes wrong."""
    pay(session)
    session.flush()
    raise PaymentError("Bob's bank is closed.")


@dataclass(frozen=True, slots=True)
class Remembered:
    """One object after the pattern: its state, and which of its columns are expired or loaded.

    `reading` is what came of reading its balance: a number, or an exception's name.
    """

    name: str
    state: str
    expired: tuple[str, ...]
    loaded: tuple[str, ...]
    reading: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one run of a pattern did and left behind.

    `raised` is the exception that left the work, `caught` the one that left the pattern; `stored`
    are the balances by owner that an independent connection sees; `left` says, a phrase each, what
    was not given back.
    """

    events: list[Event]
    objects: list[Remembered]
    stored: Balances
    raised: BaseException | None
    caught: BaseException | None
    left: list[str]


@dataclass(frozen=True, slots=True)
class Rung:
    """One pattern, run once to success and once into an exception."""

    pattern: Pattern
    success: Look
    failure: Look

    @property
    def surprises(self) -> list[str]:
        """What did not happen as it should on any database, one sentence each."""
        found = [
            *_unless(self.success.caught is None, "It raised an exception of its own."),
            *_unless(self.success.stored == AFTER, "The work was not stored."),
            *_unless(
                self.failure.raised is self.failure.caught is not None,
                "The exception that came out is not the one that was raised.",
            ),
            *_unless(self.failure.stored == BEFORE, "The failed work was stored."),
        ]
        for look in (self.success, self.failure):
            found.extend(f"It left behind: {phrase}." for phrase in look.left)
        return found


def _unless(good: bool, sentence: str) -> list[str]:
    return [] if good else [sentence]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """The database the tour visits: in words, and ready for use."""

    title: str
    where: str
    witness: str
    database: Database = field(repr=False)


def climb(database: Database, pattern: Pattern) -> Rung:
    """Run `pattern` to success and into an exception, each time beginning with Ann's account."""
    return Rung(pattern, _look(database, pattern, pay), _look(database, pattern, pay_and_fail))


def _look(database: Database, pattern: Pattern, work: Work) -> Look:
    recorder = database.recorder
    engine = database.engine
    raised: list[BaseException] = []
    caught: BaseException | None = None

    def noted(session: Session) -> None:
        try:
            work(session)
        except BaseException as error:
            raised.append(error)
            recorder.add("note", f"the work raises {type(error).__name__}")
            raise
        recorder.add("note", "the work is done")

    database.begin_cell()
    database.given(Account(id=1, owner="Ann", balance=BEFORE["Ann"]))
    stored: Balances = {}
    left: list[str] = []
    try:
        with _held() as objects, recorder.watch() as watch:
            try:
                pattern(engine, noted)
            except Exception as error:
                caught = error
        remembered = [_remembered(database, instance) for instance in objects]
        try:
            stored = {account.owner: account.balance for account in database.stored(Account)}
        except DBAPIError:
            left.append("a lock that keeps other connections from reading")
    finally:
        left += database.end_cell()
    return Look(
        events=watch.events,
        objects=remembered,
        stored=stored,
        raised=raised[0] if raised else None,
        caught=caught,
        left=left,
    )


@contextmanager
def _held() -> Iterator[list[Account]]:
    """Hold every object that a Session meets inside; a Session by itself holds them only weakly."""
    objects: list[Account] = []

    def hold(_session: Session, instance: Account) -> None:
        objects.append(instance)

    names = ("loaded_as_persistent", "transient_to_pending")
    for name in names:
        event.listen(Session, name, hold)
    try:
        yield objects
    finally:
        for name in names:
            event.remove(Session, name, hold)


def _remembered(database: Database, instance: Account) -> Remembered:
    state = inspect(instance)
    names = [attribute.key for attribute in state.mapper.column_attrs]
    loaded = database.loaded(instance)
    # The key is asked of the identity, because reading an expired attribute would select it again.
    owner = {1: "Ann", 2: "Bob"}[state.identity[0] if state.identity else instance.__dict__["id"]]
    expired = tuple(name for name in names if name in state.expired_attributes)
    try:
        reading = str(instance.balance)
    except DetachedInstanceError as error:
        reading = type(error).__name__
    states = ("transient", "pending", "persistent", "deleted", "detached")
    return Remembered(
        name=f"{owner}'s account",
        state=next(name for name in states if getattr(state, name)),
        expired=expired,
        loaded=tuple(name for name in names if name in loaded),
        reading=reading,
    )


class _Memory(Storage):
    """A SQLite database in memory that several connections of this process share; no file."""

    def __init__(self, backend: Backend) -> None:
        name = f"file:/session_conformance_{secrets.token_hex(4)}"
        self.url = make_url(f"{backend.drivername}:///{name}?vfs=memdb&uri=true")
        self.borrowed = False

    def create(self) -> None:
        """Make nothing: the database begins with its first connection."""

    def drop(self) -> None:
        """Remove nothing: the database ended with its last connection."""


def choose_one(name: str | None, url: str | None) -> Backend:
    """Return the backend that the tour visits.

    Args:
        name: a backend or a database; of a database's backends the core one is taken.
        url: where it is; without a name it says which database is meant.

    Raises:
        UsageError: name or URL mean several databases or none.
        BackendError: no backend has this name.

    """
    if name is None and url is not None:
        drivername = url.partition(":")[0]
        matching = [
            backend
            for backend in choose([])
            if drivername in (backend.drivername, backend.drivername.partition("+")[0])
        ]
        if not matching:
            raise UsageError("No backend uses this URL's driver: name one with --backend.")
    else:
        matching = choose([name or DEFAULT])
    if len({backend.family.id for backend in matching}) > 1:
        raise UsageError("The tour visits one database: name one backend.")
    return next((backend for backend in matching if backend.core), matching[0])


@contextmanager
def visit(backend: Backend, url: str | None, servers: str) -> Iterator[Stop]:
    """Reach the backend and lend a database made for this tour; it is gone afterwards.

    Args:
        backend: where to.
        url: where it is, None to take it from the environment or to find or start a server.
        servers: as for `session-conformance run`.

    Raises:
        UnreachableError: it cannot be had.
        UsageError: the URL names a database that is not empty.
        WrongUrlError: the URL is none, or one of another database.

    """
    urls = resolve([f"{backend.id}={url}"] if url else [], [backend])
    with ExitStack() as stack:
        # Clean up on SIGTERM as on Ctrl-C.
        before = signal.signal(signal.SIGTERM, signal.default_int_handler)
        stack.callback(signal.signal, signal.SIGTERM, before)
        if backend.id == DEFAULT and not urls and sqlite3.sqlite_version_info >= SHARED_MEMORY:
            yield _stop(stack, backend, _Memory(backend), sqlite3.sqlite_version, "in memory")
            return
        run = secrets.token_hex(4)
        reached, (record,) = gather(
            [backend], urls, run, servers_by=servers, say=Progress(sys.stderr).say, stack=stack
        )
        if not reached:
            raise UnreachableError(f"{backend.id}: {record.reason}")
        storage = Storage(reached[0].place, "tour")
        stack.callback(storage.drop)
        storage.create()
        yield _stop(
            stack, backend, storage, record.server_version or "", f"{record.way}: {record.detail}"
        )


def _stop(stack: ExitStack, backend: Backend, storage: Storage, version: str, where: str) -> Stop:
    password = storage.url.password
    cut: Callable[[str], str] = Secrets([str(password)] if password else []).cut
    database = Database(backend, storage, cut)
    stack.callback(database.close)
    other = observer_url(backend, storage.url).drivername
    through = "" if other == backend.drivername else f", through {other.partition('+')[2]}"
    return Stop(
        title=f"{backend.family.title} {version} · {backend.title}",
        where=cut(where),
        witness=f"another connection{through}",
        database=database,
    )
