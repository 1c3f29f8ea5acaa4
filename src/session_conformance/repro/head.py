"""The head of a script: what it is, how it is run, what it imports."""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from importlib import metadata
from typing import TYPE_CHECKING

import sqlalchemy

from ..backend import known
from ..render.address import docs_url
from ..version import __version__
from .data import WIDTH, observers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..backend import Backend
    from .cell import Cell
    from .source import Import


def requirements(cell: Cell) -> str:
    """Return the inline metadata (PEP 723) from which some programs install what is needed."""
    backend = cell.backend
    needed = ["sqlalchemy[asyncio]" if backend.is_async else "sqlalchemy", *_driver(backend)]
    listed = "".join(f'#   "{name}",\n' for name in needed)
    return f"# /// script\n# dependencies = [\n{listed}# ]\n# ///\n"


def _driver(backend: Backend) -> list[str]:
    """Return what to install for the driver, as this project's own metadata has it."""
    if backend.distribution is None:
        return []
    looks = [sibling for sibling in known().values() if sibling.drivername in observers(backend)]
    more = _driver(looks[0]) if backend.is_async and looks else []
    try:
        required = metadata.requires("session-conformance") or []
    except metadata.PackageNotFoundError:
        required = []
    names = [re.split(r"[\s;>=<]", line)[0] for line in required]
    own = backend.distribution.lower()
    wanted = [name for name in names if name.lower().startswith(f"{own}[")]
    return list(dict.fromkeys([wanted[0] if wanted else backend.distribution, *more]))


def about(cell: Cell) -> str:
    """Return what a script says of itself: its cell, how to run it, what its exit code means."""
    case = cell.case
    row = f"{case.id}/{cell.variant}" if cell.variant else case.id
    kind = "Promise" if case.what == "promise" else "Question"
    needed = ", ".join(["SQLAlchemy", *_driver(cell.backend)])
    versions = f"SQLAlchemy {sqlalchemy.__version__}"
    if cell.backend.driver_version:
        versions += f" and {cell.backend.distribution} {cell.backend.driver_version}"
    lines = [f"{row} on {cell.backend.id}", "", f"{kind}: {case.text}"]
    link = docs_url(case.docs, sqlalchemy.__version__)
    lines.append(f"Documentation: {link or case.docs}")
    lines += ["", f"It needs nothing but {needed}. To run it:", ""]
    if cell.backend.storage == "server":
        url = f"{cell.backend.drivername}://user:password@host/database"
        lines += [
            f"    DATABASE_URL={url} python THIS_FILE", "",
            "It works in a database that it makes on that server and removes at the end; where",
            "the user may make none, in the one that the URL names, if that is empty.",
        ]  # fmt: skip
    else:
        lines += ["    python THIS_FILE", "", "It works in a temporary database of its own."]
    lines += [
        "", "Exit code: 0 the promise is kept or the question answered, 1 it is broken, 3 it could",
        "not be carried out.", "",
        f"Written by Session Conformance {__version__}, with {versions}.",
    ]  # fmt: skip
    return "\n".join(lines).replace("\\", "\\\\")


def imports(used: Mapping[Import, str], setup: str | None) -> str:
    """Return the lines that import these, each by the name that it goes by."""
    whole = []
    parts: dict[str, list[str]] = defaultdict(list)
    for found, name in used.items():
        if found.name is None:
            own = found.module.partition(".")[0]
            alias = "" if name in (own, found.module) else f" as {name}"
            whole.append(f"import {found.module}{alias}")
        else:
            alias = "" if name == found.name else f" as {name}"
            parts[found.module].append(found.name + alias)
    lines = sorted(whole)
    for module in sorted(parts):
        names = ", ".join(sorted(parts[module]))
        line = f"from {module} import {names}"
        if len(line) > WIDTH:
            names = "".join(f"    {name},\n" for name in sorted(parts[module]))
            line = f"from {module} import (\n{names})"
        lines.append(line)
    standard = [line for line in lines if _is_standard(line)]
    other = [line for line in lines if not _is_standard(line)]
    if setup:
        other.insert(0, f"import {setup}")
    return "\n\n".join(
        "\n".join(block)
        for block in (["from __future__ import annotations"], standard, other)
        if block
    )


def _is_standard(line: str) -> bool:
    return line.split()[1].partition(".")[0] in sys.stdlib_module_names
