"""Every case the suite holds, without running any."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from types import ModuleType
from typing import TYPE_CHECKING

from .content import content
from .declare import Case, CaseError, case_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path


def files(roots: Iterable[Path] | None = None) -> list[Path]:
    """Return the case files below `roots`, the suite's own where none are named."""
    found: list[Path] = []
    for root in roots or [content("suite")]:
        found.extend(sorted(root.rglob("test_*.py")) if root.is_dir() else [root])
    return found


def discover(roots: Iterable[Path] | None = None) -> dict[str, tuple[Case, str]]:
    """Import the case files and return what they declare.

    Returns:
        case id to the case and its place, `path:line`.

    Raises:
        CaseError: a file cannot be imported, or two cases have one id.

    """
    found: dict[str, tuple[Case, str]] = {}
    for case, function in functions(roots):
        code = function.__code__
        place = f"{code.co_filename}:{code.co_firstlineno}"
        if case.id in found:
            raise CaseError(f"{place}: “{case.id}” is declared at {found[case.id][1]} too.")
        found[case.id] = (case, place)
    return found


def functions(roots: Iterable[Path] | None = None) -> Iterator[tuple[Case, Callable[..., None]]]:
    """Import the case files and give each case with its function.

    Raises:
        CaseError: a file cannot be imported.

    """
    for path in files(roots):
        name = f"{_package(path.parent)}.{path.stem}"
        spec = importlib.util.spec_from_file_location(name, path)
        if spec is None or spec.loader is None:
            raise CaseError(f"{path} is no Python file.")
        module = importlib.util.module_from_spec(spec)
        # Annotations of mapped classes are looked up in the module by its name.
        sys.modules[name] = module
        try:
            spec.loader.exec_module(module)
        except Exception as error:
            raise CaseError(f"{path} cannot be imported: {error}") from error
        for function in list(vars(module).values()):
            case = case_of(function)
            if case is not None:
                yield case, function


def _package(folder: Path) -> str:
    """Return the name of a package that holds a folder's modules, so that they find each other."""
    digest = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:16]
    name = f"_session_conformance_cases_{digest}"
    if name not in sys.modules:
        package = ModuleType(name)
        package.__path__ = [str(folder)]
        sys.modules[name] = package
    return name


def suite_hash() -> str:
    """Return one short text that changes whenever any case does."""
    digest = hashlib.sha256()
    root = content("suite")
    for path in files():
        digest.update(str(path.relative_to(root)).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
