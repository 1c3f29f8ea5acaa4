"""Honest green: a cell passes only if it reached its end, asserted all it says, and did speak."""

from __future__ import annotations

import ast
import inspect
import textwrap
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Shape:
    """What a case's source says must happen in it; numbers are lines of its file.

    `asserts` are the lines on which an assertion begins, `ends_in_claim` tells whether the last
    thing the case does is an assertion or an answer, `raising` the spans of `pytest.raises` blocks.
    """

    first_line: int
    asserts: frozenset[int]
    ends_in_claim: bool
    raising: tuple[tuple[int, int], ...]


@cache
def shape_of(function: Callable[..., Any]) -> Shape:
    """Read the shape of a case function from its source."""
    lines, start = inspect.getsourcelines(function)
    tree = ast.parse(textwrap.dedent("".join(lines)))
    definition = tree.body[0]
    assert isinstance(definition, ast.FunctionDef | ast.AsyncFunctionDef)  # noqa: S101
    offset = start - 1
    asserts: set[int] = set()
    raising: list[tuple[int, int]] = []
    for node in own(definition):
        if isinstance(node, ast.Assert):
            asserts.add(node.lineno + offset)
        if isinstance(node, ast.With | ast.AsyncWith) and any(_raises(item) for item in node.items):
            raising.append((node.lineno + offset, (node.end_lineno or node.lineno) + offset))
    return Shape(
        first_line=definition.lineno + offset,
        asserts=frozenset(asserts),
        ends_in_claim="nothing" not in endings(definition.body[-1]),
        raising=tuple(raising),
    )


def own(definition: ast.AST) -> list[ast.AST]:
    """Return the nodes of a function without those of the functions inside it."""
    found: list[ast.AST] = []
    waiting = list(ast.iter_child_nodes(definition))
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            continue
        found.append(node)
        waiting.extend(ast.iter_child_nodes(node))
    return found


def _raises(item: ast.withitem) -> bool:
    call = item.context_expr
    return (
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in ("raises", "warns")
    )


def endings(last: ast.stmt) -> set[str]:
    """Return what a statement may end in: `assertion`, `answer`, or `nothing`, in some of its ways.

    Args:
        last: the last statement of a function's body, or of a block in it.

    """
    if isinstance(last, ast.With | ast.AsyncWith):
        return endings(last.body[-1])
    if isinstance(last, ast.If):
        return endings(last.body[-1]) | (endings(last.orelse[-1]) if last.orelse else {"nothing"})
    if isinstance(last, ast.Try):
        end = last.finalbody or last.orelse
        return endings(end[-1]) if end else endings(last.body[-1])
    if isinstance(last, ast.Match):
        return set().union(*(endings(case.body[-1]) for case in last.cases))
    if isinstance(last, ast.Expr) and isinstance(last.value, ast.Call):
        called = last.value.func
        if isinstance(called, ast.Attribute) and called.attr == "answer":
            return {"answer"}
    return {"assertion"} if isinstance(last, ast.Assert) else {"nothing"}


def vacuous(shape: Shape, what: str, passed: set[int], statements: int) -> str | None:
    """Return why a cell that raised nothing proves nothing, None where it does.

    Args:
        shape: of the case's function.
        what: `promise` or `question`.
        passed: the lines of the assertions that held.
        statements: how many SQL statements the engine under test received.

    """
    if not shape.ends_in_claim:
        return "The case does not end in an assertion, so nobody knows whether it reached its end."
    missed = shape.asserts - passed
    if what == "promise" and not shape.asserts:
        return "The case asserts nothing."
    if missed and what == "promise":
        return f"The assertion on line {min(missed)} was never evaluated."
    if not statements:
        return "The case never spoke to the backend it is named after."
    return None
