"""What the system tells of this process's TCP connections."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

_TABLES = (Path("/proc/self/net/tcp"), Path("/proc/self/net/tcp6"))
_OWN = Path("/proc/self/fd")
_ESTABLISHED = "01"


def established(to: int) -> dict[int, int]:
    """Return this process's connections to a port that are open at both ends.

    Linux keeps the list; elsewhere it is empty.

    Returns:
        each one's local port, to the bytes that have arrived on it and are not read yet.

    """
    own = set()
    with suppress(OSError):
        for descriptor in _OWN.iterdir():
            # One may be closed by now, as that of this listing is.
            with suppress(OSError):
                own.add(str(descriptor.readlink()))
    found = {}
    for table in _TABLES:
        with suppress(OSError):
            for line in table.read_text(encoding="ascii").splitlines()[1:]:
                _, local, remote, state, queues, *_, inode = line.split()[:10]
                if state == _ESTABLISHED and _last(remote) == to and f"socket:[{inode}]" in own:
                    found[_last(local)] = _last(queues)
    return found


def _last(pair: str) -> int:
    return int(pair.rpartition(":")[2], 16)
