"""Folders of this machine: what is kept between runs, and where a server's data goes."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

_NAME = "session-conformance"
_ROOM = 2 * 1024**3  # bytes a memory file system must have free to take a server's data
PREFIX = f"{_NAME}-"


def cache_dir() -> Path:
    """Return the folder of what is kept between runs: `$XDG_CACHE_HOME/session-conformance`."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / _NAME


def programs_dir(uid: int | None) -> Path:
    """Return the folder of fetched programs; `uid` must be able to enter it, None being ourselves.

    The home of root is closed to the unprivileged user that runs the servers; programs are then
    kept under `/var/cache`.
    """
    wanted = cache_dir() / "programs"
    if uid is None or can_enter(wanted, uid):
        return wanted
    return Path("/var/cache") / _NAME / "programs"


def can_enter(path: Path, uid: int) -> bool:
    """Tell whether a user reaches `path`; folders that do not exist yet are open to everybody."""
    for folder in (path, *path.parents):
        try:
            status = folder.stat()
        except FileNotFoundError:
            continue
        except OSError:
            return False
        if not status.st_mode & (0o100 if status.st_uid == uid else 0o001):
            return False
    return True


def make_private(folder: Path) -> Path:
    """Make a folder that only we can enter, and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    return folder


def make_run_directory(service: str) -> Path:
    """Make a fresh directory for one server, in memory where there is room."""
    memory = Path("/dev/shm")  # noqa: S108  # mkdtemp makes a private folder in it
    in_memory = (
        memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > _ROOM
    )
    return Path(tempfile.mkdtemp(prefix=f"{PREFIX}{service}-", dir=memory if in_memory else None))
