"""A run that is interrupted, killed or not alone: what it leaves, and who clears it away."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, text

from session_conformance.backend import family

from .faulty.command import ROOT, results_file, run
from .faulty.held import HeldRun

if TYPE_CHECKING:
    from pathlib import Path

HONEST = ["--cases", str(ROOT / "suite" / "commit" / "test_expiry.py"), "--jobs", "1"]
SQLITE = ["--backend", "sqlite-pysqlite"]
DRIVERS = {"postgresql": "psycopg", "mysql": "pymysql", "mariadb": "pymysql"}


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def at(server: str, url: str) -> list[str]:
    """Name one backend on a server."""
    backend = f"{server}-{DRIVERS[server]}"
    return ["--backend", backend, "--url", f"{backend}={url}"]


def databases_of(server: str, url: str, run_id: str) -> list[str]:
    """The databases of one run on a server."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            names = connection.execute(text(family(server).sql["databases"])).scalars().all()
    finally:
        engine.dispose()
    return [name for name in names if run_id in name]


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> HeldRun:
    """A run that was killed in the middle of a case."""
    with HeldRun(SQLITE, tmp_path_factory.mktemp("killed")) as held:
        held.send(signal.SIGKILL)
        held.wait()
    return held


def test_a_killed_run_leaves_a_readable_incomplete_file(killed: HeldRun) -> None:
    results = killed.results

    assert results.end is None
    assert not results.complete
    assert [result.case for result in results.results] == ["gated.writes"]


def test_the_file_of_a_killed_run_can_be_rendered(killed: HeldRun, tmp_path: Path) -> None:
    words = [sys.executable, "-m", "session_conformance", "report", str(results_file(killed.out))]

    rendered = subprocess.run(
        [*words, "--out", str(tmp_path)], capture_output=True, text=True, check=False
    )

    assert rendered.returncode == 2, rendered.stderr
    assert "ncomplete" in rendered.stdout
    assert "gated.writes" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_the_next_run_clears_away_the_files_of_a_killed_one(
    killed: HeldRun, tmp_path: Path
) -> None:
    folder = f"session-conformance-{killed.results.run.id}"
    assert left_in(killed.scratch) == [folder]

    ran = run([*SQLITE, *HONEST], tmp_path, env=killed.env)

    assert ran.code == 0, ran.said
    assert folder in ran.said
    assert left_in(killed.scratch) == []


@pytest.mark.parametrize(
    ("number", "group"),
    [(signal.SIGINT, True), (signal.SIGINT, False), (signal.SIGTERM, False)],
    ids=["ctrl-c", "interrupt", "terminate"],
)
def test_an_interrupted_run_says_so_and_leaves_nothing(
    tmp_path: Path, number: signal.Signals, group: bool
) -> None:
    with HeldRun(SQLITE, tmp_path) as held:
        held.send(number, group=group)
        ran = held.wait()

    end = ran.results.end

    assert ran.code == 2, ran.said
    assert end is not None
    assert (end.complete, end.reason, end.exit_code) == (False, "interrupted", 2)
    assert [result.case for result in ran.results.results] == ["gated.writes"]
    assert (ran.file.parent / "report.html").is_file()
    assert "Traceback" not in ran.said
    assert left_in(held.scratch) == []


def test_two_runs_at_once_leave_each_other_alone(tmp_path: Path) -> None:
    with HeldRun(SQLITE, tmp_path) as held:
        other = run([*SQLITE, *HONEST], tmp_path / "other", env=held.env)
        held.open_gate()
        first = held.wait()

    assert other.code == 0, other.said
    assert "removed" not in other.said
    assert first.code == 0, first.said
    assert {result.outcome for result in first.results.results} == {"passed"}


@pytest.mark.servers
@pytest.mark.parametrize("server", DRIVERS)
def test_the_next_run_clears_away_the_databases_of_a_killed_one(
    servers: dict[str, str], tmp_path: Path, server: str
) -> None:
    where = at(server, servers[server])
    with HeldRun(where, tmp_path) as held:
        run_id = held.results.run.id
        held.send(signal.SIGKILL)
        held.wait()
    assert databases_of(server, servers[server], run_id) != []

    ran = run([*where, *HONEST], tmp_path / "next", env=held.env)

    assert ran.code == 0, ran.said
    assert databases_of(server, servers[server], run_id) == []


@pytest.mark.servers
@pytest.mark.parametrize("server", DRIVERS)
def test_an_interrupted_run_leaves_no_database(
    servers: dict[str, str], tmp_path: Path, server: str
) -> None:
    where = at(server, servers[server])
    with HeldRun(where, tmp_path) as held:
        held.send(signal.SIGINT, group=True)
        ran = held.wait()

    assert ran.code == 2, ran.said
    assert databases_of(server, servers[server], ran.results.run.id) == []


@pytest.mark.servers
@pytest.mark.parametrize("server", DRIVERS)
def test_two_runs_on_one_server_leave_each_other_alone(
    servers: dict[str, str], tmp_path: Path, server: str
) -> None:
    where = at(server, servers[server])
    with HeldRun(where, tmp_path) as held:
        other = run([*where, *HONEST], tmp_path / "other", env=held.env)
        held.open_gate()
        first = held.wait()

    assert other.code == 0, other.said
    assert first.code == 0, first.said
    assert databases_of(server, servers[server], first.results.run.id) == []
