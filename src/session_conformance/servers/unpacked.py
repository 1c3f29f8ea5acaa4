"""Server programs from the distribution's packages: downloaded and unpacked, never installed."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from .account import server_account
from .apt import PrivateApt, is_debian, missing_program
from .command import run_to_end
from .owner import Owner
from .places import programs_dir
from .programs import as_number, inspect
from .server import ServerError

if TYPE_CHECKING:
    import threading

    from .apt import Candidate
    from .programs import Programs
    from .recipe import Packages, Recipe
    from .server import Say

# Large, and no part of a server.
_NOT_NEEDED = ("usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/perl")


def _loader(root: Path) -> tuple[str, ...]:
    """Return the loader among the unpacked files, with the path of the unpacked libraries."""
    folders = sorted({*root.glob("lib/*-linux-*"), *root.glob("usr/lib/*-linux-*")})
    for folder in (*folders, root / "lib64", root / "usr/lib64"):
        for loader in sorted(folder.glob("ld-linux*.so.*")):
            # Links in packages are absolute: they would lead to the machine's own loader.
            if not loader.is_symlink():
                path = ":".join(str(folder) for folder in folders)
                return (str(loader), "--library-path", path)
    return ()


def _inspect_root(recipe: Recipe, root: Path) -> Programs | None:
    loader = _loader(root)
    for folder in ("usr/sbin", "usr/libexec", "usr/bin", *_bin_folders(recipe, root)):
        for name in recipe.programs.server:
            server = root / folder / name
            if loader and server.is_file():
                found = inspect(recipe, server, f"packages unpacked in {root}", loader)
                if found is not None:
                    return found
    return None


def _bin_folders(recipe: Recipe, root: Path) -> list[str]:
    patterns = [pattern.removeprefix("/") for pattern in recipe.programs.folders]
    return [str(found.relative_to(root)) for pattern in patterns for found in root.glob(pattern)]


def unpacked_programs(
    recipe: Recipe, packages: Packages, *, say: Say, abandoned: threading.Event
) -> Programs:
    """Return programs from an unpacked package, fetched now if there is none yet.

    The machine's own suites come first; only Debian itself has others to turn to.

    Raises:
        ServerError: no apt, no mirror, no such package, or its programs do not run here.

    """
    account = server_account()
    folder = programs_dir(None if account is None else account.uid) / recipe.service
    if found := cached_programs(recipe, folder):
        return found
    if missing := missing_program():
        raise ServerError(
            f"{recipe.title} can be fetched from packages of Debian and its relatives only; this "
            f"machine has no {missing}.",
            f"Install a server instead: {recipe.programs.install}; or use Docker.",
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ServerError(
            f"The folder {folder} cannot be written ({error.strerror}).",
            "Name another one with XDG_CACHE_HOME.",
        ) from None
    _fetch(recipe, packages, folder, say=say, abandoned=abandoned)
    if found := cached_programs(recipe, folder):
        return found
    raise ServerError(f"The fetched programs of {recipe.title} do not run on this machine.")


def cached_programs(recipe: Recipe, folder: Path | None = None) -> Programs | None:
    """Return the newest programs that were fetched before and still run."""
    if folder is None:
        account = server_account()
        folder = programs_dir(None if account is None else account.uid) / recipe.service
    if not folder.is_dir():
        return None
    roots = sorted(
        (path for path in folder.iterdir() if not path.name.startswith(".")),
        key=lambda path: as_number(path.name),
        reverse=True,
    )
    return next((found for root in roots if (found := _inspect_root(recipe, root))), None)


def _fetch(
    recipe: Recipe, packages: Packages, folder: Path, *, say: Say, abandoned: threading.Event
) -> None:
    _sweep(folder)
    work = Path(tempfile.mkdtemp(prefix=".fetch-", dir=folder))
    work.chmod(0o755)  # apt, run by root, downloads as a user of its own
    (work / "owner").write_text(str(Owner.here()), encoding="utf-8")
    began = time.monotonic()
    try:
        apt, candidate = _choose(recipe, packages, work, say=say, abandoned=abandoned)
        say(
            f"{recipe.service}: fetching {candidate.name} {candidate.version} "
            f"({candidate.origin}) and the libraries it needs"
        )
        archives = apt.download(candidate.name)
        size = sum(path.stat().st_size for path in archives)
        root = work / "root"
        root.mkdir(mode=0o755)
        _unpack(archives, root, abandoned=abandoned)
        if _inspect_root(recipe, root) is None:
            raise ServerError(f"The programs in {candidate.name} do not run on this machine.")
        target = folder / candidate.version.replace(":", "_").replace("/", "_")
        try:
            root.rename(target)
        except OSError:
            # Another process fetched the same in the meantime; what does not run is replaced.
            if _inspect_root(recipe, target) is None:
                shutil.rmtree(target)
                root.rename(target)
        say(
            f"{recipe.service}: fetched {len(archives)} packages, {size / 1e6:.0f} MB, "
            f"in {time.monotonic() - began:.1f} s"
        )
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _sweep(folder: Path) -> None:
    """Remove what a fetch left behind whose process was killed."""
    for written in folder.glob(".fetch-*/owner"):
        owner = Owner.parse(written.read_text(encoding="utf-8"))
        if owner is not None and owner.is_gone():
            shutil.rmtree(written.parent, ignore_errors=True)


def _choose(
    recipe: Recipe, packages: Packages, work: Path, *, say: Say, abandoned: threading.Event
) -> tuple[PrivateApt, Candidate]:
    tried: list[str] = []
    # Other suites follow one after the other: the nearest one that has it is taken.
    for suite in ("", *packages.suites):
        place = f"Debian {suite}" if suite else "the machine's own suites"
        if suite and not is_debian():
            break
        say(f"{recipe.service}: looking into {place}")
        apt = PrivateApt(work / (suite or "own"), [suite] if suite else [], abandoned=abandoned)
        apt.update()
        if candidate := apt.candidate(packages.names):
            return apt, candidate
        tried.append(place)
    raise ServerError(
        f"No package {' or '.join(packages.names)} is in {' or '.join(tried)}.",
        f"Install a server instead: {recipe.programs.install}; or use Docker.",
    )


def _unpack(archives: list[Path], root: Path, *, abandoned: threading.Event) -> None:
    def unpack(archive: Path) -> None:
        run_to_end(
            ["dpkg-deb", "-x", str(archive), str(root)],
            seconds=120,
            abandoned=abandoned,
            cwd=root,
            env=dict(os.environ, LC_ALL="C"),
        )

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(unpack, archives))
    for name in _NOT_NEEDED:
        shutil.rmtree(root / name, ignore_errors=True)
