"""Servers that stay: started by command, used by every later run, stopped by command."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from . import containers, record
from .daemon import connect
from .finder import Search, search_all
from .server import ServerError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .server import Probe, Say, Server


def start(services: Mapping[str, Probe], *, ways: str, say: Say) -> dict[str, Server | ServerError]:
    """Start servers that outlive this process, side by side; what already runs is left as it is."""
    search = Search(keep=True, say=say)
    try:
        return search_all(search, services, ways)
    except BaseException:
        search.stop_all()
        raise


def stop(services: Iterable[str]) -> list[str]:
    """Stop what `start` started, and nothing else; return one phrase about each.

    Raises:
        ServerError: a server does not end.

    """
    stopped = []
    wanted = set(services)
    for kept in record.records():
        if kept.service in wanted and kept.owner is None:
            kept.end()
            stopped.append(f"{kept.service}: stopped the server in {kept.directory}")
    with suppress(ServerError):
        client = connect()
        try:
            for service in sorted(wanted):
                names = containers.stop_kept(client, service)
                stopped += [f"{service}: removed the container {name}" for name in names]
        finally:
            client.close()
    return stopped
