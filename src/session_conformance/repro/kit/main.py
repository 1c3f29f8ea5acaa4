"""Carries a case out in a script, and says what became of it."""

from __future__ import annotations

import os
import sys
import traceback
import warnings
from contextlib import suppress
from importlib import metadata
from inspect import iscoroutinefunction
from threading import Timer
from typing import TYPE_CHECKING, Any

import sqlalchemy
from sqlalchemy.exc import SADeprecationWarning, SAWarning

from ...bridge import Bridge
from ...leftovers import Unheard, collecting_after, forget_frames
from ...unsupported import UnsupportedError
from .holder import Database
from .place import Storage, Trouble, asked_url
from .stand_in import UNEXPECTED
from .telling import telling

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy import Engine, Table

# Seconds that the case may take.
LONGEST = 60.0

# Exit codes.
KEPT = 0
BROKEN = 1
NOT_CARRIED_OUT = 3


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
    if iscoroutinefunction(function) and found.looks_on_by_asyncio:
        raise Trouble(
            "Install a driver that is not of asyncio too, for who looks at what is stored: "
            f"{' or '.join(backend.observers)}."
        )
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
    # The case's own thread has none: it notes who waits.
    lanes = list(dict.fromkeys(found.session for found in events if found.session != "main"))
    width = max(map(len, lanes), default=0) + 2
    for number, found in enumerate(events, 1):
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
    hindrance = None
    told = ""
    if isinstance(error, UnsupportedError):
        hindrance = f"this takes {error}, which is not to be had here."
    elif error is not None:
        told = "".join(traceback.format_exception(error)) + "\n"
        if isinstance(error, AssertionError) or error in UNEXPECTED:
            return BROKEN, f"{told}BROKEN: {str(error) or 'the assertion does not hold'}"
        hindrance = first_line(error)
    elif left:
        hindrance = f"the case left behind {', '.join(left)}."
    elif answers and (len(found.answers) != 1 or found.answers[0] not in answers):
        hindrance = f"the answers were {found.answers}."
    if hindrance is not None:
        return NOT_CARRIED_OUT, f"{told}Not carried out: {hindrance}"
    if not answers:
        return KEPT, "KEPT: every assertion held."
    facts = "".join(f"\n  {name} = {value!r}" for name, value in found.facts.items())
    return KEPT, f"ANSWER: {found.answers[0]}\n{answers[found.answers[0]]}{facts}"


def first_line(error: BaseException) -> str:
    """Return what an exception says, in a line."""
    if isinstance(error, Trouble):
        return str(error)
    return f"{type(error).__name__}: {error}".partition("\n")[0]


def versions(backend: Any, engine: Engine) -> str:
    """Return the versions of driver and server."""
    dialect = engine.dialect
    driver = dialect.driver
    if backend.distribution is not None:
        driver = f"{backend.distribution} {metadata.version(backend.distribution)}"
    server = ".".join(map(str, getattr(dialect, "server_version_info", None) or ()))
    return f"{driver}, {dialect.name} {server}"


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
    except Trouble as trouble:
        print(trouble, file=sys.stderr)  # noqa: T201
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
        say(f"SQLAlchemy {sqlalchemy.__version__}, {versions(backend, found.engine)}")
        say(f"in the database “{storage.url.database or 'in memory'}”\n")
        show(found.recorder.events, say)
        code, told = judge(error, left, found, answers or {})
    except Exception as hindrance:
        code = NOT_CARRIED_OUT
        told = f"Not carried out: {first_line(hindrance)}"
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


__all__ = ["main"]
