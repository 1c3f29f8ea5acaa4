"""What a cell leaves behind is cleared away, and named as its own fault, not as the next one's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .faulty.command import ROOT, run

if TYPE_CHECKING:
    from pathlib import Path

PLANTED = ROOT / "tests" / "faulty" / "planted" / "left_by_cells.py"
LEFT = {
    "left.a-prepared": "a prepared transaction",
    "left.b-session": "1 connection(s) not returned to the pool",
}

pytestmark = pytest.mark.servers


@pytest.mark.parametrize("backend", ["postgresql-psycopg", "mysql-pymysql", "mariadb-pymysql"])
def test_what_a_cell_leaves_is_its_own_fault(
    backend: str, servers: dict[str, str], tmp_path: Path
) -> None:
    database = backend.partition("-")[0]
    words = ["--backend", backend, "--url", f"{database}={servers[database]}"]

    ran = run([*words, "--cases", str(PLANTED), "--jobs", "1"], tmp_path / "out")

    for case, phrase in LEFT.items():
        result = ran.result(case)
        assert result.outcome == "error"
        assert result.detail is not None
        assert phrase in result.detail.message
    assert ran.result("left.c-nothing").outcome == "passed", ran.said
