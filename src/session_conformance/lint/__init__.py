"""Examines backend files and cases, the suite's own or somebody else's, without running any."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ..content import content
from ..exits import UsageError
from . import backend_file, case_file
from .known_cases import KnownCases
from .problem import Problem, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

# Names that make a folder one of somebody's tools.
FOREIGN = {"node_modules", "site-packages", "__pycache__", "build", "dist"}


def lint(paths: Sequence[Path] = ()) -> tuple[list[Problem], int]:
    """Examine files and folders, the suite's own backends and cases where none are named.

    Returns:
        every problem, in the order of the files, and the number of files examined.

    Raises:
        UsageError: a path is not there, or leads to nothing that could be examined.

    """
    roots = list(paths) or [content("backends"), content("suite")]
    tables: list[Path] = []
    cases: list[Path] = []
    for root in roots:
        found_tables, found_cases = _below(root)
        if not found_tables and not found_cases:
            raise UsageError(
                f"{root} holds neither backend files nor cases. A backend file is TOML with title, "
                "database and drivername; a file of cases is called test_….py."
            )
        tables += found_tables
        cases += found_cases
    helpers = {path for path in cases if path.name[:5] != "test_" and not _declares(path)}
    known = KnownCases(path for path in cases if path not in helpers)
    problems: list[Problem] = []
    for path in cases:
        if path.name == "conftest.py":
            message = (
                "a run does not read this file: what cases share is a module that they import."
            )
            problems.append(Problem(path=path, rule="conftest", message=message, level="warning"))
            continue
        problems += case_file.check(path, helper=path in helpers)
        problems += _declared_twice(path, known) if path not in helpers else []
    for path in tables:
        problems += backend_file.check(path, known)
    order = {path: number for number, path in enumerate([*tables, *cases])}
    return sorted(problems, key=lambda one: (order[one.path], one)), len(order)


def _declared_twice(path: Path, known: KnownCases) -> Iterator[Problem]:
    """Give the cases of a file whose ids others have that were there before."""
    for case in case_file.named(path):
        first, *_ = known.declared(case.id)
        if first != case:
            message = (
                f"“{case.id}” is declared at {shown(first.path)}:{first.line} too: give each case "
                "its own id."
            )
            yield Problem(path=path, line=case.line, rule="same-id", message=message)


def _below(root: Path) -> tuple[list[Path], list[Path]]:
    """Return the TOML files and the Python files that a path means."""
    root = root.resolve()
    if root.is_file():
        return ([root], []) if root.suffix == ".toml" else ([], [root])
    if not root.is_dir():
        raise UsageError(f"{root} is not there: name a file or a folder.")
    tables: list[Path] = []
    cases: list[Path] = []
    for folder, names in _walk(root):
        files = [folder / name for name in names]
        tables += [
            path for path in files if path.suffix == ".toml" and backend_file.looks_like_one(path)
        ]
        scripts = [path for path in files if path.suffix == ".py" and path.name != "__init__.py"]
        # A host project has tests of its own; a folder of cases is one where one is declared.
        if any(path.name.startswith("test_") and _declares(path) for path in scripts):
            cases += scripts
    return tables, cases


def _walk(root: Path) -> Iterator[tuple[Path, list[str]]]:
    for folder, folders, names in os.walk(root):
        here = root / folder
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".")
            and name not in FOREIGN
            and not (here / name / "pyvenv.cfg").exists()
        )
        yield here, sorted(names)


def _declares(path: Path) -> bool:
    text = path.read_text(encoding="utf-8", errors="replace")
    return "session_conformance" in text and ("@promise" in text or "@question" in text)


__all__ = ["Problem", "lint"]
