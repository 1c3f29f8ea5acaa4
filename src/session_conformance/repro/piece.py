"""One definition of a script, and what its text takes from elsewhere."""

from __future__ import annotations

import ast
import textwrap
from dataclasses import dataclass, field

from .source import Function, free_names

Key = tuple[str, str]

# The decorators that declare a case.
DECLARING = {"promise", "question"}


@dataclass(slots=True)
class Piece:
    """One definition of a script: its text, and what that text takes from elsewhere.

    `names` are those of its module that it loads, `eager` those that it needs as soon as it is
    defined, such as a base class; `said` are classes that it means by another word, such as their
    table's name. A class of the machinery has `members` of its own.
    """

    key: Key
    text: str
    names: set[str] = field(default_factory=set)
    eager: set[str] = field(default_factory=set)
    attributes: set[str] = field(default_factory=set)
    # Those that it asks of itself, where it is a member of a class.
    own: set[str] = field(default_factory=set)
    members: list[Piece] = field(default_factory=list)
    taken: bool = True
    said: list[Key] = field(default_factory=list)


def is_declared(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Tell whether a function is a case."""
    names = {ast.unparse(found).partition("(")[0] for found in node.decorator_list}
    return bool(names & DECLARING)


def undecorated(text: str) -> str:
    """Return a case's function without the decorators that declare it."""
    node = ast.parse(text).body[0]
    assert isinstance(node, Function)  # noqa: S101
    if not is_declared(node):
        return text
    return "\n".join(text.split("\n")[node.lineno - 1 :])


def eager_names(tree: ast.Module, *, annotated: bool = True) -> set[str]:
    """Return the names that a definition needs as soon as it is made."""
    node = tree.body[0] if tree.body else tree
    if isinstance(node, Function):
        parts: list[ast.AST] = [*node.decorator_list, *node.args.defaults]
        parts += [found for found in node.args.kw_defaults if found is not None]
        return set().union(*(free_names(part) for part in parts))
    if isinstance(node, ast.ClassDef):
        return _class_level(node, annotated=annotated)
    return free_names(tree)


def _class_level(node: ast.ClassDef, *, annotated: bool) -> set[str]:
    """Return the names that a class's own lines load, those of its methods left out."""
    found: set[str] = set()
    waiting: list[ast.AST] = [*node.bases, *node.decorator_list, *node.keywords, *node.body]
    while waiting:
        now = waiting.pop()
        if isinstance(now, Function | ast.Lambda):
            waiting += getattr(now, "decorator_list", [])
            continue
        if isinstance(now, ast.AnnAssign) and not annotated:
            waiting += [now.value] if now.value else []
            continue
        if isinstance(now, ast.Name) and isinstance(now.ctx, ast.Load):
            found.add(now.id)
        waiting += ast.iter_child_nodes(now)
    return found


def indented(text: str) -> str:
    """Return a member's text as it stands in its class."""
    return textwrap.indent(text, "    ")
