"""Ports of 127.0.0.1, where every server of this project listens and nowhere else."""

from __future__ import annotations

import random
import socket

from .server import ServerError

# Below the range from which systems take the ports of outgoing connections, so that none of those
# lands on a port between its choice and its use.
_PORTS = range(20_000, 32_000)
HOST = "127.0.0.1"


def is_free(port: int) -> bool:
    """Tell whether a port of 127.0.0.1 can be listened on."""
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((HOST, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on."""
    for port in random.sample(_PORTS, 200):
        if is_free(port):
            return port
    raise ServerError(f"No port of {HOST} between {_PORTS.start} and {_PORTS.stop} is free.")
