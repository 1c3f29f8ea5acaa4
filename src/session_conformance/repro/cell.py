"""The cell that a script is written of: a case's function, its variant's values and a backend."""

from __future__ import annotations

import contextlib
import difflib
import io
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy.engine import make_url

from ..cases import discover
from ..condition import conditions
from ..content import content
from ..exits import UsageError
from ..plugin import identity
from ..run import unknown_case

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from ..backend import Backend
    from ..condition import Condition
    from ..declare import Case

# Variants that an error names; more than these nobody reads.
NAMED = 12


class ReproError(UsageError):
    """A cell of which no script can be written; the message says why, or what to write instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell, not run.

    `arguments` are the values of the function's parameters but `db`, by name; `ignored` are the
    warnings that the case lets pass, as regular expressions; `indices` say which of the values of
    its `pytest.mark.parametrize` an argument is.
    """

    case: Case
    function: Callable[..., Any]
    path: Path
    variant: str | None
    backend: Backend
    arguments: dict[str, Any] = field(default_factory=dict)
    indices: dict[str, int] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()


class _Collector:
    """The plugin that makes the variants of a case's file for one backend, and runs none."""

    def __init__(self, backend: Backend, levels: Iterable[Condition]) -> None:
        self.backend = backend.id
        self.conditions = list(levels)
        self.items: list[pytest.Function] = []

    @pytest.hookimpl(trylast=True)
    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Give each case its backend, and its conditions, named as in a run."""
        if "condition" in metafunc.fixturenames:
            ids = [f"{found}-@{self.backend}" for found in self.conditions]
            pairs = [(found, self.backend) for found in self.conditions]
            metafunc.parametrize(("condition", "db"), pairs, ids=ids)
        elif "db" in metafunc.fixturenames:
            metafunc.parametrize("db", [self.backend], ids=[f"@{self.backend}"])

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Keep what was found."""
        self.items = [item for item in items if isinstance(item, pytest.Function)]


def collected(path: Path, backend: Backend) -> list[pytest.Function]:
    """Return the test items of a case file on a backend, its variants told apart."""
    dialect: Any = make_url(f"{backend.drivername}://").get_dialect()()
    levels: Sequence[str] = ()
    with contextlib.suppress(Exception):
        levels = dialect.get_isolation_level_values(None)
    collector = _Collector(backend, conditions(levels, backend.family.configurations))
    arguments = [
        str(path), "-c", str(content("suite") / "pytest.ini"), "--rootdir", str(path.parent),
        "-p", "no:cacheprovider", "-p", "no:unraisableexception", "--collect-only", "-q",
    ]  # fmt: skip
    with contextlib.redirect_stdout(io.StringIO()) as told:
        code = pytest.main(arguments, plugins=[collector])
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        raise ReproError(f"{path} cannot be collected: {told.getvalue().strip()}")
    return collector.items


class Finder:
    """Finds cells on one backend; keeps what it has read from one to the next.

    Args:
        backend: on which.
        roots: folders and files of cases, the suite's own where there are none.

    """

    def __init__(self, backend: Backend, roots: Sequence[Path] = ()) -> None:
        self._backend = backend
        self._cases = discover(list(roots) or None)
        self._variants: dict[str, dict[str | None, pytest.Function]] = {}
        self._read: set[Path] = set()

    def find(self, name: str) -> Cell:
        """Return the cell that `name` means: a case's id, with its variant behind a slash.

        Raises:
            UsageError: there is no such case or variant, or a script cannot carry it out.

        """
        word, _, variant = name.partition("/")
        if word not in self._cases:
            raise unknown_case(word, self._cases, [self._backend.id])
        case, place = self._cases[word]
        _refuse(case, self._backend)
        path = Path(place.rpartition(":")[0])
        variants = self._variants_of(word, path)
        if (variant or None) not in variants:
            raise _unknown_variant(word, variant, [found for found in variants if found])
        item = variants[variant or None]
        callspec: Any = getattr(item, "callspec", None)
        arguments = dict(callspec.params)
        del arguments["db"]
        if "monkeypatch" in item.fixturenames:
            arguments["monkeypatch"] = None
        return Cell(
            case=case, function=item.function, path=path, variant=variant or None,
            backend=self._backend, arguments=arguments, indices=_indices(item, arguments),
            ignored=_ignored(item),
        )  # fmt: skip

    def _variants_of(self, case: str, path: Path) -> dict[str | None, pytest.Function]:
        if path not in self._read:
            self._read.add(path)
            for item in collected(path, self._backend):
                cell = identity(item)
                if cell is not None:
                    self._variants.setdefault(cell[0].id, {})[cell[1]] = item
        return self._variants.get(case, {})


def _refuse(case: Case, backend: Backend) -> None:
    if "own_server" in case.needs or case.probes == "own_server":
        raise UsageError(
            f"“{case.id}” restarts a server that only a run of the suite has: repeat it with "
            f"“session-conformance run --case {case.id} --backend {backend.id}”."
        )
    lacks = [need for need in case.needs if not backend.can(need)]
    if lacks:
        raise UsageError(
            f"“{case.id}” takes {lacks[0]}, which {backend.id} does not have: choose another "
            "backend (“session-conformance backends” shows who has what)."
        )


def _unknown_variant(case: str, variant: str, known: list[str]) -> UsageError:
    if not known:
        return UsageError(f"“{case}” has no variants: leave “/{variant}” out.")
    named = ", ".join(f"“{each}”" for each in known[:NAMED]) + (", …" if len(known) > NAMED else "")
    if not variant:
        return UsageError(f"“{case}” has variants: write “{case}/{known[0]}”. Known: {named}.")
    near = difflib.get_close_matches(variant, known, 1)
    hint = f" Did you mean “{near[0]}”?" if near else ""
    return UsageError(f"“{case}” has no variant “{variant}” here.{hint} Known: {named}.")


def _indices(item: pytest.Function, arguments: Mapping[str, Any]) -> dict[str, int]:
    """Return which row of its `parametrize` holds each argument."""
    found: dict[str, int] = {}
    for mark in item.iter_markers("parametrize"):
        names = mark.args[0]
        names = [name.strip() for name in names.split(",")] if isinstance(names, str) else names
        for index, row in enumerate(mark.args[1]):
            values = getattr(row, "values", None) if hasattr(row, "marks") else None
            values = values or ([row] if len(names) == 1 else row)
            for name, value in zip(names, values, strict=True):
                if value is arguments.get(name):
                    found.setdefault(name, index)
    return found


def _ignored(item: pytest.Function) -> tuple[str, ...]:
    """Return the messages of the warnings that the case's marks ignore."""
    words = [str(mark.args[0]) for mark in item.iter_markers("filterwarnings")]
    ignored = [word.partition(":")[2] for word in words if word.startswith("ignore:")]
    return tuple(re.sub(r":\w*$", "", word) for word in ignored)
