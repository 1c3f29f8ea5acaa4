"""Server programs that a Python distribution carries."""

from __future__ import annotations

import shutil
import tempfile
from importlib import metadata, util
from pathlib import Path
from typing import TYPE_CHECKING

from .account import server_account
from .places import can_enter, programs_dir
from .programs import inspect
from .server import ServerError

if TYPE_CHECKING:
    from .programs import Programs
    from .recipe import Recipe, Wheel
    from .server import Say


def wheel_programs(recipe: Recipe, wheel: Wheel, *, say: Say) -> Programs:
    """Return the programs inside the installed distribution.

    Raises:
        ServerError: it is not installed, or its programs do not run here.

    """
    spec = util.find_spec(wheel.package)
    if spec is None or spec.origin is None:
        raise ServerError(
            f"The Python package {wheel.distribution} is not installed.",
            f"Install it with: pip install 'session-conformance[{wheel.extra}]'",
        )
    version = metadata.version(wheel.distribution)
    package = Path(spec.origin).parent
    account = server_account()
    if account is not None and not can_enter(package, account.uid):
        package = _copy(package, wheel, version, account.uid, say)
    for name in recipe.programs.server:
        server = package / wheel.folder / "bin" / name
        if found := inspect(recipe, server, f"programs of {wheel.distribution} {version}"):
            return found
    raise ServerError(f"The programs of {wheel.distribution} {version} do not run on this machine.")


def _copy(package: Path, wheel: Wheel, version: str, uid: int, say: Say) -> Path:
    """Copy the package to where an unprivileged user can enter, with the libraries beside it."""
    folder = programs_dir(uid) / f"{wheel.distribution}-{version}"
    if not folder.exists():
        say(f"{wheel.distribution}: copying its programs to {folder}")
        folder.parent.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(prefix=".", dir=folder.parent))
        try:
            unfinished.chmod(0o755)
            for source in (package, package.with_name(f"{wheel.package}.libs")):
                if source.is_dir():
                    shutil.copytree(source, unfinished / source.name, symlinks=True)
            try:
                unfinished.rename(folder)
            except OSError:
                if not folder.exists():
                    raise
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    return folder / wheel.package
