"""How a cell's outcome is decided from what its body did."""

from __future__ import annotations

import linecache
import traceback
from typing import TYPE_CHECKING, Any

import pytest

from .honesty import Shape, shape_of, vacuous
from .results import Detail

if TYPE_CHECKING:
    from collections.abc import Callable

    from .database import Database
    from .declare import Case
    from .results import Outcome

LONGEST_TRACEBACK = 20_000
ADVICE = "Use -v to get more diff"


def decide(
    case: Case,
    function: Callable[..., Any],
    error: BaseException | None,
    passed: set[int],
    db: Database,
    left: list[str],
) -> tuple[Outcome, Detail | None, str | None]:
    """Decide one cell.

    Args:
        case: its declaration.
        function: its body.
        error: what the body raised, None where it came to its end.
        passed: the lines of the assertions that held.
        db: the database it ran on.
        left: what it left behind, one phrase each.

    Returns:
        the outcome, its detail (None for a plain success), and the answer of a question.

    """
    shape = shape_of(function)
    if error is not None:
        return *_of_error(error, function, shape), None
    why = vacuous(shape, case.what, passed, db.recorder.statements)
    if why:
        return "error", Detail(kind="vacuous", message=why), None
    if left:
        message = "The case left behind: " + ", ".join(left) + "."
        return "error", Detail(kind="exception", message=message), None
    if case.what == "promise":
        return "passed", None, None
    if len(db.answers) != 1 or db.answers[0] not in case.answers:
        given = ", ".join(db.answers) or "nothing"
        message = f"The case answered {given}; it gives one of {', '.join(case.answers)}."
        return "error", Detail(kind="exception", message=message), None
    return "answered", None, db.answers[0]


def _of_error(
    error: BaseException, function: Callable[..., Any], shape: Shape
) -> tuple[Outcome, Detail]:
    where, number = _line_of(error, function)
    line = linecache.getline(function.__code__.co_filename, number).strip() if number else None
    broken = isinstance(error, AssertionError | pytest.fail.Exception)
    # To pytest an expected failure is a failure; to a promise it is a way round the question.
    broken = broken and not isinstance(error, pytest.xfail.Exception)
    message = str(error) or type(error).__name__
    exception = None
    kind = "assertion" if broken else "exception"
    if not broken:
        exception = f"{type(error).__module__}.{type(error).__qualname__}"
        message = f"{type(error).__name__}: {error}"
        # Another exception than the promised one breaks the promise; anywhere else it hinders it.
        broken = bool(number) and any(first <= number <= last for first, last in shape.raising)
    # pytest's advice on its own options helps nobody here.
    lines = [line for line in message.splitlines() if line.strip() not in ("", ADVICE)]
    text = "".join(traceback.format_exception(error))
    if len(text) > LONGEST_TRACEBACK:
        text = text[: LONGEST_TRACEBACK // 2] + "\n…\n" + text[-LONGEST_TRACEBACK // 2 :]
    detail = Detail(
        kind=kind,
        message=lines[0] if lines else "",
        explanation=lines[1:40],
        where=where,
        line=line,
        exception=exception,
        traceback=text,
    )
    return ("failed" if broken else "error"), detail


def _line_of(error: BaseException, function: Callable[..., Any]) -> tuple[str | None, int]:
    """Return the line of the case's own file that was running, as `file:line` and as a number."""
    code = function.__code__
    found = 0
    for frame, number in traceback.walk_tb(error.__traceback__):
        if frame.f_code is code:
            found = number
    if not found:
        return None, 0
    return f"{code.co_filename}:{found}", found
