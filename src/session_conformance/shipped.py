"""Backends and cases that other installed packages bring along, by their entry points.

In the group `session_conformance.backends` an entry point names a module whose folder holds backend
files, in `session_conformance.cases` one whose folder holds cases.
"""

from __future__ import annotations

import sys
from functools import cache
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from .backend import BackendError, known, load

if TYPE_CHECKING:
    from .backend import Backend

BACKENDS = "session_conformance.backends"
CASES = "session_conformance.cases"


@cache
def backends() -> dict[str, Backend]:
    """Return the backends of other packages, id to backend; a broken one is a line of warning."""
    found: dict[str, Backend] = {}
    for origin, folder in _folders(BACKENDS).items():
        files = sorted(folder.glob("*.toml"))
        if not files:
            _warn(f"{origin}: there is no backend file in {folder}.")
        for path in files:
            taken = known().get(path.stem) or found.get(path.stem)
            if taken is not None:
                _warn(f"{origin}: {path.name} is left out, its name is taken by {taken.path}.")
                continue
            try:
                found[path.stem] = load(path)
            except (BackendError, OSError) as error:
                _warn(f"{origin}: {path.name} is left out: {error}")
            except Exception as error:
                # A module that sets up, or hooks, may raise anything.
                _warn(f"{origin}: {path.name} is left out: {type(error).__name__}: {error}")
    return found


def cases() -> dict[str, Path]:
    """Return the folders of cases that other packages bring, by the names of their entry points."""
    return {origin.partition(" ")[0]: folder for origin, folder in _folders(CASES).items()}


def _folders(group: str) -> dict[str, Path]:
    """Return the folders that the entry points of a group lead to, by name and package."""
    found: dict[str, Path] = {}
    for point in metadata.entry_points(group=group):
        package = point.dist.name if point.dist else "an unknown package"
        origin = f"{point.name} of {package}"
        try:
            spec = find_spec(point.module)
        except Exception as error:
            _warn(f"{origin}: {point.value} cannot be found: {type(error).__name__}: {error}")
            continue
        places = list(spec.submodule_search_locations or ()) if spec else []
        if spec and not places and spec.origin:
            places = [str(Path(spec.origin).parent)]
        folder = next((Path(place) for place in places if Path(place).is_dir()), None)
        if folder is None:
            _warn(f"{origin}: {point.value} is not there, or no folder.")
        else:
            found[origin] = folder
    return found


def _warn(message: str) -> None:
    line = " ".join(message.split())
    sys.stderr.write(f"session-conformance: warning: entry point {line}\n")
