"""What one cell did, in order, as SQLAlchemy asked it of the driver."""

from __future__ import annotations

import hashlib
import itertools
import json
import re
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import event

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.engine import Engine

LONGEST_PARAMETERS = 200
LONGEST_STATEMENT = 2000
LONGEST_TRACE = 200
LARGEST_TRACE = 40_000

_FIRST_WORD = re.compile(r"\s*(\w+)")
_TABLE = re.compile(r"\b(?:FROM|JOIN|INTO|UPDATE)\s+(?:ONLY\s+)?[\"`\[]?(\w+)", re.IGNORECASE)
_WRITTEN = re.compile(
    r"\b(?:INSERT\s+(?:OR\s+\w+\s+|IGNORE\s+)?INTO|REPLACE\s+INTO|UPDATE|DELETE\s+FROM|MERGE\s+INTO)"
    r"\s+[\"`\[]?(\w+)",
    re.IGNORECASE,
)
_TRANSACTION = {"SAVEPOINT": "savepoint", "RELEASE": "release savepoint"}


@dataclass(slots=True)
class Event:
    """One thing that happened on an engine; fields as in a results file's trace."""

    session: str
    kind: str
    text: str | None = None
    parameters: str | None = None
    rowcount: int | None = None
    error: str | None = None

    @property
    def verb(self) -> str:
        """The first word of a statement, in capitals; the kind of anything else, in capitals."""
        if self.kind == "sql" and self.text:
            found = _FIRST_WORD.match(self.text)
            return found.group(1).upper() if found else ""
        return self.kind.upper()

    def row(self) -> list[Any]:
        """The event as a row of a results file."""
        return [self.session, self.kind, self.text, self.parameters, self.rowcount, self.error]


@dataclass(slots=True)
class Watch:
    """What was sent inside `with db.watch()`."""

    events: list[Event] = field(default_factory=list)

    @property
    def statements(self) -> list[Event]:
        """The SQL statements, without those that steer a transaction."""
        return [found for found in self.events if found.kind == "sql"]

    @property
    def verbs(self) -> list[str]:
        """The first word of each statement, in order: `["INSERT", "SELECT"]`."""
        return [found.verb for found in self.statements]

    @property
    def tables(self) -> list[str]:
        """The tables that the statements name, in order, each run of one table once."""
        named: list[str] = []
        for found in self.statements:
            for table in _TABLE.findall(found.text or ""):
                if not named or named[-1] != table.lower():
                    named.append(table.lower())
        return named

    @property
    def steps(self) -> list[str]:
        """Statements and transaction events by first word: `["BEGIN", "INSERT", "COMMIT"]`.

        Savepoints appear as `SAVEPOINT`, `RELEASE SAVEPOINT` and `ROLLBACK TO SAVEPOINT`; what
        the pool did does not appear.
        """
        pool = {"connect", "check-out", "check-in", "reset", "invalidate", "close", "note"}
        return [found.verb for found in self.events if found.kind not in pool]

    @property
    def pool(self) -> list[str]:
        """What the connection pool did: `check-out`, `check-in`, `invalidate` and so on."""
        pool = {"connect", "check-out", "check-in", "invalidate", "close"}
        return [found.kind for found in self.events if found.kind in pool]


class Recorder:
    """Listens to engines and keeps what they do, until it is emptied for the next cell."""

    def __init__(self, cut: Callable[[str], str] = str) -> None:
        self.events: list[Event] = []
        self.written: set[str] = set()
        # The names of the two-phase transactions that were begun.
        self.two_phase: set[str] = set()
        self.statements = 0
        self.detached = 0
        self._out: set[int] = set()
        # Statements that the machinery sends along, such as a BEGIN of its own.
        self.silent: set[str] = set()
        self._cut = cut
        self._paused = 0
        self._names: dict[int, str] = {}
        self._watches: list[Watch] = []

    @property
    def checked_out(self) -> int:
        """How many connections are out of their pool."""
        return len(self._out)

    @property
    def kinds(self) -> set[str]:
        """The first words of the statements so far, in capitals."""
        return {found.verb for found in self.events if found.kind == "sql"}

    def forget_checked_out(self) -> None:
        """Count from nothing again: the engine they came from is gone."""
        self._out.clear()

    def clear(self) -> None:
        """Forget the cell before."""
        self.events.clear()
        self.written.clear()
        self.two_phase.clear()
        self.statements = self.detached = 0
        self._watches.clear()
        # A thread's number may be another one's in the next cell.
        self._names.clear()

    def pause(self) -> None:
        """Record nothing until `resume` is called as often."""
        self._paused += 1

    def resume(self) -> None:
        """Take back one `pause`."""
        self._paused -= 1

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Record nothing inside: what the machinery does itself is no part of a trace."""
        self.pause()
        try:
            yield
        finally:
            self.resume()

    @contextmanager
    def watch(self) -> Iterator[Watch]:
        """Gather what happens inside."""
        watch = Watch()
        self._watches.append(watch)
        try:
            yield watch
        finally:
            self._watches.remove(watch)

    def name_thread(self, name: str) -> None:
        """Call what this thread does by the name of its session."""
        self._names[threading.get_ident()] = name

    def add(
        self, kind: str, text: str | None = None, parameters: str | None = None
    ) -> Event | None:
        """Record one event; None where recording is paused."""
        if self._paused:
            return None
        event_ = Event(self._names.get(threading.get_ident(), "main"), kind, text, parameters)
        self.events.append(event_)
        for watch in self._watches:
            watch.events.append(event_)
        return event_

    def rows(self) -> tuple[list[list[Any]], int]:
        """The trace as rows, the middle cut out of a long one, and how many rows were cut."""
        events = self.events
        room = LONGEST_TRACE
        size = sum(len(found.text or "") for found in events)
        if size > LARGEST_TRACE:
            room = max(20, min(room, len(events) * LARGEST_TRACE // size))
        cut = max(0, len(events) - room)
        if cut:
            half = room // 2
            cut = len(events) - 2 * half
            events = events[:half] + events[-half:]
        rows = [
            [self._cut(value) if isinstance(value, str) else value for value in found.row()]
            for found in events
        ]
        return rows, cut

    def listen(self, engine: Engine) -> None:
        """Record what happens on `engine` and its pool."""
        event.listen(engine, "before_cursor_execute", self._before)
        event.listen(engine, "after_cursor_execute", self._after)
        event.listen(engine, "handle_error", self._error)
        event.listen(engine, "begin", lambda _: self.add("begin"))
        event.listen(engine, "begin_twophase", self._begin_two_phase)
        event.listen(engine, "commit", lambda _: self.add("commit"))
        event.listen(engine, "rollback", lambda _: self.add("rollback"))
        event.listen(engine, "prepare_twophase", lambda _, __: self.add("note", "prepare"))
        event.listen(engine, "commit_twophase", lambda *_: self.add("commit"))
        event.listen(engine, "rollback_twophase", lambda *_: self.add("rollback"))
        event.listen(engine, "connect", lambda *_: self.add("connect"))
        event.listen(engine, "checkout", self._checkout)
        event.listen(engine, "checkin", self._checkin)
        event.listen(engine, "detach", self._detach)
        event.listen(engine, "reset", lambda *_: self.add("reset"))
        event.listen(engine, "invalidate", self._invalidate)
        event.listen(engine, "close", lambda *_: self.add("close"))

    def _begin_two_phase(self, _connection: Any, name: Any) -> None:
        self.two_phase.add(str(name))
        self.add("begin")

    def _before(
        self, _conn: Any, _cursor: Any, statement: str, parameters: Any, context: Any, _many: bool
    ) -> None:
        if self._paused or statement in self.silent:
            return
        self.statements += 1
        if len(statement) > LONGEST_STATEMENT:
            statement = statement[: LONGEST_STATEMENT - 1] + "…"
        found = _FIRST_WORD.match(statement)
        word = found.group(1).upper() if found else ""
        if word in _TRANSACTION:
            kind = _TRANSACTION[word]
        elif word == "ROLLBACK" and " TO " in statement.upper():
            kind = "rollback to savepoint"
        else:
            kind = "sql"
            self.written.update(name.lower() for name in _WRITTEN.findall(statement))
        recorded = self.add(kind, statement, _shown(parameters))
        if context is not None:
            context._session_conformance_event = recorded  # noqa: SLF001

    def _after(
        self, _conn: Any, cursor: Any, _statement: str, _parameters: Any, context: Any, _many: bool
    ) -> None:
        recorded = getattr(context, "_session_conformance_event", None)
        if recorded is not None:
            count = getattr(cursor, "rowcount", None)
            recorded.rowcount = count if isinstance(count, int) else None

    def _error(self, context: Any) -> None:
        error = context.original_exception
        message = f"{type(error).__name__}: {error}".strip()
        recorded = getattr(context.execution_context, "_session_conformance_event", None)
        if recorded is None and self.events:
            recorded = self.events[-1]
        if recorded is not None and recorded.error is None and not self._paused:
            recorded.error = message

    def _checkout(self, _connection: Any, record: Any, _proxy: Any) -> None:
        self._out.add(id(record))
        self.add("check-out")

    def _detach(self, _connection: Any, record: Any) -> None:
        # Out of the pool's hands for good: no check-in follows.
        self._out.discard(id(record))
        self.detached += 1
        self.add("note", "the connection leaves its pool")

    def _invalidate(self, _connection: Any, _record: Any, _error: Any) -> None:
        # A dialect that cannot end it leaves it open, and with it perhaps a transaction.
        self.detached += 1
        self.add("invalidate")

    def _checkin(self, _connection: Any, record: Any) -> None:
        # One that was cancelled on its way out comes back without having been out.
        self._out.discard(id(record))
        self.add("check-in")


def _shown(parameters: Any) -> str | None:
    """Return parameters as short text; of many only the first are looked at."""
    if not parameters:
        return None
    some = parameters
    if len(parameters) > LONGEST_PARAMETERS:
        if isinstance(parameters, dict):
            some = dict(itertools.islice(parameters.items(), LONGEST_PARAMETERS))
        else:
            some = parameters[:LONGEST_PARAMETERS]
    text = repr(some)
    return text if len(text) <= LONGEST_PARAMETERS else text[: LONGEST_PARAMETERS - 1] + "…"


def trace_id(rows: list[list[Any]]) -> str:
    """Return the name of a trace: the same for the same rows."""
    text = json.dumps(rows, ensure_ascii=False)
    return "t:" + hashlib.sha256(text.encode()).hexdigest()[:12]
