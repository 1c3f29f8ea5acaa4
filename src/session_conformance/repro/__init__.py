"""A cell as one Python file that needs SQLAlchemy and the driver, and nothing else."""

from __future__ import annotations

from .cell import Cell, Finder, ReproError
from .script import script

__all__ = ["Cell", "Finder", "ReproError", "script"]
