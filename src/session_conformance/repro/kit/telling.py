"""Assertions that say what they compared, as pytest has them say."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


class Telling(ast.NodeTransformer):
    """Has each assertion that compares say what it compared."""

    def visit_Assert(self, node: ast.Assert) -> Any:
        """Keep both sides until it has held."""
        test = node.test
        if node.msg is not None or not isinstance(test, ast.Compare) or len(test.ops) > 1:
            return node
        said = ast.unparse(test).replace("{", "{{").replace("}", "}}")
        sides = "with {left_!r} on the left and {right_!r} on the right"
        node.msg = ast.parse(f"f{f'{said}, {sides}'!r}", mode="eval").body
        for name, side in (("left_", test.left), ("right_", test.comparators[0])):
            kept = ast.NamedExpr(ast.Name(name, ast.Store()), side)
            if name == "left_":
                test.left = kept
            else:
                test.comparators = [kept]
        # What an assertion looked at lives no longer for it.
        forgotten = ast.parse("left_ = right_ = None").body[0]
        for made in (*ast.walk(node.msg), *ast.walk(forgotten)):
            ast.copy_location(made, node)
        return [node, forgotten]


def telling(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function whose assertions say what they compared."""
    file = function.__code__.co_filename
    tree = ast.parse(Path(file).read_text(encoding="utf-8"))
    tree.body = [node for node in tree.body if getattr(node, "name", "") == function.__name__]
    tree = ast.fix_missing_locations(Telling().visit(tree))
    scope = function.__globals__
    exec(compile(tree, file, "exec"), scope)  # noqa: S102
    return scope[function.__name__]  # type: ignore[no-any-return]


__all__ = ["telling"]
