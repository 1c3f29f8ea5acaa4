"""What is known of this process's own connections."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from session_conformance.looks import looks
from session_conformance.sockets import established

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/net/tcp").exists(), reason="this system keeps no list of connections"
)


def until(port: int, wanted: dict[int, int]) -> dict[int, int]:
    """Return what is established to a port, at once where it is what is wanted."""
    for _ in looks():
        if established(port) == wanted:
            break
    return established(port)


def test_a_connection_is_listed_until_the_other_side_hangs_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as client:
            mine = client.getsockname()[1]
            other, _ = server.accept()
            assert until(port, {mine: 0}) == {mine: 0}

            other.sendall(b"farewell")
            assert until(port, {mine: 8}) == {mine: 8}

            client.recv(8)
            other.close()
            assert until(port, {}) == {}


def test_connections_of_other_processes_are_not_listed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        code = (
            "import socket, sys; held = socket.create_connection(('127.0.0.1', int(sys.argv[1])));"
            "sys.stdin.read()"
        )
        with subprocess.Popen([sys.executable, "-c", code, str(port)], stdin=subprocess.PIPE) as it:
            theirs, _ = server.accept()
            assert established(port) == {}
            it.communicate()
            theirs.close()
