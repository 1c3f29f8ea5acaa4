"""Traces made comparable: what never matters is taken out, equal ones are grouped."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from session_conformance.results import TraceRecord

LIMIT = 200

# Whether a connection was new depends on what ran before, not on the case.
_ASIDE = ("connect",)
_COUNTED = ("UPDATE", "DELETE")

_STRING = r"'(?:[^']|'')*'"
_TOKEN = re.compile(
    rf"""
    (?P<string>{_STRING})
  | (?P<cast>::\s*[A-Za-z_]\w*
      (?:\s+(?:varying|precision|with(?:out)?\s+time\s+zone))?
      (?:\(\d+(?:,\s*\d+)?\))?(?:\[\])?)
  | (?P<placeholder>%\(\w+\)s | %s | \$\d+ | (?<![\w:]):\w+ | \?)
  | "(?P<double>[^"]+)" | `(?P<tick>[^`]+)`
  | (?P<savepoint>\bsa_savepoint_\d+\b)
  | (?P<space>\s+)
    """,
    re.VERBOSE | re.IGNORECASE,
)

# How dialects write what `::` is elsewhere: a cast of a parameter that nobody wrote into the case.
_CAST = re.compile(r"\bCAST\(\? AS \w[\w ]*(?:\(\d+(?:, ?\d+)?\))?(?: CHARACTER SET \w+)?\)")


def _plain(match: re.Match[str]) -> str:
    match match.lastgroup:
        case "cast":
            return ""
        case "placeholder":
            return "?"
        case "double" | "tick":
            return match[match.lastgroup]
        case "savepoint":
            return "sa_savepoint"
        case "space":
            return " "
        case _:
            return match[0]


@cache
def normalise(text: str) -> str:
    """Return SQL without placeholder style, quoting, casts, generated names and layout."""
    return _CAST.sub("?", _TOKEN.sub(_plain, text).strip())


@cache
def values(parameters: str | None) -> str:
    """Return parameters as their values only, whichever way the driver took them."""
    if not parameters:
        return ""
    try:
        found = ast.literal_eval(parameters)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return parameters
    if isinstance(found, dict):
        found = tuple(found.values())
    if isinstance(found, list):
        found = tuple(found)
    if found in ((), None):
        return ""
    return repr(found)


@dataclass(frozen=True, slots=True)
class Line:
    """One event: its verb, then the rest; two lines are alike where their `key` is equal.

    `waits` marks the beginning of a wait for another session.
    """

    key: tuple[Any, ...]
    session: str
    verb: str
    rest: str
    after: str = ""
    counted: int | None = None
    pool: bool = False
    error: str | None = None
    waits: bool = False

    @property
    def told(self) -> str:
        """The values that were sent, and how many rows were met."""
        if self.counted is None:
            return self.after
        return f"{self.after}  → {self.counted} {'row' if self.counted == 1 else 'rows'}".strip()


def line(event: list[Any]) -> Line:
    """Return one event of a trace as a line."""
    return _line(tuple(event))


@cache
def _line(event: tuple[Any, ...]) -> Line:
    session, kind, text, parameters, rowcount, error = (*event, *[None] * 6)[:6]
    kind = str(kind)
    shown = normalise(str(text)) if text is not None else ""
    failed = error is not None
    if kind == "sql":
        verb, _, rest = shown.partition(" ")
        verb = verb.upper()
        counted = rowcount if verb in _COUNTED else None
        after = values(str(parameters) if parameters is not None else None)
        key: tuple[Any, ...] = (session, kind, verb, rest, counted, failed)
        return Line(key, str(session), verb, rest, after, counted, error=_error(error))
    pool = kind in ("connect", "check-out", "check-in", "reset", "invalidate", "close", "note")
    verb = kind if pool else kind.upper()
    if kind == "note":
        verb = ""
    if not pool and shown.upper().startswith(verb):
        shown = shown[len(verb) :].strip()
    key = (session, kind, "" if kind == "connect" else shown, None, None, failed)
    return Line(key, str(session), verb, shown, pool=pool, error=_error(error))


def _error(error: Any) -> str | None:
    return None if error is None else str(error).split("\n", 1)[0]


def lines(trace: TraceRecord) -> list[Line]:
    """Return a trace's lines that are worth comparing, at most `LIMIT`."""
    kept = [
        _line(tuple(event)) for event in trace.events if len(event) < 2 or event[1] not in _ASIDE
    ]
    return staged(kept)[:LIMIT]


_WAIT = re.compile(r"(\S+) waits for (.+)")
#: What stands for the holder of a lock where the database does not tell who that is.
UNTOLD = "a lock"
_RELEASING = ("COMMIT", "ROLLBACK")


def staged(found: list[Line]) -> list[Line]:
    """Return the lines of several sessions as they play: who waits, and when it goes on.

    What the pool did is no part of the play. What became of a statement that had to wait (its rows,
    its error) stands where the wait ends: after the end of the transaction that it waited for, or
    before the next that the waiting session does.
    """
    sessions = {item.session for item in found if item.verb}
    if len(sessions) < 2:
        return found
    play: list[Line] = []
    waiting: dict[str, tuple[list[str], Line]] = {}
    for item in found:
        wait = _WAIT.fullmatch(item.rest) if not item.verb else None
        if wait and wait[1] in sessions:
            told = wait[2] != UNTOLD or len(sessions) > 2
            holders = wait[2].split(" and ") if told else [*sessions - {wait[1]}]
            waiting[wait[1]] = holders, _begin_wait(play, wait[1], wait[2])
            continue
        if item.session in waiting:
            play.append(waiting.pop(item.session)[1])
        if item.pool and item.verb and item.error is None:
            continue
        play.append(item)
        if item.verb in _RELEASING or item.error is not None:
            freed = [who for who, (holders, _) in waiting.items() if item.session in holders]
            play += [waiting.pop(who)[1] for who in freed]
    return play + [after for _, after in waiting.values()]


def _begin_wait(play: list[Line], who: str, whom: str) -> Line:
    """Add the begin of a wait, and return the line of its end."""
    counted, error = None, None
    for place in range(len(play) - 1, -1, -1):
        item = play[place]
        if item.session == who:
            if item.key[1] == "sql":
                counted, error = item.counted, item.error
                play[place] = replace(
                    item, key=(*item.key[:4], None, False), counted=None, error=None
                )
            break
    play.append(Line((who, "wait"), who, "", f"waits for {whom}", waits=True))
    rest = "goes on" if error is None else "is refused"
    key = (who, "end of wait", counted, error is not None)
    return Line(key, who, "", rest, counted=counted, error=error)


@dataclass(frozen=True, slots=True)
class Sent:
    """One event as it was sent: text with parameters and row count, and what went wrong.

    A line that belongs to no session has an empty one.
    """

    session: str
    text: str
    error: str | None = None


def sent(trace: TraceRecord) -> list[Sent]:
    """Return a trace as it was sent, at most `LIMIT` events; a last one counts what was cut."""
    found = []
    for event in trace.events[:LIMIT]:
        session, kind, text, parameters, rowcount, error = (*event, *[None] * 6)[:6]
        parts = []
        if kind != "sql":
            parts.append(str(kind))
        if text is not None:
            parts.append(re.sub(r"\s+", " ", str(text)).strip())
        if parameters:
            parts.append(f" {parameters}")
        if rowcount is not None and rowcount >= 0:
            parts.append(f" → {rowcount}")
        found.append(Sent(str(session), " ".join(parts), None if error is None else str(error)))
    left = len(trace.events) - len(trace.events[:LIMIT]) + trace.cut
    if left > 0:
        found.append(Sent("", f"… {left} more events were cut"))
    return found


def raw(trace: TraceRecord) -> str:
    """Return a trace as it was sent, as text: one event a line, with parameters and errors."""
    events = sent(trace)
    several = len({event.session for event in events if event.session}) > 1
    found = []
    for event in events:
        prefix = f"{event.session}: " if several and event.session else ""
        found.append(prefix + event.text)
        if event.error is not None:
            found.append(f"    ↯ {event.error}")
    return "\n".join(found)


@dataclass(frozen=True, slots=True)
class Step:
    """One row of a comparison: a line for each group, None where a group has no such line."""

    lines: list[Line | None]

    @property
    def keys(self) -> list[object]:
        """What each group's line is compared by."""
        return [item.key if item else None for item in self.lines]

    @property
    def same(self) -> bool:
        """True where every group has this line."""
        return len(set(self.keys)) == 1

    @property
    def spans(self) -> list[tuple[int, int, Line | None]]:
        """Neighbours that share the line: index of the first, how many, the line."""
        found: list[tuple[int, int, Line | None]] = []
        for place, (key, item) in enumerate(zip(self.keys, self.lines, strict=True)):
            if place and key == self.keys[place - 1]:
                start, count, shown = found[-1]
                found[-1] = start, count + 1, shown
            else:
                found.append((place, 1, item))
        return found


def align(groups: list[list[Line]]) -> list[Step]:
    """Return the groups' lines side by side; equal lines share a step."""
    spine: list[list[Line | None]] = [[item] for item in groups[0]] if groups else []
    for count, group in enumerate(groups[1:], 1):
        left = [next(item.key for item in step if item is not None) for step in spine]
        right = [item.key for item in group]
        merged: list[list[Line | None]] = []
        matcher = SequenceMatcher(a=left, b=right, autojunk=False)
        for _, a1, a2, b1, b2 in matcher.get_opcodes():
            for place in range(max(a2 - a1, b2 - b1)):
                step = spine[a1 + place] if a1 + place < a2 else [None] * count
                item = group[b1 + place] if b1 + place < b2 else None
                merged.append([*step, item])
        spine = merged
    return [Step(step) for step in spine]
