"""The script of a cell, gathered twice: at first only to see what the case needs at all."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

from . import data
from .bundle import MAIN, MODELS, Bundle
from .prune import Facts
from .source import free_names, read
from .values import expression
from .writer import Writer, functions, texts

if TYPE_CHECKING:
    from .cell import Cell
    from .piece import Key

# Methods that work on the shared tables whether or not the case names one.
ON_SHARED = {"failing_commit", "statement_without_transaction"}
# Methods that leave something besides tables.
TRIGGERS = {"log_inserts", "count_updates", "fill_inserts", "refuse_inserts"}


def script(cell: Cell) -> str:
    """Return the text of a Python file that repeats a cell.

    Raises:
        ReproError: a value of the case cannot be written down.

    """
    everything = dict.fromkeys(("shared", "two_phase", "scenes", "extra_sql", "asserts"), True)
    condition = cell.arguments.get("condition")
    told = "unscheduled" in cell.path.read_text(encoding="utf-8")
    known = {
        "unscheduled": told,
        "configured": getattr(condition, "configuration", None) is not None,
    }
    first = _bundle(cell, **everything, **known)
    asked = set().union(*(p.attributes for key, p in first.pieces.items() if key[0] == "case"))
    said = " ".join(piece.text for key, piece in first.pieces.items() if key[0] == "case")
    needs = {*cell.case.needs, cell.case.probes}
    flags = {
        "shared": any(key[0] == MODELS for key in first.pieces),
        "two_phase": "twophase" in said or "two_phase" in needs,
        "scenes": "together" in asked,
        "extra_sql": bool(asked & TRIGGERS),
        "asserts": re.search(r"^ +assert ", said, re.MULTILINE) is not None,
    }
    return Writer(cell, _bundle(cell, **flags, **known)).text()


def _bundle(cell: Cell, **flags: bool) -> Bundle:
    case = read("case", cell.path)
    facts = Facts(data.view(cell.backend, **flags))
    bundle = Bundle(case, facts)
    for name, hooks in _hooks(cell).items():
        bundle.modules[name] = read(name, hooks)
    bundle.take(case.name, {cell.function.__name__})
    bundle.take_listeners()
    for name in cell.arguments:
        text, module = expression(cell, name, case)
        bundle.take(module, free_names(ast.parse(text)))
        bundle.want({found.attr for found in _walk(text) if isinstance(found, ast.Attribute)})
    bundle.take(MAIN, {"main"})
    if bundle.attributes & ON_SHARED:
        bundle.take(MODELS, {"Base", "Account", "Entry"})
    while True:
        before = len(bundle.pieces)
        for module, name in _hooks_asked(bundle):
            bundle.take(module, {name})
        if len(bundle.pieces) == before:
            return bundle


def _walk(text: str) -> list[ast.AST]:
    return list(ast.walk(ast.parse(text)))


def _hooks(cell: Cell) -> dict[str, Path]:
    """Return the files of hooks, by the names that their modules get here."""
    found = {}
    for name, hooks in (("family", cell.backend.family.hooks), ("backend", cell.backend.hooks)):
        for function in functions(hooks).values():
            found[f"hooks_of_{name}"] = Path(function.__code__.co_filename)
    return found


def _hooks_asked(bundle: Bundle) -> list[Key]:
    backend = bundle.facts.backend
    _, _, asked, _ = data.asked(texts(bundle), bundle.facts)
    of = {"hooks_of_family": backend.family.hooks, "hooks_of_backend": backend.hooks}
    return [
        (module, name)
        for module, hooks in of.items()
        for name in sorted(asked & set(functions(hooks)))
    ]


__all__ = ["script"]
