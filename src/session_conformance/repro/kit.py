"""What a script that stands alone does around its case: the parts that a run does otherwise.

The script takes from here what it uses, and in place of the machinery's definitions of the same
name. `backend` is what it says of its backend: a namespace with the attributes of `Backend`.
"""

from __future__ import annotations

import ast
import gc
import os
import secrets
import shutil
import sys
import tempfile
import traceback
import warnings
from contextlib import suppress
from inspect import iscoroutinefunction
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING, Any

import sqlalchemy
from sqlalchemy import MetaData, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    SADeprecationWarning,
    SAWarning,
    SQLAlchemyError,
)
from sqlalchemy.pool import NullPool, QueuePool

from .. import database
from ..backend import importable
from ..bridge import Bridge
from ..engines import _never_begin, _on_connect, prepare
from ..leftovers import Unheard, collecting_after, forget_frames
from ..looks import looks
from ..player import Player
from ..trace import Recorder
from ..unsupported import UnsupportedError
from .stand_in import UNEXPECTED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy import Table
    from sqlalchemy.engine import URL, Engine

# Seconds that the case may take.
LONGEST = 60.0

# Exit codes.
KEPT = 0
BROKEN = 1
NOT_CARRIED_OUT = 3


class Trouble(Exception):  # noqa: N818
    """Why the case cannot be carried out; says what to do."""


def asked_url(backend: Any) -> URL:
    """Return the URL of the environment variable DATABASE_URL."""
    own = make_url(f"{backend.drivername}://")
    if backend.storage == "memory":
        return own
    asked = os.environ.get("DATABASE_URL")
    if not asked:
        if backend.storage == "file":
            return own
        raise Trouble(
            f"Set DATABASE_URL to a server, as {backend.drivername}://user:password@host/database."
        )
    try:
        url = make_url(asked)
    except ArgumentError:
        raise Trouble("DATABASE_URL is no URL such as driver://user:password@host/name.") from None
    if url.get_backend_name() != own.get_backend_name():
        raise Trouble(
            f"DATABASE_URL begins with {url.get_backend_name()}, and this script is about "
            f"{own.get_backend_name()}: set it to {backend.drivername}://…"
        )
    url = url.set(drivername=backend.drivername)
    if backend.family.maintenance and not url.database:
        url = url.set(database=backend.family.maintenance)
    return url


def observer(backend: Any, url: URL, **options: Any) -> Engine:
    """Return an engine in autocommit for who looks on, through another driver if there is one."""
    connect_args = backend.observers.get(url.drivername, {})
    for drivername, arguments in backend.observers.items():
        if drivername == url.drivername or importable(drivername):
            connect_args = arguments
            if drivername != url.drivername:
                url = url.set(drivername=drivername, query={})
            break
    options = {"poolclass": NullPool, "connect_args": connect_args, **options}
    if backend.family.autocommit == "level":
        options["isolation_level"] = "AUTOCOMMIT"
    engine = create_engine(url, **options)
    if backend.family.autocommit == "unbegun":
        _never_begin(engine)
    prepare(engine, backend.family)
    if backend.family.autocommit == "observe":
        _on_connect(engine, backend.family.hooks.observe)
    return engine


class Storage:
    """A database that this script makes and removes.

    Where the server lets it make none, the one of the URL, which has to be empty.
    """

    def __init__(self, backend: Any, url: URL) -> None:
        self._backend = backend
        self._given = self.url = url
        self._made = self._lent = False

    def make(self) -> None:
        """Make it."""
        if self._backend.storage == "memory":
            return
        if self._backend.storage == "file":
            beside = Path(self._given.database or "")
            # A folder of its own, so that nothing else goes with it.
            folder = tempfile.mkdtemp(
                prefix="session-conformance-", dir=beside.parent if beside.name else None
            )
            self.url = self._given.set(database=str(Path(folder) / "repro.db"))
            self._made = True
            return
        family = self._backend.family
        url = self._given.set(database=f"session_conformance_repro_{secrets.token_hex(4)}")
        try:
            if family.hooks.create_database is not None:
                family.hooks.create_database(url)
            else:
                self._send(family.sql["create_database"].format(name=url.database))
        except DBAPIError as error:
            self._check_empty(str(error.orig))
            self._lent = True
            return
        self.url = url
        self._made = True

    def _send(self, statement: str) -> None:
        engine = observer(self._backend, self._given)
        with engine.connect() as connection:
            connection.execute(text(statement))
        engine.dispose()

    def _check_empty(self, why: str) -> None:
        engine = observer(self._backend, self._given)
        with engine.connect() as connection:
            found = connection.scalars(text(self._backend.family.sql["tables"])).all()
        engine.dispose()
        if found:
            raise Trouble(
                "The database of DATABASE_URL is not empty, and no other one can be made beside "
                f"it ({why}): name an empty one, or a user who may make one."
            )

    def remove(self) -> None:
        """Remove it, or what is in it by now where it was lent empty."""
        if self._backend.storage == "memory":
            return
        if self._backend.storage == "file":
            if self._made:
                shutil.rmtree(Path(str(self.url.database)).parent, ignore_errors=True)
            return
        family = self._backend.family
        if self._lent:
            engine = observer(self._backend, self.url)
            tables = MetaData()
            tables.reflect(engine)
            tables.drop_all(engine)
            engine.dispose()
        if self._made:
            if family.hooks.drop_database is not None:
                family.hooks.drop_database(self.url)
            else:
                self._end_connections()
                self._send(family.sql["drop_database"].format(name=self.url.database))

    def _end_connections(self) -> None:
        """End what a broken driver left open: a server may refuse to drop what is in use."""
        sql = self._backend.family.sql
        if "kill" not in sql:
            return
        engine = observer(self._backend, self.url)
        with engine.connect() as connection:
            for _ in looks():
                numbers = connection.scalars(text(sql["connections"])).all()
                if not numbers:
                    break
                for number in numbers:
                    with suppress(DBAPIError):
                        connection.execute(text(sql["kill"].format(id=int(number))))
        engine.dispose()


class Stage:
    """The threads in which several Sessions act."""

    def __init__(self, equipment: Any) -> None:
        self._equipment = equipment
        self._players: list[Player] = []

    def players(self, count: int) -> list[Player]:
        """Return so many, always the same ones."""
        while len(self._players) < count:
            self._players.append(Player(f"player {len(self._players) + 1}", self._equipment))
        return self._players[:count]

    def dismiss(self, player: Player) -> None:
        """Give up one who does not come back from what it was told."""
        player.end()
        self._players.remove(player)

    def clear(self) -> None:
        """Dispose of their engines."""
        for player in self._players:
            player.clear()

    def close(self) -> None:
        """Dispose of their engines and end the threads."""
        self.clear()
        for player in self._players:
            player.end()
        for player in self._players:
            player.join()


class Database(database.Database):
    """The database of the script, as the case sees it."""

    def __init__(
        self, backend: Any, storage: Any, bridge: Bridge, shared: Sequence[Table] = ()
    ) -> None:
        self._backend = backend
        self._storage = storage
        self.bridge = bridge
        self._recorder = Recorder()
        self._extra = []
        self._extra_tables = []
        self._extra_sql = []
        self._engine = None
        self._checks = 0
        self._shared = list(shared)
        self.answers = []
        self.facts = {}
        if backend.storage == "memory":
            self._observer_engine = self.engine
        else:
            # In autocommit, so that each look sees what is committed by then.
            self._observer_engine = observer(
                backend, storage.url, poolclass=QueuePool, pool_size=1, max_overflow=2
            )
        if self._backend.shared:
            with self._recorder.paused():
                self._create_shared()
        if backend.is_async:
            # The first connection needs the bridge, and a case about asyncio runs outside it.
            _ = self.engine

    def finish(self) -> list[str]:
        """Return what the case left behind, one phrase each."""
        left = []
        with self._recorder.paused():
            out = self._recorder.checked_out
            if out:
                left.append(f"{out} connection(s) not returned to the pool")
                # Those that only garbage holds come back now.
                gc.collect()
            for engine in self._extra:
                engine.dispose()
            if not (self._recorder.checked_out or self._recorder.detached):
                if not self._answers_right():
                    left.append("a pooled connection that no longer answers right")
            if self._backend.two_phase and self._any_prepared():
                left.append("a prepared transaction")
        return left

    def close(self) -> list[str]:
        """Give everything back."""
        self._recorder.pause()
        if self._backend.scenes:
            self._stage.close()
        for engine in (*self._extra, self._engine):
            if engine is not None:
                with suppress(Exception):
                    engine.dispose()
        if self._backend.two_phase:
            # Nobody else can end what is prepared, and no database goes before it has.
            with suppress(SQLAlchemyError, KeyError):
                if self._any_prepared():
                    self._storage._end_connections()  # noqa: SLF001
                    self._end_prepared()
        if self._backend.extra_sql:
            with suppress(SQLAlchemyError), self._observer_engine.begin() as connection:
                self._drop_extra(connection)
        self._observer_engine.dispose()
        return []

    def free(self) -> None:
        """End every connection to this database."""
        self._storage._end_connections()  # noqa: SLF001
        self._observer_engine.dispose()


class Telling(ast.NodeTransformer):
    """Has each assertion that compares say what it compared."""

    def visit_Assert(self, node: ast.Assert) -> Any:
        """Keep both sides until it has held."""
        test = node.test
        if node.msg is not None or not isinstance(test, ast.Compare) or len(test.ops) > 1:
            return node
        said = ast.unparse(test).replace("{", "{{").replace("}", "}}")
        sides = "with {left_!r} on the left and {right_!r} on the right"
        node.msg = ast.parse(f"f{f'{said}, {sides}'!r}", mode="eval").body
        for name, side in (("left_", test.left), ("right_", test.comparators[0])):
            kept = ast.NamedExpr(ast.Name(name, ast.Store()), side)
            if name == "left_":
                test.left = kept
            else:
                test.comparators = [kept]
        # What an assertion looked at lives no longer for it.
        forgotten = ast.parse("left_ = right_ = None").body[0]
        for made in (*ast.walk(node.msg), *ast.walk(forgotten)):
            ast.copy_location(made, node)
        return [node, forgotten]


def telling(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function whose assertions say what they compared."""
    file = function.__code__.co_filename
    tree = ast.parse(Path(file).read_text(encoding="utf-8"))
    tree.body = [node for node in tree.body if getattr(node, "name", "") == function.__name__]
    tree = ast.fix_missing_locations(Telling().visit(tree))
    scope = function.__globals__
    exec(compile(tree, file, "exec"), scope)  # noqa: S102
    return scope[function.__name__]  # type: ignore[no-any-return]


def carry_out(
    function: Callable[..., Any], backend: Any, found: Any, arguments: Mapping[str, Any]
) -> tuple[BaseException | None, list[str]]:
    """Run the case; return what it raised, and what it left behind."""
    error: BaseException | None = None
    if backend.asserts:
        function = telling(function)
    if not backend.is_async:
        try:
            function(found, **arguments)
        except BaseException as raised:
            error = raised
        return error, found.finish()
    bridge = found.bridge
    # A warning about what was thrown away is raised to nobody, and garbage comes at any time.
    with Unheard() as unheard:
        with collecting_after():
            try:
                if iscoroutinefunction(function):
                    bridge.run(function(found, **arguments))
                else:
                    bridge.call(lambda: function(found, **arguments))
            except BaseException as raised:
                error = raised
            left = bridge.leftovers()
            forget_frames(error)
        left += bridge.call(found.finish)
        left += bridge.leftovers() + unheard.found
    return error, left


def show(events: Sequence[Any], say: Callable[[str], None]) -> None:
    """Print what happened, in order: a lane for each Session where there are several."""
    lanes = list(dict.fromkeys(found.session for found in events))
    for number, found in enumerate(events, 1):
        lane = ""
        if len(lanes) > 1:
            width = max(map(len, lanes)) + 2
            lane = "".join(f"{name if name == found.session else '':<{width}}" for name in lanes)
        words = [" ".join((found.text or found.kind.upper()).split())]
        words += [found.parameters] if found.parameters else []
        if found.rowcount is not None and found.rowcount >= 0:
            words.append(f"[{found.rowcount} row{'' if found.rowcount == 1 else 's'}]")
        words += [f"raises {found.error}"] if found.error else []
        say(f"{number:>4}  {lane}{'  '.join(words)}")


def judge(
    error: BaseException | None, left: Sequence[str], found: Any, answers: Mapping[str, str]
) -> tuple[int, str]:
    """Return the exit code, and what became of the promise or the question in words."""
    if isinstance(error, UnsupportedError):
        return NOT_CARRIED_OUT, f"Not carried out: this takes {error}, which is not to be had here."
    if error is not None:
        told = "".join(traceback.format_exception(error))
        if isinstance(error, AssertionError) or error in UNEXPECTED:
            return BROKEN, f"{told}\nBROKEN: {str(error) or 'the assertion does not hold'}"
        first = str(error).partition("\n")[0]
        return NOT_CARRIED_OUT, f"{told}\nNot carried out: {type(error).__name__}: {first}"
    if left:
        return NOT_CARRIED_OUT, f"Not carried out: the case left behind {', '.join(left)}."
    if not answers:
        return KEPT, "KEPT: every assertion held."
    if len(found.answers) != 1 or found.answers[0] not in answers:
        return NOT_CARRIED_OUT, f"Not carried out: the answers were {found.answers}."
    facts = "".join(f"\n  {name} = {value!r}" for name, value in found.facts.items())
    return KEPT, f"ANSWER: {found.answers[0]}\n{answers[found.answers[0]]}{facts}"


def main(
    function: Callable[..., Any],
    backend: Any,
    *,
    arguments: Mapping[str, Any] | None = None,
    answers: Mapping[str, str] | None = None,
    ignored: Sequence[str] = (),
    shared: Sequence[Table] = (),
) -> int:
    """Carry out a case and print trace and outcome.

    Returns:
        0 where the promise is kept or a question was answered, 1 where the promise is broken, 3
        where the case could not be carried out.

    """
    warnings.filterwarnings("ignore", category=SADeprecationWarning)
    warnings.filterwarnings("error", category=SAWarning)
    warnings.filterwarnings("error", category=ResourceWarning)
    warnings.filterwarnings("ignore", ".*ServerCursor.* was deleted", category=ResourceWarning)
    warnings.filterwarnings("error", "coroutine .* was never awaited", category=RuntimeWarning)
    for message in ignored:
        warnings.filterwarnings("ignore", message)
    try:
        url = asked_url(backend)
    except Trouble as error:
        print(error, file=sys.stderr)  # noqa: T201
        return NOT_CARRIED_OUT

    def say(line: str) -> None:
        secret = url.password
        print(line.replace(str(secret), "***") if secret else line)  # noqa: T201

    storage, bridge = Storage(backend, url), Bridge(backend.is_async)
    limit = Timer(LONGEST, give_up, [storage])
    limit.daemon = True
    limit.start()
    found = None
    try:
        bridge.call(storage.make)
        found = bridge.call(lambda: Database(backend, storage, bridge, shared))
        error, left = carry_out(function, backend, found, arguments or {})
        module = found.engine.dialect.dbapi
        version = ".".join(map(str, getattr(found.engine.dialect, "server_version_info", ()) or ()))
        say(f"SQLAlchemy {sqlalchemy.__version__}, {module.__name__}, server {version}\n")
        show(found.recorder.events, say)
        code, told = judge(error, left, found, answers or {})
    except Exception as error:
        code = NOT_CARRIED_OUT
        first = str(error).partition("\n")[0]
        told = f"Not carried out: {type(error).__name__}: {first}"
    finally:
        if found is not None:
            bridge.call(found.close)
        bridge.call(storage.remove)
        bridge.close()
        limit.cancel()
    say(f"\n{told}")
    return code


def give_up(storage: Storage) -> None:
    """End a script that hangs, once its database is removed."""
    print(f"Not carried out: no end within {LONGEST:g} s.", file=sys.stderr)  # noqa: T201
    with suppress(Exception):
        storage.remove()
    os._exit(NOT_CARRIED_OUT)


__all__ = ["Database", "Stage", "Storage", "main", "observer"]
