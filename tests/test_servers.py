"""Finding servers: what can be told without one."""

from __future__ import annotations

import json
import os
import socket
import stat
import subprocess
import sys
import threading
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from session_conformance.commands.servers import servers as servers_command
from session_conformance.servers import Server, ServerError, find, recipe, recipes
from session_conformance.servers.compose import compose_service, interpolate, parse_service
from session_conformance.servers.expand import expand, input_of
from session_conformance.servers.owner import Owner, boot_id
from session_conformance.servers.places import PREFIX, can_enter
from session_conformance.servers.ports import free_port
from session_conformance.servers.programs import local_programs, version_of
from session_conformance.servers.readiness import AbandonedError, wait_until_ready
from session_conformance.servers.recipe import Recipe, read_recipe
from session_conformance.servers.record import Record, kept, records, sweep
from session_conformance.servers.shortcut import own_address

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SERVER = Server(
    service="postgresql",
    way="local",
    host="127.0.0.1",
    port=5432,
    username="conformance",
    password="s3cret-word",
    database="postgres",
    version="18",
    detail="programs in /somewhere",
)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of its own, so that servers of this machine's user are neither seen nor touched."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def no_docker(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")


def program(path: Path, says: str) -> Path:
    """Write a program that answers every call with one line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{says}'\n")
    path.chmod(0o755)
    return path


# The compose file


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("plain", "plain"),
        ("${SET}", "value"),
        ("$SET/x", "value/x"),
        ("${UNSET}", ""),
        ("${UNSET:-else}", "else"),
        ("${EMPTY:-else}", "else"),
        ("${EMPTY-else}", ""),
        ("${SET:-else}", "value"),
        ("a$$b${SET}", "a$bvalue"),
    ],
)
def test_variables_are_filled_in_as_compose_does(text: str, filled: str) -> None:
    assert interpolate(text, {"SET": "value", "EMPTY": ""}) == filled


def test_a_service_may_be_written_in_either_style() -> None:
    raw = {
        "image": "${IMAGE:-example:1}",
        "environment": ["A=b=c", "EMPTY"],
        "command": "--flag 'two words'",
        "ports": ["127.0.0.1::1234/tcp"],
        "tmpfs": "/data",
    }
    service = parse_service("x", raw, {})
    assert service.image == "example:1"
    assert service.environment == {"A": "b=c", "EMPTY": ""}
    assert service.command == ("--flag", "two words")
    assert service.container_port == 1234
    assert service.tmpfs == ("/data",)


def test_a_service_without_a_port_is_refused() -> None:
    with pytest.raises(ServerError, match=r"“x”.*needs an image and a port"):
        parse_service("x", {"image": "example:1"}, {})


@pytest.mark.parametrize("name", sorted(recipes()))
def test_every_recipe_has_its_service(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    container = recipe(name).container
    monkeypatch.delenv(container.image, raising=False)
    default = compose_service(name).image
    monkeypatch.setenv(container.image, "example:1")
    monkeypatch.setenv("SESSION_CONFORMANCE_PASSWORD", "chosen")
    service = compose_service(name)
    assert default.partition(":")[0]
    assert service.image == "example:1"
    assert service.environment[container.password] == "chosen"
    assert container.username is None or container.username in service.environment
    assert service.tmpfs
    # Settings go by the command line, or by variables beside the password.
    assert service.command or len(service.environment) > 1


def test_the_compose_file_publishes_on_this_machine_alone() -> None:
    import yaml

    from session_conformance.content import content

    services = yaml.safe_load(content("docker-compose.yml").read_text())["services"]
    assert set(services) == set(recipes())
    for name, raw in services.items():
        assert [port.partition(":")[0] for port in raw["ports"]] == ["127.0.0.1"], name
        assert raw["labels"] == {"session-conformance.service": name}


def test_an_unknown_service_is_named_with_the_known_ones() -> None:
    with pytest.raises(ServerError, match=r"“oracle”.*mariadb, mysql, postgresql"):
        compose_service("oracle")


# Recipes


@pytest.mark.parametrize("name", sorted(recipes()))
def test_every_placeholder_of_a_recipe_has_a_value(name: str) -> None:
    its = recipe(name)
    values = dict.fromkeys(["server", "bin", "prefix", "run", "data", "username", "password"], "x")
    if its.programs.share:
        values["share"] = "x"
    for step in its.initialise:
        for text in (*step.command, *step.input, *step.files.values()):
            expand(text, values)
    values["port"] = "1"
    for text in (*its.run.arguments, *its.run.files.values()):
        expand(text, values)


def test_a_placeholder_without_a_value_is_named() -> None:
    with pytest.raises(ServerError, match=r"\{prot\}.*known: port"):
        expand("--port={prot}", {"port": "1"})


def test_an_unknown_key_of_a_recipe_is_named_with_its_file(tmp_path: Path) -> None:
    from session_conformance.content import content

    text = (content("backends") / "servers/postgresql.toml").read_text()
    path = tmp_path / "postgresql.toml"
    path.write_text("tittle = 'x'\n" + text)
    with pytest.raises(ServerError, match=r"postgresql\.toml.*tittle"):
        read_recipe(path)


def test_input_takes_the_file_that_fits_and_says_when_none_does(tmp_path: Path) -> None:
    (tmp_path / "mysql_system.sql").write_text("create table t;")
    values = {"share": str(tmp_path)}
    assert input_of(["use x;", "@{share}/m*_system.sql"], values) == b"use x;\ncreate table t;\n"
    with pytest.raises(ServerError, match="No file fits"):
        input_of(["@{share}/other*.sql"], values)


# Programs on this machine


@pytest.mark.parametrize(
    ("name", "says", "version"),
    [
        ("mysql", "mysqld  Ver 9.7.4-2 for Linux on x86_64 ((Debian))", "9.7.4"),
        (
            "mysql",
            "mysqld  Ver 8.0.36 for Linux on x86_64 (MySQL Community Server)",
            "8.0.36",
        ),
        ("mysql", "mysqld  Ver 10.11.19-MariaDB-0+deb12u1 for debian-linux-gnu", None),
        ("mariadb", "mariadbd  Ver 11.8.9-MariaDB-4 from Debian for debian-linux-gnu", "11.8.9"),
        ("mariadb", "mysqld  Ver 10.3.39-MariaDB for Linux on x86_64", "10.3.39"),
        ("mariadb", "mysqld  Ver 9.7.4-2 for Linux on x86_64 ((Debian))", None),
        ("postgresql", "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", "15.18"),
        ("postgresql", "postgres (PostgreSQL) 19devel", "19"),
    ],
)
def test_a_product_is_told_by_what_its_program_says(
    name: str, says: str, version: str | None, tmp_path: Path
) -> None:
    assert version_of(recipe(name), program(tmp_path / "server", says)) == version


def test_a_program_that_does_not_run_is_no_server(tmp_path: Path) -> None:
    assert version_of(recipe("mysql"), tmp_path / "missing") is None


def in_folders(tmp_path: Path) -> Recipe:
    its = recipe("postgresql")
    return replace(its, programs=replace(its.programs, folders=(f"{tmp_path}/pg/*/bin",)))


def postgres(folder: Path, version: str, *, complete: bool = True) -> None:
    program(folder / "postgres", f"postgres (PostgreSQL) {version}")
    if complete:
        program(folder / "initdb", "")


def test_the_newest_of_the_usual_folders_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/bin")
    postgres(tmp_path / "pg/9/bin", "9.6")
    postgres(tmp_path / "pg/17/bin", "17.2")
    postgres(tmp_path / "pg/18/bin", "18.1", complete=False)
    assert local_programs(in_folders(tmp_path)).version == "17.2"


def test_a_program_on_path_is_taken_before_a_newer_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    postgres(tmp_path / "pg/17/bin", "17.2")
    postgres(tmp_path / "mine", "16.1")
    monkeypatch.setenv("PATH", f"{tmp_path}/mine:/bin")
    assert local_programs(in_folders(tmp_path)).version == "16.1"


def test_no_program_at_all_is_said_with_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ServerError, match=r"No PostgreSQL server program.*apt install postgresql"):
        local_programs(in_folders(tmp_path))


def test_a_closed_folder_cannot_be_entered_by_others(tmp_path: Path) -> None:
    folder = tmp_path / "open"
    folder.mkdir()
    (tmp_path / "closed").mkdir(mode=0o700)
    stranger = os.getuid() + 12345
    (tmp_path / "closed" / "inner").mkdir()
    assert can_enter(tmp_path / "closed/inner", os.getuid())
    assert not can_enter(tmp_path / "closed/inner", stranger)


# Owners and records


def test_this_process_is_alive_and_an_ended_one_is_gone() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    here = Owner.here()
    from session_conformance.servers.owner import started_at

    owner = Owner(child.pid, started_at(child.pid) or "", boot_id())
    assert here.is_gone() is False
    assert owner.is_gone() is False
    child.communicate(b"\n")
    assert owner.is_gone() is True


def test_an_id_that_was_given_out_again_is_another_process() -> None:
    assert replace(Owner.here(), started="1").is_gone() is True


def test_an_owner_on_another_machine_is_not_judged() -> None:
    here = Owner.here()
    _host, boot, namespace = here.boot.split("/", 2)
    assert replace(here, boot=f"elsewhere/{boot}/{namespace}").is_gone() is None
    assert replace(here, boot=f"{_host}/{boot}/other").is_gone() is None


def test_nothing_outlives_a_restart_of_the_machine() -> None:
    here = Owner.here()
    host, _boot, namespace = here.boot.split("/", 2)
    assert replace(here, boot=f"{host}/earlier/{namespace}").is_gone() is True


def test_an_owner_is_read_as_it_was_written() -> None:
    here = Owner.here()
    assert Owner.parse(str(here)) == here
    assert Owner.parse("something else") is None


def server_directory(tmp_path: Path, name: str = f"{PREFIX}postgresql-test") -> Path:
    directory = tmp_path / name
    directory.mkdir()
    (directory / "PG_VERSION").write_text("18")
    return directory


def gone() -> Owner:
    return replace(Owner.here(), started="1")


@pytest.mark.usefixtures("cache")
def test_a_record_is_read_as_it_was_written_and_only_by_us(tmp_path: Path) -> None:
    directory = server_directory(tmp_path)
    record = Record(
        service="postgresql",
        directory=directory,
        stop_signal="SIGQUIT",
        owner=None,
        server=SERVER,
    )
    record.write()
    assert list(records()) == [record]
    assert kept("postgresql") == record
    assert kept("mysql") is None
    assert stat.S_IMODE(record.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(record.path.parent.stat().st_mode) == 0o700


@pytest.mark.usefixtures("cache")
def test_what_a_killed_run_left_is_stopped_and_removed(tmp_path: Path) -> None:
    directory = server_directory(tmp_path)
    left = subprocess.Popen(
        [sys.executable, "-c", "input()", f"--datadir={directory}/data"], stdin=subprocess.PIPE
    )
    Record(service="x", directory=directory, stop_signal="SIGTERM", owner=gone()).write()
    assert len(sweep()) == 1
    assert left.wait(10) != 0
    assert not directory.exists()
    assert list(records()) == []
    if left.stdin:
        left.stdin.close()


@pytest.mark.usefixtures("cache")
def test_whoever_reads_the_log_of_a_server_is_left_alone(tmp_path: Path) -> None:
    directory = server_directory(tmp_path)
    with subprocess.Popen(
        [sys.executable, "-c", "input()", f"{directory}/log"], stdin=subprocess.PIPE
    ) as reader:
        Record(service="x", directory=directory, stop_signal="SIGTERM", owner=gone()).write()
        assert len(sweep()) == 1
        assert reader.poll() is None
        reader.communicate(b"\n")
        assert reader.returncode == 0


@pytest.mark.usefixtures("cache")
def test_what_a_living_run_uses_is_left_alone(tmp_path: Path) -> None:
    directory = server_directory(tmp_path)
    Record(service="x", directory=directory, stop_signal="SIGTERM", owner=Owner.here()).write()
    assert sweep() == []
    assert (directory / "PG_VERSION").exists()


@pytest.mark.usefixtures("cache")
def test_a_folder_that_is_not_ours_is_never_removed(tmp_path: Path) -> None:
    directory = server_directory(tmp_path, "precious")
    record = Record(service="x", directory=directory, stop_signal="SIGTERM", owner=gone())
    record.write()
    with pytest.raises(ServerError, match="not made by this project"):
        record.end()
    assert (directory / "PG_VERSION").exists()


def test_a_record_that_is_damaged_is_passed_over(cache: Path) -> None:
    folder = cache / "session-conformance/servers"
    folder.mkdir(parents=True)
    (folder / "x.json").write_text("{")
    assert list(records()) == []


# Waiting


def wait(server: Server, probe: Any, **changed: Any) -> Server:
    options: dict[str, Any] = {
        "seconds": 0.2,
        "abandoned": threading.Event(),
        "ended": lambda: None,
        "log": lambda: f"line one\nthe password is {SERVER.password}",
    }
    return wait_until_ready(server, probe, **options | changed)


def test_ready_means_that_a_query_was_answered() -> None:
    asked = []

    def probe(_server: Server) -> str:
        asked.append(1)
        if len(asked) < 3:
            raise ConnectionRefusedError("not yet")
        return "18.6"

    assert wait(replace(SERVER, version=""), probe, seconds=10).version == "18.6"
    assert len(asked) == 3


def test_a_server_that_never_answers_is_told_with_its_log_and_no_password() -> None:
    def probe(_server: Server) -> str:
        raise ConnectionRefusedError(f"refused {SERVER.password}")

    with pytest.raises(ServerError, match=r"did not answer within 0.2 s.*refused") as told:
        wait(SERVER, probe)
    assert "line one" in str(told.value)
    assert SERVER.password not in str(told.value)
    assert SERVER.password not in repr(SERVER)


def test_a_server_that_ended_is_not_waited_for() -> None:
    def probe(_server: Server) -> str:
        raise AssertionError("was asked")

    with pytest.raises(ServerError, match="ended with exit code 1"):
        wait(SERVER, probe, seconds=60, ended=lambda: "ended with exit code 1")


def test_a_search_that_was_given_up_ends_at_once() -> None:
    def probe(_server: Server) -> str:
        raise ConnectionRefusedError

    abandoned = threading.Event()
    abandoned.set()
    with pytest.raises(AbandonedError):
        wait(SERVER, probe, seconds=60, abandoned=abandoned)


# The whole search


def never(_server: Server) -> str:
    raise AssertionError("nothing was to be asked")


def test_an_unknown_way_is_refused() -> None:
    with (
        pytest.raises(ServerError, match=r"“podman” is no way.*auto"),
        find({"postgresql": never}, ways="podman"),
    ):
        pass


def test_with_urls_alone_nothing_is_started() -> None:
    with find({"postgresql": never}, ways="url") as found:
        assert isinstance(found["postgresql"], ServerError)


@pytest.mark.usefixtures("cache", "no_docker")
def test_without_docker_the_error_says_what_to_do() -> None:
    with find({"postgresql": never, "oracle": never}, ways="docker") as found:
        assert "no daemon at unix:" in str(found["postgresql"])
        assert "SERVERS=local" in str(found["postgresql"])
        assert "“oracle”" in str(found["oracle"])


def test_a_free_port_can_be_listened_on() -> None:
    port = free_port()
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", port))


@pytest.mark.usefixtures("cache", "no_docker")
def test_the_command_shows_each_way_of_each_service() -> None:
    result = CliRunner().invoke(servers_command, ["--format", "json"])
    rows = json.loads(result.output)
    assert [row["service"] for row in rows] == sorted(recipes())
    for row in rows:
        assert row["running"] is None
        docker, local, fetched = row["ways"]
        assert (docker["way"], local["way"], fetched["way"]) == ("docker", "local", "fetched")
        assert docker["available"] is False


# The way past Docker's proxy


def container(*, id: str = ":", pid: int = 0, gateway: str = "127.0.0.1") -> Any:  # noqa: A002
    """What the daemon would say of a container; each kernel's list of groups has a colon in it."""
    network = {"IPAddress": "127.0.0.1", "Gateway": gateway}
    attrs = {"State": {"Pid": pid or os.getpid()}, "NetworkSettings": {"Networks": {"n": network}}}
    return SimpleNamespace(id=id, attrs=attrs)


@pytest.fixture
def listener() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as found:
        yield found.getsockname()[1]


def test_a_container_of_this_machine_is_reached_by_its_own_address(listener: int) -> None:
    assert own_address(container(), listener) == "127.0.0.1"


@pytest.mark.parametrize(
    "elsewhere",
    [
        pytest.param({"id": "another-container"}, id="not-our-process"),
        pytest.param({"pid": 2**22 + 1}, id="no-process"),
        pytest.param({"gateway": "192.0.2.1"}, id="not-our-network"),
        pytest.param({"gateway": ""}, id="no-network"),
    ],
)
def test_a_container_elsewhere_is_not(elsewhere: dict[str, Any], listener: int) -> None:
    assert own_address(container(**elsewhere), listener) is None


def test_a_container_at_whose_address_nobody_listens_is_not() -> None:
    assert own_address(container(), free_port()) is None
