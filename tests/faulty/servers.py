"""Servers for the commands of this package: named by the environment, found or started."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from session_conformance.backend import choose
from session_conformance.gather import probe, resolve, server_url
from session_conformance.servers import ServerError, find

from .fault import SERVERS

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def servers() -> Iterator[dict[str, str]]:
    """Give URLs by database, of servers that are named by the environment, found or started."""
    backends = choose(list(SERVERS))
    named = resolve((), backends)
    probes = {str(it.family.service): probe(it) for it in backends if it.id not in named}
    with find(probes, say=print) as found:
        given = {}
        for backend in backends:
            server = found.get(str(backend.family.service))
            if isinstance(server, ServerError):
                raise SystemExit(f"{backend.family.title}: {server}")
            url = named[backend.id][0] if server is None else server_url(backend, server)
            given[backend.family.id] = url.render_as_string(hide_password=False)
        yield given
