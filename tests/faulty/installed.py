"""The faulty drivers as a package that somebody has installed, with dialects of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import dialects
from .command import ROOT, environment
from .fault import FAULTS

if TYPE_CHECKING:
    from pathlib import Path

METADATA = "Metadata-Version: 2.1\nName: faulty-drivers\nVersion: 1.0\n"


def install(folder: Path) -> None:
    """Make a folder for `sys.path` in which SQLAlchemy finds every faulty dialect."""
    info = folder / "faulty_drivers-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(METADATA, encoding="utf-8")
    lines = [
        f"{dialects.drivername(fault, good).replace('+', '.')} = "
        f"{dialects.__name__}:{dialects.name_of(fault, good)}"
        for fault in FAULTS.values()
        for good in fault.over
    ]
    text = "\n".join(["[sqlalchemy.dialects]", *lines, ""])
    (info / "entry_points.txt").write_text(text, encoding="utf-8")


def installed(folder: Path) -> dict[str, str]:
    """Return an environment in which the faulty drivers of `folder` are installed."""
    return environment(PYTHONPATH=f"{folder}:{ROOT}")
