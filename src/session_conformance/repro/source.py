"""Python modules as text that can be taken apart: definitions, imports, and what a piece names."""

from __future__ import annotations

import ast
import builtins
import textwrap
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec, resolve_name
from pathlib import Path

PACKAGE = "session_conformance"
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Import:
    """Where a name comes from: `name` of `module`, or the module itself where `name` is None."""

    module: str
    name: str | None = None


@dataclass(slots=True)
class Module:
    """A module's text, what it defines and what it imports, each by the name it has there."""

    name: str
    text: str
    definitions: dict[str, ast.stmt] = field(default_factory=dict)
    imports: dict[str, Import] = field(default_factory=dict)

    def source(self, node: ast.stmt) -> str:
        """Return the lines of a statement, its decorators and the comment above it included."""
        lines = self.text.split("\n")
        decorators = getattr(node, "decorator_list", [])
        first = min([node.lineno, *(found.lineno for found in decorators)]) - 1
        while (
            first and lines[first - 1].lstrip().startswith("#") and "ruff:" not in lines[first - 1]
        ):
            first -= 1
        return textwrap.dedent("\n".join(lines[first : node.end_lineno]))

    @property
    def tables(self) -> dict[str, str]:
        """The mapped classes by the names of their tables."""
        found = {}
        for name, node in self.definitions.items():
            for line in node.body if isinstance(node, ast.ClassDef) else ():
                if isinstance(line, ast.Assign) and ast.unparse(line).startswith("__tablename__"):
                    found[str(ast.literal_eval(line.value))] = name
        return found

    def heirs(self, base: str) -> set[str]:
        """Return the classes that are made from a class of this name."""
        found = {
            name
            for name, node in self.definitions.items()
            if isinstance(node, ast.ClassDef) and base in map(ast.unparse, node.bases)
        }
        return found.union(*(self.heirs(name) for name in found))


def read(name: str, path: Path) -> Module:
    """Read a module."""
    text = path.read_text(encoding="utf-8")
    module = Module(name, text)
    for node in ast.parse(text).body:
        if isinstance(node, ast.If):
            # What is imported for annotations alone.
            for inner in node.body:
                _take(module, inner)
        else:
            _take(module, node)
    return module


@cache
def own(name: str) -> Module:
    """Read a module of this package by its dotted name."""
    spec = find_spec(name)
    assert spec is not None and spec.origin is not None  # noqa: PT018, S101
    return read(name, Path(spec.origin))


def _take(module: Module, node: ast.stmt) -> None:
    if isinstance(node, ast.ImportFrom):
        _take_from(module, node)
    elif isinstance(node, ast.Import):
        for alias in node.names:
            module.imports[alias.asname or alias.name.partition(".")[0]] = Import(alias.name)
    elif isinstance(node, Function | ast.ClassDef):
        module.definitions[node.name] = node
    elif isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        for name in (found for target in targets for found in ast.walk(target)):
            if isinstance(name, ast.Name):
                module.definitions[name.id] = node


def _take_from(module: Module, node: ast.ImportFrom) -> None:
    package = module.name if module.name == PACKAGE else module.name.rpartition(".")[0]
    at = resolve_name("." * node.level + (node.module or ""), package)
    for alias in node.names:
        found = Import(at, alias.name)
        if node.module is None and node.level:
            # A module of the package.
            found = Import(f"{at}.{alias.name}")
        module.imports[alias.asname or alias.name] = found


def free_names(tree: ast.AST) -> set[str]:
    """Return the names that a piece of code takes from its module, roughly those it never binds."""
    bound: set[str] = set()
    loaded: set[str] = set()
    # A method may have the name of a function that it calls.
    whole = tree.body if isinstance(tree, ast.Module) else []
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            (loaded if isinstance(node.ctx, ast.Load) else bound).add(node.id)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            bound.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            bound |= {found.asname or found.name.partition(".")[0] for found in node.names}
        elif isinstance(node, Function | ast.ClassDef) and node is not tree and node not in whole:
            bound.add(node.name)
    return loaded - bound - set(dir(builtins))


def attributes(tree: ast.AST, foreign: set[str]) -> tuple[set[str], set[str]]:
    """Return the names of the attributes that a piece of code asks for.

    Args:
        tree: the code.
        foreign: what is known to be no object of the machinery, by its name.

    Returns:
        those that it asks of others, and those that it asks of `self`.

    """
    others: set[str] = set()
    own_: set[str] = set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute):
            continue
        of = node.value
        name = of.id if isinstance(of, ast.Name) else getattr(of, "attr", None)
        if name == "self":
            own_.add(node.attr)
        elif name not in foreign:
            others.add(node.attr)
    return others, own_
