"""Initialised data directories, kept: initialising takes longer than everything else at a start."""

from __future__ import annotations

import hashlib
import secrets
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .command import run_to_end
from .expand import command_of, environment_of, input_of, program_values, write_files
from .places import cache_dir, make_private, make_run_directory
from .record import Record

if TYPE_CHECKING:
    import threading

    from .account import Account
    from .owner import Owner
    from .programs import Programs
    from .recipe import Recipe
    from .server import Say


@dataclass(frozen=True, slots=True)
class Template:
    """A data directory as the product's own initialisation left it, and its password."""

    data: Path
    password: str


def _folder(recipe: Recipe, programs: Programs) -> Path:
    status = programs.server.stat()
    what = (recipe.initialise, recipe.username, str(programs.server), status.st_mtime_ns)
    digest = hashlib.sha256(repr(what).encode()).hexdigest()[:12]
    return cache_dir() / "templates" / f"{recipe.service}-{programs.version}-{digest}"


def template_for(
    recipe: Recipe,
    programs: Programs,
    *,
    account: Account | None,
    owner: Owner,
    say: Say,
    abandoned: threading.Event,
) -> Template:
    """Return the template of these programs, made now if there is none yet.

    Raises:
        ServerError: the product's initialisation failed; with the end of what it wrote.

    """
    folder = _folder(recipe, programs)
    if not folder.exists():
        say(f"{recipe.service}: initialising a data directory ({programs.version}), once")
        _make(recipe, programs, folder, account=account, owner=owner, abandoned=abandoned)
    return Template(folder / "data", (folder / "password").read_text(encoding="utf-8"))


def _make(
    recipe: Recipe,
    programs: Programs,
    folder: Path,
    *,
    account: Account | None,
    owner: Owner,
    abandoned: threading.Event,
) -> None:
    run = make_run_directory(recipe.service)
    record = Record(service=recipe.service, directory=run, stop_signal=recipe.run.stop, owner=owner)
    record.write()
    try:
        (run / "data").mkdir(mode=0o700)
        password = secrets.token_urlsafe(18)
        values = program_values(programs, run)
        values |= {"username": recipe.username, "password": password}
        for step in recipe.initialise:
            write_files(step.files, values, run, None)
            if account is not None:
                account.own(run)
            run_to_end(
                command_of(programs, step.command, values),
                seconds=recipe.seconds,
                abandoned=abandoned,
                cwd=run,
                account=account,
                text=input_of(step.input, values),
                env=environment_of(step.environment, values, run),
            )
        _keep(run / "data", password, folder)
    finally:
        record.end()


def _keep(data: Path, password: str, folder: Path) -> None:
    make_private(folder.parent)
    unfinished = Path(tempfile.mkdtemp(prefix=".", dir=folder.parent))
    try:
        copy_data(data, unfinished / "data")
        (unfinished / "password").touch(mode=0o600)
        (unfinished / "password").write_text(password, encoding="utf-8")
        try:
            unfinished.rename(folder)
        except OSError:
            # Another process made the same one in the meantime; either serves.
            if not folder.exists():
                raise
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def copy_data(source: Path, target: Path) -> None:
    """Copy a data directory without what is not a file, such as sockets."""

    def others(folder: str, names: list[str]) -> list[str]:
        paths = [Path(folder) / name for name in names]
        return [path.name for path in paths if not path.is_file() and not path.is_dir()]

    shutil.copytree(source, target, ignore=others, dirs_exist_ok=True)
