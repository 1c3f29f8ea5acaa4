"""What a case does: nothing by the clock, by chance, or with an eye shut."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from ..honesty import own

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .case_file import CaseFile, Function
    from .problem import Problem

SKIPS = {"skip", "xfail", "importorskip", "fail", "exit"}
MARKS = {"skip", "skipif", "xfail", "usefixtures", "flaky"}
#: Exceptions that an assertion's own is one of.
CAUGHT = {"AssertionError", "Exception", "BaseException"}
_SWALLOWED = "this swallows an assertion that does not hold: name the exception that may come."


def body(file: CaseFile, function: Function) -> Iterator[Problem]:
    """Give what a case does and no case should."""
    for decorator in function.decorator_list:
        name = _called(decorator)
        if name.startswith("pytest.mark.") and name.rpartition(".")[2] in MARKS:
            message = f"“{name}” hides an outcome: name a capability in needs, or declare it."
            yield from file.problem(decorator, "skip", message)
    for node in own(function):
        if isinstance(node, ast.Call):
            yield from _call(file, node)
        elif isinstance(node, ast.Try):
            yield from _try(file, node)
        elif isinstance(node, ast.With | ast.AsyncWith):
            yield from _with(file, node)


def clock_and_chance(file: CaseFile) -> Iterator[Problem]:
    """Give where a file sleeps, or throws dice that fall otherwise each time."""
    for node in ast.walk(file.tree):
        if isinstance(node, ast.ImportFrom):
            rule = _of_import(node.module, {name.name for name in node.names})
        else:
            rule = _of_call(node) if isinstance(node, ast.Call) else None
        if rule is not None:
            yield from file.problem(node, rule, _BY_CLOCK_OR_CHANCE[rule])


_BY_CLOCK_OR_CHANCE = {
    "sleep": "time.sleep makes a case slow where it is safe, and wrong where it is fast: wait for "
    "an event.",
    "random": "this is different in each run: take random.Random(a number).",
}


def _of_import(module: str | None, names: set[str]) -> str | None:
    if module == "time" and "sleep" in names:
        return "sleep"
    return "random" if module == "random" and names - {"Random"} else None


def _of_call(node: ast.Call) -> str | None:
    name = _called(node)
    if name == "time.sleep":
        return "sleep"
    if name in {"random.Random", "Random"}:
        return None if node.args or node.keywords else "random"
    return "random" if re.fullmatch(r"(random|secrets)\.\w+", name) else None


def _called(node: ast.expr) -> str:
    return ast.unparse(node.func if isinstance(node, ast.Call) else node)


def _call(file: CaseFile, node: ast.Call) -> Iterator[Problem]:
    name = _called(node)
    if name.startswith("pytest.") and name.removeprefix("pytest.") in SKIPS:
        message = f"“{name}” hides an outcome: name a capability in needs, or declare it."
        yield from file.problem(node, "skip", message)


def _asserts(statements: list[ast.stmt]) -> bool:
    return any(isinstance(node, ast.Assert) for part in statements for node in [part, *own(part)])


def _try(file: CaseFile, node: ast.Try) -> Iterator[Problem]:
    if not _asserts(node.body):
        return
    for handler in node.handlers:
        kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        names = {ast.unparse(kind) for kind in kinds if kind is not None}
        empty = all(
            isinstance(part, ast.Pass)
            or (isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant))
            for part in handler.body
        )
        if empty and (handler.type is None or names & CAUGHT):
            yield from file.problem(handler, "swallowed", _SWALLOWED)


def _with(file: CaseFile, node: ast.With | ast.AsyncWith) -> Iterator[Problem]:
    for item in node.items:
        call = item.context_expr
        if not isinstance(call, ast.Call) or _called(call).rpartition(".")[2] != "suppress":
            continue
        if {ast.unparse(kind) for kind in call.args} & CAUGHT and _asserts(node.body):
            message = (
                "this swallows an assertion that does not hold: suppress what may come, by name."
            )
            yield from file.problem(node, "swallowed", message)
