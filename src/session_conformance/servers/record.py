"""What is written down about a server that runs as a process, so that others can use or stop it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from .owner import Owner, processes_using
from .places import PREFIX, cache_dir, make_private
from .server import Server, ServerError

if TYPE_CHECKING:
    from collections.abc import Iterator

_SECONDS = 10  # for a server to end when asked to, before it is killed


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One server process: its directory, the signal that stops it, its owner, how to connect.

    `owner` is None for a server that stays until `session-conformance servers stop`; `server` is
    None until it answered.
    """

    service: str
    directory: Path
    stop_signal: str
    owner: Owner | None
    server: Server | None = None

    @property
    def path(self) -> Path:
        """Return the file of this record; only we can read it, as it holds a password."""
        return _folder() / f"{self.directory.name}.json"

    def write(self) -> None:
        """Write the file, whole or not at all."""
        text = json.dumps(
            {
                "service": self.service,
                "directory": str(self.directory),
                "stop_signal": self.stop_signal,
                "owner": None if self.owner is None else str(self.owner),
                "server": None if self.server is None else asdict(self.server),
            },
            indent=2,
        )
        unfinished = self.path.with_suffix(f".{os.getpid()}")
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        unfinished.replace(self.path)

    @classmethod
    def read(cls, path: Path) -> Self | None:
        """Read a file; None where it is gone or not of this form."""
        try:
            raw: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            owner = raw["owner"]
            return cls(
                service=raw["service"],
                directory=Path(raw["directory"]),
                stop_signal=raw["stop_signal"],
                owner=None if owner is None else Owner.parse(owner),
                server=None if raw["server"] is None else Server(**raw["server"]),
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None

    @property
    def data(self) -> Path:
        """Return the data directory, by which a server's processes are recognised."""
        return self.directory / "data"

    def is_running(self) -> bool:
        """Tell whether a process has this server's data directory on its command line."""
        return bool(processes_using(self.data))

    def end(self) -> None:
        """Stop the server and remove its directory and this record.

        Only processes that name the data directory on their command line are signalled: an id
        that by now belongs to something else is safe.

        Raises:
            ServerError: the server did not end.

        """
        if not self.directory.name.startswith(PREFIX):
            raise ServerError(f"{self.directory} was not made by this project; left as it is.")
        for signal_name in (self.stop_signal, "SIGKILL"):
            for pid in processes_using(self.data):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.Signals[signal_name])
            if _wait_until_gone(self.data):
                break
        else:
            raise ServerError(f"The server of {self.directory} does not end.")
        shutil.rmtree(self.directory, ignore_errors=True)
        self.path.unlink(missing_ok=True)


def _wait_until_gone(data: Path) -> bool:
    deadline = time.monotonic() + _SECONDS
    while processes_using(data):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _folder() -> Path:
    try:
        return make_private(cache_dir() / "servers")
    except OSError as error:
        raise ServerError(
            f"The folder {cache_dir() / 'servers'} cannot be written ({error.strerror}).",
            "Name another one with XDG_CACHE_HOME.",
        ) from None


def records() -> Iterator[Record]:
    """Yield what is written down, oldest first."""
    for path in sorted(_folder().glob("*.json")):
        if record := Record.read(path):
            yield record


def kept(service: str) -> Record | None:
    """Return the record of a running server that stays until it is stopped by command."""
    for record in records():
        if record.service == service and record.owner is None and record.server is not None:
            return record
    return None


def sweep() -> list[str]:
    """End servers whose owner ended without doing so; return one phrase about each."""
    swept = []
    for record in records():
        forgotten = record.owner is not None and record.owner.is_gone()
        dead = record.owner is None and record.server is not None and not record.is_running()
        if forgotten or dead:
            record.end()
            swept.append(f"{record.service} in {record.directory}")
    return swept
