"""Runs one program to its end, with a deadline, and stops it when the search is given up."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .account import as_account
from .readiness import AbandonedError, tail
from .server import ServerError

if TYPE_CHECKING:
    import threading
    from collections.abc import Mapping, Sequence

    from .account import Account


def plain_environment(home: Path) -> dict[str, str]:
    """Return an environment in which nothing of ours changes what a server program does."""
    path = os.environ.get("PATH", os.defpath)
    return {"PATH": path, "LC_ALL": "C", "HOME": str(home), "TMPDIR": str(home)}


def run_to_end(
    arguments: Sequence[str],
    *,
    seconds: float,
    abandoned: threading.Event,
    cwd: Path,
    account: Account | None = None,
    env: Mapping[str, str] | None = None,
    text: bytes = b"",
) -> str:
    """Run a program and return what it wrote, errors included.

    Raises:
        ServerError: it failed, with the end of what it wrote, or took more than `seconds`.

    """
    deadline = time.monotonic() + seconds
    name = Path(arguments[0]).name
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as written:
        given.write(text)
        given.seek(0)
        options: dict[str, Any] = as_account(account)
        process = subprocess.Popen(
            list(arguments),
            cwd=cwd,
            env=dict(env) if env is not None else plain_environment(cwd),
            stdin=given,
            stdout=written,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            **options,
        )

        def output() -> str:
            written.seek(0)
            return written.read().decode(errors="replace")

        while True:
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.1)
                break
            if abandoned.is_set() or time.monotonic() > deadline:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                if abandoned.is_set():
                    raise AbandonedError
                raise ServerError(f"{name} took more than {seconds:g} s.{tail(output())}")
        if process.returncode != 0:
            raise ServerError(
                f"{name} ended with exit code {process.returncode}. It wrote:{tail(output())}"
            )
        return output()
