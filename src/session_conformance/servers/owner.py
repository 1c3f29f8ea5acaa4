"""Who started a server: enough to tell later whether that process still lives."""

from __future__ import annotations

import os
import platform
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Self

_PROC = Path("/proc")


@cache
def boot_id() -> str:
    """Return "host/boot/namespace": where and since when process ids mean what they mean here."""
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
        namespace = str((_PROC / "self/ns/pid").readlink())
    except OSError:
        found = subprocess.run(
            ["sysctl", "-n", "kern.boottime"], capture_output=True, text=True, check=False
        )
        boot, namespace = found.stdout.strip() or "unknown", ""
    return "/".join(part.replace(" ", "-") for part in (platform.node(), boot, namespace))


def started_at(pid: int) -> str | None:
    """Return when a process started, as text to compare; None if there is no such process."""
    if _PROC.joinpath("self").exists():
        try:
            stat = (_PROC / str(pid) / "stat").read_text()
        except OSError:
            return None
        # The name in parentheses may hold blanks; after it come state (3rd field) to start (22nd).
        fields = stat.rpartition(")")[2].split()
        return None if fields[0] in "ZX" else fields[19]
    found = subprocess.run(
        ["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return found.stdout.strip() or None


def processes_using(directory: Path) -> list[int]:
    """Return the ids of processes that were given `directory`, alone or after an equals sign.

    A file inside it is no match: whoever reads a server's log is no server.
    """

    def is_given(arguments: list[str]) -> bool:
        return any(argument.rpartition("=")[2] == str(directory) for argument in arguments)

    pids = []
    if _PROC.joinpath("self").exists():
        for path in _PROC.glob("[0-9]*/cmdline"):
            try:
                arguments = path.read_bytes().decode(errors="replace").split("\0")
            except OSError:
                continue
            if is_given(arguments):
                pids.append(int(path.parent.name))
    else:
        found = subprocess.run(
            ["ps", "-axo", "pid=,command="], capture_output=True, text=True, check=False
        )
        for line in found.stdout.splitlines():
            pid, *arguments = line.split()
            if is_given(arguments):
                pids.append(int(pid))
    return [pid for pid in pids if pid != os.getpid()]


@dataclass(frozen=True, slots=True)
class Owner:
    """The process that started a server and stops it at its end. `started` tells pids apart."""

    pid: int
    started: str
    boot: str

    @classmethod
    def here(cls) -> Self:
        """Return this process."""
        pid = os.getpid()
        return cls(pid, started_at(pid) or "unknown", boot_id())

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Read what `str()` wrote; None where it was something else."""
        pid, _, rest = text.partition(" ")
        started, _, boot = rest.rpartition(" ")
        return cls(int(pid), started, boot) if pid.isdigit() and boot.count("/") >= 2 else None

    def __str__(self) -> str:
        return f"{self.pid} {self.started} {self.boot}"

    def is_gone(self) -> bool | None:
        """Tell whether the process has ended; None where this machine cannot know."""
        host, boot, namespace = self.boot.split("/", 2)
        host_here, boot_here, namespace_here = boot_id().split("/", 2)
        if host != host_here:
            return None
        if boot != boot_here:
            return True  # nothing outlives a restart of the machine
        if namespace != namespace_here:
            return None
        return started_at(self.pid) != self.started
