"""What the system tells of this machine's TCP connections."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

_TABLES = (Path("/proc/self/net/tcp"), Path("/proc/self/net/tcp6"))
_ESTABLISHED = "01"


def established(port: int, to: int) -> bool:
    """Tell whether a connection from this local port, to that port, is open at both ends.

    Linux keeps the list; elsewhere, and where the connection is not of this machine's, the answer
    is no.
    """
    for table in _TABLES:
        with suppress(OSError):
            for line in table.read_text(encoding="ascii").splitlines()[1:]:
                _, *ends, state = line.split()[:4]
                ports = [int(end.rpartition(":")[2], 16) for end in ends]
                if state == _ESTABLISHED and ports == [port, to]:
                    return True
    return False
