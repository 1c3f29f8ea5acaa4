"""`session-conformance backends`: what it lists, with and without asking."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from session_conformance.backend import known

from .faulty.command import environment


def backends(*words: str) -> str:
    return subprocess.run(
        [sys.executable, "-m", "session_conformance", "backends", *words],
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=120,
    ).stdout


def test_a_backend_is_asked_for_what_it_is() -> None:
    (row,) = json.loads(backends("sqlite-pysqlite", "--format", "json"))

    assert row["reached"]
    assert row["server_version"]
    assert row["default_isolation_level"] == "SERIALIZABLE"
    assert "READ UNCOMMITTED" in row["isolation_levels"]
    assert row["capabilities"]["returning"]


def test_nothing_is_asked_where_nobody_wants_it() -> None:
    rows = json.loads(backends("--servers", "none", "--format", "json"))

    assert [row["id"] for row in rows] == list(known())
    assert {row["reached"] for row in rows} == {None}


def test_the_text_says_default_level_and_capabilities() -> None:
    text = backends("sqlite-pysqlite")

    assert "SERIALIZABLE (default)" in text
    assert "cannot      async, row_locks" in text


@pytest.mark.servers
def test_servers_are_reached(url_options: list[str]) -> None:
    rows = json.loads(backends("core", "--format", "json", *url_options))

    levels = {row["id"]: row["default_isolation_level"] for row in rows}
    assert levels == {
        "sqlite-pysqlite": "SERIALIZABLE",
        "postgresql-psycopg": "READ COMMITTED",
        "mysql-pymysql": "REPEATABLE READ",
        "mariadb-pymysql": "REPEATABLE READ",
    }
