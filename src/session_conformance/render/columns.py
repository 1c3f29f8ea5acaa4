"""The columns of the matrix: what several together are called, and neighbours that agree."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from session_conformance.render.model import Cell, Row
    from session_conformance.results import BackendRecord


def title(backend: BackendRecord) -> str:
    """Return a backend's name for people: database and driver, `MariaDB PyMySQL`."""
    if backend.title.startswith(backend.database_title):
        return backend.title
    return f"{backend.database_title} {backend.title}"


@dataclass(frozen=True, slots=True)
class Span:
    """Neighbours that came out alike; `name` is the number of what they are called together."""

    cells: list[Cell]
    name: int


class Columns:
    """The backends of a report, in their order."""

    def __init__(self, backends: list[BackendRecord]) -> None:
        self._backends = backends
        self._drivers: dict[str, int] = {}
        for backend in backends:
            self._drivers[backend.database] = self._drivers.get(backend.database, 0) + 1
        self._names: dict[str, int] = {}

    def who(self, backends: list[BackendRecord]) -> str:
        """Return what several backends are called: whole databases by their name alone."""
        chosen = {backend.id for backend in backends}
        if len(chosen) == len(self._backends) > 1:
            return f"all {len(chosen)} backends"
        backends = [backend for backend in self._backends if backend.id in chosen]
        parts = []
        for database, group in groupby(backends, lambda backend: backend.database):
            members = list(group)
            if len(members) == self._drivers[database]:
                several = f" ({len(members)})" if len(members) > 1 else ""
                parts.append(f"{members[0].database_title}{several}")
            else:
                drivers = " + ".join(backend.title for backend in members)
                parts.append(f"{members[0].database_title} {drivers}")
        return " · ".join(parts)

    def spans(self, row: Row) -> list[Span]:
        """Return the cells of a row, neighbours that came out alike as one."""
        found = []
        for _, group in groupby(
            row.cells, lambda cell: (cell.behaviour, cell.expected, cell.declared)
        ):
            cells = list(group)
            name = self.who([cell.backend for cell in cells])
            found.append(Span(cells, self._names.setdefault(name, len(self._names))))
        return found

    @property
    def names(self) -> list[str]:
        """What the spans so far are called, by their numbers."""
        return list(self._names)
