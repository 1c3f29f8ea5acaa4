"""Makes a piece of the machinery shorter: without docstrings, annotations and what cannot happen.

What a backend is like is known when a script is written, so a branch for other backends is left
out. Text is cut, never printed anew: the rest reads as it was written.
"""

from __future__ import annotations

import ast
import re
import textwrap
from typing import TYPE_CHECKING, Any

from .source import Function

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import SimpleNamespace

Edit = tuple[int, int, str]

_ASIDE = re.compile(r"[ \t]*#[ \t]*(?:noqa|type: ignore)[^\n]*")
_ENDS = (ast.Return, ast.Raise)


class UnknownError(Exception):
    """What an expression comes to cannot be told before the script runs."""


class Text:
    """Source text whose parts are found by the positions of its syntax tree."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._starts = [0]
        for line in text.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))
        self._lines = text.splitlines(keepends=True)

    def at(self, line: int, column: int) -> int:
        """Return the place of a line and of a column that counts bytes, as the parser does."""
        before = self._lines[line - 1].encode()[:column].decode()
        return self._starts[line - 1] + len(before)

    def span(self, node: Any) -> tuple[int, int]:
        """Return where a node begins and ends."""
        start = self.at(node.lineno, node.col_offset)
        return start, self.at(node.end_lineno, node.end_col_offset)

    def lines(self, node: Any, end: Any = None) -> tuple[int, int]:
        """Return where the lines of a node begin and end, or those up to the end of another."""
        return self._starts[node.lineno - 1], self._starts[(end or node).end_lineno]


def edited(text: str, edits: list[Edit]) -> str:
    """Return `text` with parts replaced; where two overlap, the first one of the text counts."""
    end = len(text) + 1
    for start, stop, new in sorted(edits, reverse=True):
        if stop <= end:
            text = text[:start] + new + text[stop:]
            end = start
    return text


# What cases rarely have, by the expression that asks for it, and the flag that tells of it.
CASE = {"unscheduled": "unscheduled", "condition.configuration": "configured"}


class Facts:
    """What is known of the backend, by the expressions with which the machinery asks for it."""

    def __init__(self, backend: SimpleNamespace) -> None:
        self.backend = backend
        flags = {name: value for name, value in vars(backend).items() if isinstance(value, bool)}
        family = backend.family
        self._known = {
            "backend": backend,
            "self._backend": backend,
            "family": family,
            "self._family": family,
            "sql": family.sql,
            "is_async": backend.is_async,
            "sequence_keys": family.sequence_keys,
            "self._runner": object() if backend.is_async else None,
        }
        self.key = (backend.id, tuple(sorted(flags.items())))

    def value(self, node: ast.expr) -> Any:
        """Return what an expression comes to.

        Raises:
            UnknownError: only the script knows.

        """
        if isinstance(node, ast.Name | ast.Attribute):
            return self._named(ast.unparse(node), node)
        match node:
            case ast.Constant():
                return node.value
            case ast.UnaryOp(op=ast.Not()):
                return not self.value(node.operand)
            case ast.BoolOp():
                return self._bool(node)
            case ast.Compare(ops=[operator]):
                return self._compare(operator, node)
        raise UnknownError

    def _named(self, name: str, node: ast.Name | ast.Attribute) -> Any:
        if name in self._known:
            return self._known[name]
        if name in CASE:
            return self._case(CASE[name])
        if isinstance(node, ast.Name):
            raise UnknownError
        of = self.value(node.value)
        if of is None or isinstance(of, str | dict) or not hasattr(of, node.attr):
            raise UnknownError
        return getattr(of, node.attr)

    def _case(self, flag: str) -> None:
        """Tell what is known of the case: what it does not have; else only the script knows."""
        if getattr(self.backend, flag):
            raise UnknownError

    def _bool(self, node: ast.BoolOp) -> bool:
        decides = isinstance(node.op, ast.Or)
        unknown = False
        for part in node.values:
            try:
                if bool(self.value(part)) is decides:
                    return decides
            except UnknownError:
                unknown = True
        if unknown:
            raise UnknownError
        return not decides

    def _compare(self, operator: ast.cmpop, node: ast.Compare) -> bool:
        left, right = self.value(node.left), self.value(node.comparators[0])
        match operator:
            case ast.In():
                return left in right
            case ast.NotIn():
                return left not in right
            case ast.Eq():
                return bool(left == right)
            case ast.NotEq():
                return bool(left != right)
            case ast.Is():
                return left is right
            case ast.IsNot():
                return left is not right
        raise UnknownError

    def decided(self, node: ast.expr) -> bool | None:
        """Return what a condition comes to, None where only the script knows."""
        try:
            return bool(self.value(node))
        except UnknownError:
            return None


def folded(text: str, facts: Facts) -> str:
    """Return a definition without the branches that this backend never takes."""
    while True:
        edit = next(_folds(text, facts), None)
        if edit is None:
            return text
        text = edited(text, [edit])


def _folds(text: str, facts: Facts) -> Iterator[Edit]:
    at = Text(text)
    tree = ast.parse(text)
    for node in ast.walk(tree):
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if not isinstance(block, list):
                continue
            for place, statement in enumerate(block):
                if isinstance(statement, _ENDS) and place + 1 < len(block):
                    start, _ = at.lines(block[place + 1])
                    yield start, at.lines(block[-1])[1], ""
                if isinstance(statement, ast.If):
                    decided = facts.decided(statement.test)
                    if decided is not None:
                        yield _branch(at, statement, decided, alone=len(block) == 1)
        if isinstance(node, ast.IfExp):
            decided = facts.decided(node.test)
            if decided is not None:
                start, end = at.span(node.body if decided else node.orelse)
                yield (*at.span(node), text[start:end])


def _branch(at: Text, node: ast.If, decided: bool, *, alone: bool) -> Edit:
    """Return the edit that puts the branch taken in place of an `if`."""
    start, stop = at.lines(node)
    # An elif is an `if` of its own within the else.
    elif_ = at.text[at.at(node.lineno, node.col_offset) :].startswith("elif")
    taken = node.body if decided else node.orelse
    indent = " " * node.col_offset
    if not taken:
        if elif_:
            return start, stop, ""
        return start, stop, f"{indent}pass\n" if alone else ""
    first, last = at.lines(taken[0], taken[-1])
    if first and not elif_ and taken is node.orelse and _is_elif(at, taken[0]):
        body = at.text[first:last].replace("elif", "if", 1)
        return start, stop, body
    # With the comment above it.
    lines = at.text[:first].splitlines(keepends=True)
    while lines and lines[-1].lstrip().startswith("#"):
        first -= len(lines.pop())
    body = textwrap.indent(textwrap.dedent(at.text[first:last]), indent)
    if elif_:
        body = f"{indent}else:\n" + textwrap.indent(body, "    ")
    return start, stop, body


def _is_elif(at: Text, node: ast.stmt) -> bool:
    return at.text[at.at(node.lineno, node.col_offset) :].startswith("elif")


def bared(text: str) -> str:
    """Return a definition without docstrings, annotations and remarks to checkers."""
    at = Text(text)
    tree = ast.parse(text)
    edits: list[Edit] = []
    for node in ast.walk(tree):
        if isinstance(node, Function):
            edits += _docstring(at, node)
            edits.append(_signature(at, node))
    edits += _variables(at, tree)
    return _ASIDE.sub("", edited(text, edits))


def _signature(at: Text, node: Any) -> Edit:
    """Return the edit that puts a function's parameters down without annotations."""
    start = at.text.index("(", at.text.index(f"def {node.name}", at.lines(node)[0]))
    end = at.at(node.body[0].lineno, 0)
    before = at.text[start:end]
    # The body begins on a line of its own; behind the colon there may be a comment.
    stop = start + re.search(r":[ \t]*(#[^\n]*)?\n(?:[^\n:]*#[^\n]*\n)*$", before).start()  # type: ignore[union-attr]
    plain = ast.parse(ast.unparse(node)).body[0]
    assert isinstance(plain, Function)  # noqa: S101
    for found in ast.walk(plain.args):
        if isinstance(found, ast.arg):
            found.annotation = None
    return start, stop, f"({ast.unparse(plain.args)})"


def _docstring(at: Text, node: Any) -> list[Edit]:
    if ast.get_docstring(node) is None:
        return []
    start, end = at.lines(node.body[0])
    if len(node.body) == 1:
        return [(start, end, " " * node.body[0].col_offset + "pass\n")]
    while at.text[end : end + 1] == "\n":
        end += 1
    return [(start, end, "")]


def _variables(at: Text, tree: ast.AST) -> list[Edit]:
    """Return the edits that take annotations off the variables of functions."""
    edits: list[Edit] = []
    for function in ast.walk(tree):
        if not isinstance(function, Function):
            continue
        for node in ast.walk(function):
            if isinstance(node, ast.AnnAssign):
                if node.value is None:
                    edits.append((*at.lines(node), ""))
                else:
                    end = at.span(node.target)[1]
                    edits.append((end, at.span(node.annotation)[1], ""))
    return edits
