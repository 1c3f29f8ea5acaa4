"""A cell that hangs or takes its process along has its name on it, and the run goes on."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from session_conformance.watchdog import Watchdog

from .faulty.command import ROOT, Ran, run

if TYPE_CHECKING:
    from pathlib import Path

PLANTED = ROOT / "tests" / "faulty" / "planted" / "stuck.py"
FOLDER = ("--cases", str(PLANTED), "--jobs", "1", "--limit", "1")
INNOCENT = ("before", "between", "after")


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """One run of the stuck cases on SQLite."""
    out: Path = tmp_path_factory.mktemp("stuck")
    return run(["--backend", "sqlite-pysqlite", *FOLDER], out)


def test_a_hang_is_a_timeout_that_says_where(ran: Ran) -> None:
    result = ran.result("stuck.waits-for-ever")

    assert result.outcome == "timeout"
    assert result.detail is not None
    assert "test_waits_for_ever" in (result.detail.traceback or "")


@pytest.mark.parametrize("name", ["aborts", "leaves"])
def test_a_dead_process_is_a_crash(ran: Ran, name: str) -> None:
    assert ran.result(f"stuck.{name}").outcome == "crashed"


@pytest.mark.parametrize("name", INNOCENT)
def test_the_cells_around_pass(ran: Ran, name: str) -> None:
    assert ran.result(f"stuck.{name}").outcome == "passed"


def test_the_run_comes_to_its_end(ran: Ran) -> None:
    assert ran.results.complete
    assert ran.code == 1


def test_the_clock_of_a_cell_can_stand_still(tmp_path: Path) -> None:
    freed = threading.Event()
    watchdog = Watchdog(tmp_path / "note.json")
    watchdog.begin({}, freed.set, 0.2)

    with watchdog.paused():
        assert not freed.wait(0.5)
    assert freed.wait(5)

    assert watchdog.end() is not None
    watchdog.close()


@pytest.mark.servers
def test_a_cell_that_waits_in_the_server_is_freed_by_it(
    url_options: list[str], tmp_path: Path
) -> None:
    servers = ["--backend", "postgresql-psycopg,mysql-pymysql,mariadb-pymysql", *url_options]
    cases = "stuck.before,stuck.waits-in-server,stuck.after"

    ran = run([*servers, *FOLDER, "--case", cases], tmp_path)

    found = {(result.case, result.outcome) for result in ran.results.results}
    assert found == {
        ("stuck.before", "passed"),
        ("stuck.waits-in-server", "timeout"),
        ("stuck.after", "passed"),
    }
    workers = {result.worker for result in ran.results.results}
    assert workers == {"gw0"}, "a process was replaced although the server could free it"
