"""Backend files for faulty drivers, made from those of the good ones."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from session_conformance.backend import known

from .dialects import drivername

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from .fault import Fault


def write(folder: Path, fault: Fault, good: str) -> Path:
    """Write the backend file of a fault over a good backend and return its path.

    What the good backend declares is declared here too: only what the fault adds is undeclared.
    """
    path = known()[good].path
    assert path is not None
    text = path.read_text(encoding="utf-8")
    text = re.sub(r"^title = .*", f'title = "{fault.id}"', text, count=1, flags=re.MULTILINE)
    new = f'drivername = "{drivername(fault, good)}"\nsetup = "tests.faulty"'
    text = re.sub(r"^drivername = .*", new, text, count=1, flags=re.MULTILINE)
    file = folder / f"{fault.backend(good)}.toml"
    file.write_text(text, encoding="utf-8")
    return file


def options(folder: Path, pairs: Iterable[tuple[Fault, str]]) -> list[str]:
    """Write backend files and return the options of the command that name them."""
    found = []
    for fault, good in pairs:
        found += ["--backend-file", str(write(folder, fault, good))]
    return found
