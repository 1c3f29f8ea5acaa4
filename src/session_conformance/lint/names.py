"""Names of databases and drivers in a case: it asks for capabilities, and knows nobody by name."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..backend import families, known

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .case_file import CaseFile
    from .problem import Problem

REMEDY = (
    "A case names capabilities it needs, and what databases do differently stands in their files."
)


def database_names(file: CaseFile) -> Iterator[Problem]:
    """Give where a file asks which database or driver it has, or names a backend."""
    ids = set(known()) - set(families())
    for node in ast.walk(file.tree):
        if any(_tells_who(part) for part in _asked(node)):
            message = f"this asks which database or driver it is. {REMEDY}"
            yield from file.problem(node, "database-name", message)
        elif isinstance(node, ast.Constant) and node.value in ids:
            message = f"“{node.value}” is a backend. {REMEDY}"
            yield from file.problem(node, "database-name", message)


def _asked(node: ast.AST) -> list[ast.expr]:
    """Return the expressions of which a node makes a difference."""
    if isinstance(node, ast.Compare):
        return [node.left, *node.comparators]
    if isinstance(node, ast.Match):
        return [node.subject]
    return [node.func] if isinstance(node, ast.Call) else []


def _tells_who(node: ast.expr) -> bool:
    """Tell whether an expression gives the name of a dialect or of its driver."""
    if isinstance(node, ast.Call):
        return _tells_who(node.func)
    if not isinstance(node, ast.Attribute):
        return False
    if node.attr in {"get_backend_name", "get_driver_name", "is_mariadb", "drivername"}:
        return True
    # engine.name is that of its dialect; dialect.name.startswith(…) asks too.
    if node.attr in {"startswith", "endswith", "lower"}:
        return _tells_who(node.value)
    return node.attr in {"name", "driver"} and ast.unparse(node.value).rpartition(".")[2] in {
        "dialect",
        "engine",
        "bind",
    }
