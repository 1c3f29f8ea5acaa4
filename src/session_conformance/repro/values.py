"""Values of a case's parameters, as expressions that give them again."""

from __future__ import annotations

import ast
import dataclasses
import math
import sys
from typing import TYPE_CHECKING, Any

from .cell import ReproError
from .data import quoted
from .source import PACKAGE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .cell import Cell
    from .source import Module

LONGEST = 200


def expression(cell: Cell, name: str, case: Module) -> tuple[str, str]:
    """Return an expression for an argument of a case, and the module in which it is one.

    Raises:
        ReproError: there is none.

    """
    value = cell.arguments[name]
    if name == "monkeypatch":
        return "pytest.MonkeyPatch()", case.name
    found = of_value(value, cell.function.__globals__)
    if found is not None:
        return found[0], found[1] or case.name
    place = _place(case, cell, name)
    if place is None:
        raise ReproError(f"“{name}” of “{cell.case.id}” has a value that no expression gives.")
    return place, case.name


def of_value(value: Any, scope: dict[str, Any]) -> tuple[str, str | None] | None:
    """Return an expression for a value, and the module of ours that defines its names.

    Args:
        value: what to express.
        scope: the names of the case's own module.

    """
    if _plain(value):
        return quoted(value) if isinstance(value, str) else repr(value), None
    found = _name_of(value, scope)
    if found is not None:
        return found, None
    module = str(getattr(value, "__module__", None) or type(value).__module__)
    if not module.startswith(PACKAGE):
        return None
    found = _name_of(value, vars(sys.modules[module])) or _made(value, scope)
    return None if found is None else (found, module)


def _name_of(value: Any, scope: Mapping[str, Any]) -> str | None:
    named = (name for name, known in scope.items() if known is value)
    return next((name for name in named if not name.startswith("__")), None)


def _made(value: Any, scope: dict[str, Any]) -> str | None:
    """Return the call that makes a dataclass's object, None where a part cannot be expressed."""
    if not dataclasses.is_dataclass(value) or isinstance(value, type):
        return None
    parts = []
    for field in dataclasses.fields(value):
        inner = getattr(value, field.name)
        if field.default is not dataclasses.MISSING and inner == field.default:
            continue
        part = of_value(inner, scope)
        if part is None:
            return None
        parts.append(f"{field.name}={part[0]}")
    return f"{type(value).__name__}({', '.join(parts)})"


def _plain(value: Any) -> bool:
    """Tell whether Python's own notation gives the value again."""
    if isinstance(value, float):
        return math.isfinite(value)
    if type(value) in (list, tuple, set):
        return len(value) > 0 and all(map(_plain, value)) and len(repr(value)) < LONGEST
    if type(value) is dict:
        return all(map(_plain, [*value, *value.values()])) and len(repr(value)) < LONGEST
    return type(value) in (str, bytes, int, bool, type(None)) and len(repr(value)) < LONGEST


def _place(case: Module, cell: Cell, name: str) -> str | None:
    """Return what stands in the case's `parametrize` for an argument."""
    function: Any = case.definitions[cell.function.__name__]
    for decorator in function.decorator_list:
        call = decorator
        if isinstance(call, ast.Name) and call.id in case.definitions:
            call = getattr(case.definitions[call.id], "value", None)
        if not isinstance(call, ast.Call) or not ast.unparse(call.func).endswith("parametrize"):
            continue
        names = ast.literal_eval(call.args[0])
        names = [each.strip() for each in names.split(",")] if isinstance(names, str) else names
        if name in names and name in cell.indices:
            return _element(call.args[1], cell.indices[name], list(names).index(name), len(names))
    return None


def _element(values: ast.expr, index: int, column: int, columns: int) -> str:
    if isinstance(values, ast.List | ast.Tuple) and not any(
        isinstance(found, ast.Starred) for found in values.elts
    ):
        node = values.elts[index]
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.param":
            return ast.unparse(node.args[column])
        if columns == 1:
            return ast.unparse(node)
        if isinstance(node, ast.Tuple | ast.List):
            return ast.unparse(node.elts[column])
        return f"{ast.unparse(node)}[{column}]"
    row = f"list({ast.unparse(values)})[{index}]"
    return row if columns == 1 else f"{row}[{column}]"
