"""What the tests of the machinery share: servers, started once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from session_conformance.backend import choose
from session_conformance.gather import probe, server_url
from session_conformance.servers import ServerError, find

if TYPE_CHECKING:
    from collections.abc import Iterator

BACKENDS = ["postgresql-psycopg", "mysql-pymysql", "mariadb-pymysql"]


@pytest.fixture(scope="session")
def servers() -> Iterator[dict[str, str]]:
    """URLs of real servers by database, with their passwords; skips where none can be had."""
    backends = {backend.family.id: backend for backend in choose(BACKENDS)}
    probes = {str(backend.family.service): probe(backend) for backend in backends.values()}
    with find(probes) as found:
        urls = {}
        for name, backend in backends.items():
            server = found[str(backend.family.service)]
            if isinstance(server, ServerError):
                pytest.skip(f"no {backend.family.title} server: {server}")
            urls[name] = server_url(backend, server).render_as_string(hide_password=False)
        yield urls


@pytest.fixture(scope="session")
def url_options(servers: dict[str, str]) -> list[str]:
    """The options of the command that name the servers."""
    return [word for name, url in servers.items() for word in ("--url", f"{name}={url}")]
