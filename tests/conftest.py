"""What the tests of the machinery share: servers, started once."""

from __future__ import annotations

import atexit
import signal
from typing import TYPE_CHECKING, Any

import pytest

from session_conformance.backend import choose
from session_conformance.gather import probe, resolve, server_url
from session_conformance.plugin import end_at_once
from session_conformance.servers import ServerError, find

from .chromium import ARGUMENTS, CHROMIUM
from .guest import Installed, install

if TYPE_CHECKING:
    from collections.abc import Iterator

# A shell lets what it starts in the background ignore Ctrl-C, and every child inherits that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

BACKENDS = ["postgresql-psycopg", "mysql-pymysql", "mariadb-pymysql"]


def pytest_configure(config: pytest.Config) -> None:
    """End a worker process as the suite ends its own, over the leaks that drivers in C count."""
    if hasattr(config, "workerinput"):
        atexit.register(end_at_once)


@pytest.fixture(scope="session")
def servers() -> Iterator[dict[str, str]]:
    """URLs of real servers by database, with their passwords; skips where none can be had.

    Those that the environment names are used, the others are found or started as a run would.
    """
    backends = {backend.family.id: backend for backend in choose(BACKENDS)}
    named = resolve((), list(backends.values()))
    urls = {name: named[it.id][0] for name, it in backends.items() if it.id in named}
    probes = {
        str(it.family.service): probe(it) for name, it in backends.items() if name not in urls
    }
    with find(probes) as found:
        for name, backend in backends.items():
            server = found.get(str(backend.family.service))
            if isinstance(server, ServerError):
                pytest.skip(f"no {backend.family.title} server: {server}")
            if server is not None:
                urls[name] = server_url(backend, server)
        yield {name: url.render_as_string(hide_password=False) for name, url in urls.items()}


@pytest.fixture(scope="session")
def url_options(servers: dict[str, str]) -> list[str]:
    """The options of the command that name the servers."""
    return [word for name, url in servers.items() for word in ("--url", f"{name}={url}")]


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The suite as a wheel in a folder of its own; skips where none can be built."""
    try:
        return install(tmp_path_factory.mktemp("wheel"))
    except RuntimeError as error:
        pytest.skip(f"no wheel can be built: {error}")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A Chromium; skips where playwright is not installed."""
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield found
        found.close()
