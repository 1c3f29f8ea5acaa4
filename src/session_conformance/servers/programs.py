"""Server programs on this machine: on PATH or in the usual folders, told apart by their version."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .server import ServerError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .recipe import Recipe


@dataclass(frozen=True, slots=True, kw_only=True)
class Programs:
    """A server program that was found, with what it needs beside it.

    `loader` goes before every program: a dynamic loader with its library path where the programs
    were unpacked, not installed.
    """

    server: Path
    share: Path | None
    version: str
    detail: str
    loader: tuple[str, ...] = ()


def version_of(recipe: Recipe, server: Path, loader: tuple[str, ...] = ()) -> str | None:
    """Return a program's version; None if it does not run or is another product."""
    try:
        told = subprocess.run(
            [*loader, str(server), recipe.programs.version_argument],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(recipe.programs.version, told.stdout + told.stderr)
    return found[1] if found else None


def as_number(version: str) -> tuple[int, ...]:
    """Return a version as numbers, to compare."""
    return tuple(int(part) for part in re.findall(r"\d+", version))


def inspect(
    recipe: Recipe, server: Path, detail: str, loader: tuple[str, ...] = ()
) -> Programs | None:
    """Return the programs around a server program if they are complete and the right product."""
    if any(not (server.parent / name).is_file() for name in recipe.programs.needs):
        return None
    share = _share(recipe, server.parent.parent)
    if share is None and recipe.programs.share:
        return None
    version = version_of(recipe, server, loader)
    if version is None:
        return None
    return Programs(server=server, share=share, version=version, detail=detail, loader=loader)


def _share(recipe: Recipe, prefix: Path) -> Path | None:
    for pattern in recipe.programs.share:
        for found in folders(pattern.replace("{prefix}", str(prefix))):
            if recipe.programs.share_holds and (found / recipe.programs.share_holds).exists():
                return found
    return None


def folders(pattern: str) -> list[Path]:
    """Return the folders that fit an absolute glob pattern, in order."""
    return sorted(Path("/").glob(pattern.removeprefix("/")))


def _on_path(names: Iterable[str]) -> Iterator[Path]:
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        for name in names:
            # Folders that we may not enter are on many a PATH; is_file() would raise there.
            program = Path(folder) / name
            if os.access(program, os.X_OK) and program.is_file():
                yield program


def local_programs(recipe: Recipe) -> Programs:
    """Return the programs to use: the first that fit on PATH, else the newest of the usual folders.

    Raises:
        ServerError: there are none.

    """
    # Links are followed: /usr/bin may hold a link while the rest is beside what it points to.
    for server in _on_path(recipe.programs.server):
        if found := inspect(recipe, server.resolve(), f"programs in {server.parent}"):
            return found
    candidates = [
        found
        for pattern in recipe.programs.folders
        for folder in folders(pattern)
        for name in recipe.programs.server
        if (server := folder / name).is_file()
        and (found := inspect(recipe, server.resolve(), f"programs in {folder}"))
    ]
    if candidates:
        return max(candidates, key=lambda programs: as_number(programs.version))
    names = " or ".join(recipe.programs.server)
    raise ServerError(
        f"No {recipe.title} server program ({names}) is on PATH or in the usual folders.",
        f"Install one: {recipe.programs.install}.",
    )
