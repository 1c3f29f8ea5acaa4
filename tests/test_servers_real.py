"""Finding servers: real ones, each way, and nothing left afterwards."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import URL, NullPool, create_engine

from session_conformance.backend import importable
from session_conformance.servers import (
    Server,
    ServerError,
    default_probe,
    find,
    recipe,
    recipes,
    start,
    stop,
    survey,
    sweep,
)
from session_conformance.servers import containers as containers_module
from session_conformance.servers.daemon import connect
from session_conformance.servers.own import OwnServers
from session_conformance.servers.owner import processes_using
from session_conformance.servers.record import records

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from session_conformance.servers import Way

pytestmark = pytest.mark.servers

WAYS = ("docker", "local", "fetched")


def skip_unless_open(service: str, way: str) -> bool:
    """Skip where a way is closed here; tell whether what it needs would have to be downloaded."""
    outlook = next(one for one in survey(recipe(service)).ways if one.way == way)
    if not outlook.available:
        pytest.skip(f"{service}: {outlook.detail}")
    if not any(importable(drivername) for drivername in recipe(service).probe.drivernames):
        pytest.skip(f"{service}: no driver of it is installed")
    return "would be" in outlook.detail


def is_listening(server: Server) -> bool:
    with socket.socket() as trial:
        return trial.connect_ex((server.host, server.port)) == 0


@pytest.fixture
def of_our_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nobody else's servers are seen, and ours are seen by nobody else."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(containers_module, "SERVICE_LABEL", "session-conformance.tests")
    yield
    stop(recipes())


@pytest.mark.parametrize("service", sorted(recipes()))
@pytest.mark.parametrize("way", WAYS)
def test_a_server_answers_and_nothing_of_it_is_left(
    service: str, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(containers_module, "SERVICE_LABEL", "session-conformance.tests")
    to_download = skip_unless_open(service, way)
    with find({service: default_probe(recipe(service))}, ways=way) as found:
        server = found[service]
        if isinstance(server, ServerError) and to_download:
            pytest.skip(str(server))
        assert isinstance(server, Server), server
        assert server.way == way
        assert server.host == "127.0.0.1" or published(service) == {"127.0.0.1"}
        assert default_probe(recipe(service))(server) == server.version
        ours = [one.directory for one in records() if one.server and one.server.port == server.port]
        assert len(ours) == (0 if way == "docker" else 1)
    assert not is_listening(server)
    for directory in ours:
        assert processes_using(directory / "data") == []
        assert not directory.exists()


def published(service: str) -> set[str]:
    """Return the addresses of this machine on which our container of a service can be reached."""
    client = connect()
    try:
        label = f"session-conformance.tests={service}"
        found = client.containers.list(filters={"label": label})
        ports = [one.attrs["NetworkSettings"]["Ports"] for one in found]
        return {
            binding["HostIp"] for port in ports for one in port.values() for binding in one or ()
        }
    finally:
        client.close()


def rows(server: Server, statement: str) -> list[str]:
    """Run a statement through the driver that the recipe's probe takes, and commit."""
    names = [name for name in recipe(server.service).probe.drivernames if importable(name)]
    url = URL.create(
        names[0], server.username, server.password, server.host, server.port, server.database
    )
    engine = create_engine(url, poolclass=NullPool)
    try:
        with engine.begin() as connection:
            found = connection.exec_driver_sql(statement)
            return [str(row[0]) for row in found] if found.returns_rows else []
    finally:
        engine.dispose()


@pytest.mark.parametrize("service", sorted(recipes()))
@pytest.mark.parametrize("way", WAYS)
def test_a_second_server_is_restarted_with_its_data(
    service: str, way: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(containers_module, "SERVICE_LABEL", "session-conformance.tests")
    to_download = skip_unless_open(service, way)
    # Not every product has a database to write to before one is made.
    make = ["CREATE DATABASE kept"] if service in ("mysql", "mariadb") else []
    table = "kept.one" if make else "kept"
    servers = OwnServers({service: (way, default_probe(recipe(service)))}, pytest.fail)
    try:
        with servers.lent(service) as server:
            for statement in (*make, f"CREATE TABLE {table} (name VARCHAR(9))"):
                rows(server, statement)
            rows(server, f"INSERT INTO {table} VALUES ('Ann')")
            servers.restart(service)
            assert rows(server, f"SELECT name FROM {table}") == ["Ann"]
        with servers.lent(service) as again:
            assert again == server
    except ServerError as error:
        if not to_download:
            raise
        pytest.skip(str(error))
    finally:
        servers.close()
    assert not is_listening(server)
    assert [one for one in records() if one.server == server] == []


def test_a_second_server_that_does_not_start_is_tried_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")
    servers = OwnServers({"postgresql": ("docker", lambda _: "")}, pytest.fail)
    with pytest.raises(ServerError, match="Docker cannot be used") as first:
        servers.lent("postgresql").__enter__()
    monkeypatch.delenv("DOCKER_HOST")
    with pytest.raises(ServerError, match="Docker cannot be used") as second:
        servers.lent("postgresql").__enter__()
    servers.close()
    assert str(first.value) == str(second.value)


def test_the_wrong_password_is_not_let_in() -> None:
    skip_unless_open("postgresql", "fetched")
    from dataclasses import replace

    probe = default_probe(recipe("postgresql"))
    with find({"postgresql": probe}, ways="fetched") as found:
        server = found["postgresql"]
        assert isinstance(server, Server)
        with pytest.raises(Exception, match="password authentication failed"):
            probe(replace(server, password="wrong"))


HOLDER = """
import select, sys
from session_conformance.servers import containers, default_probe, find, recipe
containers.SERVICE_LABEL = "session-conformance.tests"
service, way = sys.argv[1:]
with find({service: default_probe(recipe(service))}, ways=way) as found:
    print(found[service].host, found[service].port, flush=True)
    # An interrupt just before one call that waits for ever would be heard at its end only.
    while not select.select([sys.stdin], [], [], 0.1)[0]:
        pass
"""


def hold(service: str, way: str) -> tuple[subprocess.Popen[str], tuple[str, int]]:
    """Start a process that has a server and keeps it until its standard input ends."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, service, way],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=os.environ,
    )
    assert holder.stdout is not None
    host, port = holder.stdout.readline().split()
    return holder, (host, int(port))


def answers(address: tuple[str, int]) -> bool:
    """Tell whether somebody listens at an address; one that is gone may not even refuse."""
    with socket.socket() as trial:
        trial.settimeout(10)
        return trial.connect_ex(address) == 0


@pytest.mark.usefixtures("of_our_own")
@pytest.mark.parametrize("way", ["docker", "fetched"])
def test_the_next_search_removes_what_a_killed_one_left(way: str) -> None:
    skip_unless_open("postgresql", way)
    holder, address = hold("postgresql", way)
    with holder:
        holder.kill()
    assert answers(address), "it should have been left running"
    said: list[str] = []
    sweep(said.append)
    assert any("left behind by a run that was killed" in line for line in said)
    assert not answers(address)


@pytest.mark.usefixtures("of_our_own")
@pytest.mark.parametrize("way", ["docker", "fetched"])
def test_an_interrupt_leaves_nothing_running(way: str) -> None:
    skip_unless_open("postgresql", way)
    holder, address = hold("postgresql", way)
    with holder:
        holder.send_signal(signal.SIGINT)
        holder.wait(30)
    assert not answers(address)


@pytest.mark.usefixtures("of_our_own")
@pytest.mark.parametrize("way", ["docker", "fetched"])
def test_a_kept_server_is_used_by_later_searches_until_it_is_stopped(way: str) -> None:
    skip_unless_open("postgresql", way)
    services = {"postgresql": default_probe(recipe("postgresql"))}
    kept = start(services, ways=way, say=lambda _line: None)["postgresql"]
    assert isinstance(kept, Server), kept
    with find(services) as found:
        used = found["postgresql"]
        assert isinstance(used, Server)
        rows(kept, "CREATE TABLE left_here (id INTEGER)")
        assert rows(used, "SELECT count(*) FROM left_here") == ["0"]
        assert "already up" in used.detail
    assert is_listening(kept)
    assert len(stop(["postgresql"])) == 1
    assert not is_listening(kept)
