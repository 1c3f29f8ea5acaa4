"""The way to a container that passes by Docker's own proxy.

What goes to a published port is read and written again by a process of Docker, for each packet: a
sixth of the processor time of a run. Where the network of a container is one of this machine's own,
its address can be reached without that. The port is published on 127.0.0.1 as before.
"""

from __future__ import annotations

import socket
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from docker.models.containers import Container

# Within one machine an answer comes at once or not at all.
_SECONDS = 0.5


def own_address(container: Container, port: int) -> str | None:
    """Return the address of a container's own network interface, None where it is of no use.

    It is of use where the container is a process of this machine, its network's gateway an address
    of this machine, and somebody listens there. In a virtual machine, on another host or in a
    network namespace of the daemon's own, the same address may be somebody else's.
    """
    networks = container.attrs["NetworkSettings"].get("Networks") or {}
    for network in networks.values():
        address, gateway = network.get("IPAddress"), network.get("Gateway")
        if (
            address
            and gateway
            and _is_here(container)
            and _is_ours(gateway)
            and _listens(address, port)
        ):
            return str(address)
    return None


def _is_here(container: Container) -> bool:
    """Tell whether the container's process is one of this machine, as the kernel names it."""
    try:
        number = int(container.attrs["State"]["Pid"])
        groups = Path(f"/proc/{number}/cgroup").read_text(encoding="ascii")
    except (OSError, ValueError, KeyError):
        return False
    return str(container.id) in groups


def _is_ours(address: str) -> bool:
    """Tell whether an address is one of this machine's."""
    with socket.socket() as trial:
        try:
            trial.bind((address, 0))
        except OSError:
            return False
    return True


def _listens(address: str, port: int) -> bool:
    try:
        socket.create_connection((address, port), _SECONDS).close()
    except OSError:
        return False
    return True
