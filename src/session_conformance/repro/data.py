"""What a backend's files say of it, as plain literals, as far as a script asks for it."""

from __future__ import annotations

import ast
import dataclasses
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from ..engines import observer_connect_args
from .prune import UnknownError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..backend import Backend
    from .prune import Facts

WIDTH = 92


def view(backend: Backend, **flags: bool) -> SimpleNamespace:
    """Return a backend as a namespace that a script's folding looks at.

    Args:
        backend: whose.
        flags: what is known of the case, such as whether it has several Sessions.

    """
    fields = {found.name: getattr(backend, found.name) for found in dataclasses.fields(backend)}
    family = {
        found.name: getattr(backend.family, found.name)
        for found in dataclasses.fields(backend.family)
    }
    family["sql"] = dict(backend.family.sql)
    return SimpleNamespace(
        **(fields | {"family": SimpleNamespace(**family)}), observers=observers(backend), **flags
    )


def observers(backend: Backend) -> dict[str, dict[str, Any]]:
    """Return the drivers that may look on, the best first, with their options."""
    return {
        drivername: observer_connect_args(backend, drivername)
        for drivername in backend.family.observers
    }


def asked(texts: Iterable[str], facts: Facts) -> tuple[set[str], set[str], set[str], set[str]]:
    """Return what pieces of a script ask for: attributes of backend, family and hooks, and SQL."""
    found: dict[str, set[str]] = {"backend": set(), "family": set(), "hooks": set(), "sql": set()}
    for text in texts:
        key = (facts.key, text)
        if key not in _ASKED:
            _ASKED[key] = list(_asked(text, facts))
        for of, name in _ASKED[key]:
            found[of].add(name)
    return found["backend"], found["family"], found["hooks"], found["sql"]


# What a text was found to ask for, by what is known of the backend.
_ASKED: dict[tuple[Any, str], list[tuple[str, str]]] = {}


def _asked(text: str, facts: Facts) -> Iterator[tuple[str, str]]:
    backend = facts.backend
    for node in ast.walk(ast.parse(text)):
        text_ = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text_, str) and text_ in backend.family.sql:
            yield "sql", text_
        if not isinstance(node, ast.Attribute):
            continue
        try:
            of = facts.value(node.value)
        except UnknownError:
            continue
        if of is backend:
            yield "backend", node.attr
        elif of is backend.family:
            yield "family", node.attr
        elif of is not None and of in (backend.hooks, backend.family.hooks):
            yield "hooks", node.attr


def quoted(value: Any) -> str:
    """Return a plain value as Python writes it, text in double quotes."""
    text = repr(value)
    if isinstance(value, str) and text[0] == "'" and '"' not in value:
        return f'"{text[1:-1]}"'
    if type(value) in (tuple, list):
        inner = ", ".join(map(quoted, value))
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    return text


def namespace(name: str, values: dict[str, str]) -> str:
    """Return the assignment of a namespace with these expressions."""
    lines = "".join(f"    {key}={value},\n" for key, value in values.items())
    return f"{name} = SimpleNamespace(\n{lines})" if lines else f"{name} = SimpleNamespace()"


def literal(value: Any, indent: int = 4) -> str:
    """Return a value of a TOML file in Python's notation, long text on several lines."""
    pad = " " * indent
    if isinstance(value, str) and len(value) + indent > WIDTH:
        width = WIDTH - indent - 4
        parts = []
        while value:
            cut = len(value) if len(value) <= width else value.rfind(" ", 0, width) + 1 or width
            parts.append(value[:cut])
            value = value[cut:]
        return "(\n" + "".join(f"{pad}    {quoted(part)}\n" for part in parts) + f"{pad})"
    if isinstance(value, dict):
        if not value:
            return "{}"
        inner = "".join(
            f"{pad}    {quoted(key)}: {literal(item, indent + 4)},\n" for key, item in value.items()
        )
        return f"{{\n{inner}{pad}}}"
    return quoted(value)
