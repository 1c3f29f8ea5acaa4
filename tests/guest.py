"""The suite as others have it: a wheel, installed beside a project of theirs."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from .faulty.command import ROOT, environment

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True)
class Installed:
    """A wheel, and the folder that it is installed in."""

    wheel: Path
    folder: Path

    def command(
        self,
        *words: str,
        cwd: Path,
        path: Iterable[Path] = (),
        env: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run `session-conformance` as installed, in a folder that is not the checkout."""
        places = ":".join(map(str, [self.folder, *path]))
        return subprocess.run(
            [sys.executable, "-m", "session_conformance", *words],
            cwd=cwd, capture_output=True, text=True, check=False,
            env=environment(**{**(env or {}), "PYTHONPATH": places}),
        )  # fmt: skip


def install(folder: Path) -> Installed:
    """Build the wheel of this checkout and install it without what it needs.

    Raises:
        RuntimeError: it cannot be built here, such as without a way to fetch hatchling.

    """
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    for words in (
        ["wheel", "--no-deps", "--wheel-dir", str(folder), str(ROOT)],
        ["install", "--no-deps", "--no-index", "--target", str(folder / "installed")],
    ):
        wheels = [str(path) for path in folder.glob("*.whl")]
        done = subprocess.run(
            [*pip, *words, *wheels], capture_output=True, text=True, check=False
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(done.stderr)
    return Installed(next(folder.glob("*.whl")), folder / "installed")


def bring(folder: Path, name: str, points: str, files: Mapping[str, str]) -> None:
    """Install a package of somebody's, as far as Python can tell: its files and entry points."""
    info = folder / f"{name}-1.0.dist-info"
    for place, text in {
        **{f"{name}/{file}": text for file, text in files.items()},
        f"{info.name}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{info.name}/entry_points.txt": points,
    }.items():
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def links(folder: Path, *names: str) -> None:
    """Fill a folder with what distributions installed, and nothing else that is installed here."""
    for name in names:
        found = metadata.distribution(name)
        for top in {Path(str(file)).parts[0] for file in found.files or ()} - {".."}:
            place = Path(str(found.locate_file(top)))
            if place.name != "__pycache__" and not (folder / top).exists():
                (folder / top).symlink_to(place)
