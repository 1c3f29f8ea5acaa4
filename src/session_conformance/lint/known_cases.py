"""The cases that a file may speak of: the suite's, and those that are examined with it."""

from __future__ import annotations

import difflib
from contextlib import redirect_stderr, redirect_stdout
from fnmatch import fnmatchcase
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest

from ..content import content
from ..plugin import identity
from .case_file import ANY, named

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from .case_file import Named


class KnownCases:
    """Ids, answers and variants of cases, read from their files.

    Args:
        files: files of cases besides the suite's.

    """

    def __init__(self, files: Iterable[Path] = ()) -> None:
        self._found: dict[str, list[Named]] = {}
        self._variants: dict[str, list[str]] = {}
        own = sorted(content("suite").rglob("test_*.py"))
        for path in dict.fromkeys([*own, *files]):
            for case in named(path):
                self._found.setdefault(case.id, []).append(case)

    def __contains__(self, case: object) -> bool:
        """Tell whether a case has this id."""
        return case in self._found

    def declared(self, case: str) -> list[Named]:
        """Return every place that declares an id: one, where all is well."""
        return self._found[case]

    def unknown(self, case: str) -> str | None:
        """Return what is said of an id that no case has, None where one has it."""
        if case in self._found:
            return None
        near = difflib.get_close_matches(case, self._found, 1)
        hint = f" Did you mean “{near[0]}”?" if near else ""
        return f"there is no case “{case}”.{hint}"

    def unknown_answer(self, case: str, answer: str) -> str | None:
        """Return what is said of an answer that a question does not have, None where it has it."""
        known = self._found[case][0].answers
        if answer in known or ANY in known:
            return None
        if not known:
            return f"“{case}” is no question, so nothing answers it."
        near = difflib.get_close_matches(answer, known, 1)
        hint = f"Did you mean “{near[0]}”?" if near else f"It has: {', '.join(known)}."
        return f"“{case}” has no answer “{answer}”. {hint}"

    def unknown_variant(self, case: str, variant: str) -> str | None:
        """Return what is said of a variant that a case has not, None where it has it."""
        if case not in self._variants:
            file = self._found[case][0].path
            found = _collect(file)
            self._variants |= {one.id: found.get(one.id, []) for one in named(file)}
        known = self._variants[case]
        if any(fnmatchcase(variant, pattern) for pattern in known):
            return None
        if not known:
            return f"“{case}” has no variants."
        near = difflib.get_close_matches(variant, known, 1)
        hint = f"Did you mean “{near[0]}”?" if near else f"It has: {', '.join(known)}."
        return f"“{case}” has no variant “{variant}”. {hint}"


class _Variants:
    """A plugin that has pytest name the variants of the cases that it collects."""

    def __init__(self) -> None:
        self.found: dict[str, list[str]] = {}

    @pytest.hookimpl(trylast=True)
    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        if "condition" in metafunc.fixturenames:
            # Which conditions there are, a server says.
            metafunc.parametrize(("condition", "db"), [(ANY, ANY)], ids=[f"{ANY}-@"])
        elif "db" in metafunc.fixturenames:
            metafunc.parametrize("db", [ANY], ids=["@"])

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            found = identity(item)
            if found and found[1]:
                self.found.setdefault(found[0].id, []).append(found[1])


def _collect(file: Path) -> dict[str, list[str]]:
    """Return the variants of the cases of a file: case id to patterns as of a shell."""
    suite = content("suite")
    plugin = _Variants()
    arguments: list[Any] = [
        str(file), "-c", str(suite / "pytest.ini"), "--rootdir", str(suite), "--collect-only",
        "--noconftest", "-p", "no:cacheprovider",
    ]  # fmt: skip
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        pytest.main(arguments, plugins=[plugin])
    return plugin.found
