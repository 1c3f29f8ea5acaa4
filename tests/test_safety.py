"""The suite writes to nothing that it did not make, and says so before the first write."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from session_conformance.backend import family

from .faulty.command import ROOT, Ran, environment, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CASES = ["--cases", str(ROOT / "suite" / "commit" / "test_expiry.py"), "--jobs", "2"]
BROKEN = ["--cases", str(ROOT / "tests" / "faulty" / "planted" / "honesty.py"), "--jobs", "1"]
DRIVERS = {
    "sqlite": "pysqlite",
    "postgresql": "psycopg",
    "mysql": "pymysql",
    "mariadb": "pymysql",
}
DATABASES = [name for name in DRIVERS if name != "sqlite"]
PASSWORD = "p@ss:w/rd %1"


def execute(url: str, *statements: str) -> list[object]:
    """Send statements in autocommit and return the first column of what the last one gave."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            for statement in statements:
                result = connection.execute(text(statement))
            return list(result.scalars()) if result.returns_rows else []
    finally:
        engine.dispose()


def to(url: str, **parts: str) -> str:
    return make_url(url).set(**parts).render_as_string(hide_password=False)  # type: ignore[arg-type]


@contextmanager
def database(server: str, url: str, name: str) -> Iterator[str]:
    """Make a database of somebody else's on a server and lend its URL."""
    drop = family(server).sql["drop_database"].format(name=name)
    execute(url, drop, family(server).sql["create_database"].format(name=name))
    try:
        yield to(url, database=name)
    finally:
        execute(url, drop)


def on(server: str, url: str) -> list[str]:
    backend = f"{server}-{DRIVERS[server]}"
    return ["--backend", backend, "--url", f"{backend}={url}"]


def everything_said(ran: Ran) -> str:
    """All that a run printed and wrote."""
    written = [path for path in ran.out.rglob("*") if path.is_file()]
    return ran.said + "".join(path.read_text(encoding="utf-8") for path in written)


def test_a_file_with_a_table_is_refused_and_left_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "shop.db"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE customer (name TEXT)")
        connection.execute("INSERT INTO customer VALUES ('Ann')")
    connection.close()
    before = file.read_bytes()

    ran = run([*on("sqlite", f"sqlite:///{file}"), *CASES], tmp_path / "out")

    assert ran.code == 4
    assert "is not empty (it holds customer)" in ran.said
    assert "Traceback" not in ran.said
    assert file.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir() if path.name != "out"] == ["shop.db"]


def test_a_file_that_is_not_there_yet_is_used_beside_and_nothing_is_left(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()

    ran = run([*on("sqlite", f"sqlite:///{folder}/new.db"), *CASES], tmp_path / "out")

    assert ran.code == 0, ran.said
    assert list(folder.iterdir()) == []


def test_a_folder_that_only_looks_like_ours_is_left(tmp_path: Path) -> None:
    folder = tmp_path / "session-conformance-0123abcd"
    folder.mkdir()
    (folder / "thesis.txt").write_text("years of work", encoding="utf-8")

    ran = run(
        ["--backend", "sqlite-pysqlite", *CASES],
        tmp_path / "out",
        env=environment(TMPDIR=str(tmp_path)),
    )

    assert ran.code == 0, ran.said
    assert (folder / "thesis.txt").read_text(encoding="utf-8") == "years of work"


@pytest.mark.servers
@pytest.mark.parametrize("server", DATABASES)
def test_a_database_with_a_table_is_refused_and_left_as_it_was(
    servers: dict[str, str], tmp_path: Path, server: str
) -> None:
    with database(server, servers[server], "shop_of_somebody") as url:
        execute(url, "CREATE TABLE account (id INTEGER)", "INSERT INTO account VALUES (7)")

        ran = run([*on(server, url), *CASES], tmp_path / "out")

        assert execute(url, "SELECT id FROM account") == [7]
        tables = [str(name) for name in execute(url, family(server).sql["tables"])]
    assert ran.code == 4
    assert "account" in ran.said
    assert "is not empty" in ran.said
    assert [name.rpartition(".")[2] for name in tables] == ["account"]


@pytest.mark.servers
@pytest.mark.parametrize("server", DATABASES)
def test_a_database_that_only_has_a_name_like_ours_is_not_swept(
    servers: dict[str, str], tmp_path: Path, server: str
) -> None:
    name = "session_conformance_0123abcd_gw0_mine"
    with database(server, servers[server], name) as url:
        execute(url, "CREATE TABLE thesis (id INTEGER)", "INSERT INTO thesis VALUES (7)")

        ran = run([*on(server, servers[server]), *CASES], tmp_path / "out")

        assert ran.code == 0, ran.said
        assert execute(url, "SELECT id FROM thesis") == [7]


CREATE_USER = {
    "postgresql": "CREATE ROLE sc_{name} LOGIN PASSWORD '{password}'",
    "mysql": "CREATE USER sc_{name}@'%' IDENTIFIED BY '{password}'",
    "mariadb": "CREATE USER sc_{name}@'%' IDENTIFIED BY '{password}'",
}
GRANT = {
    "postgresql": "ALTER DATABASE {database} OWNER TO sc_{name}",
    "mysql": "GRANT ALL ON {database}.* TO sc_{name}@'%'",
    "mariadb": "GRANT ALL ON {database}.* TO sc_{name}@'%'",
}
DROP_USER = {
    "postgresql": "DROP ROLE IF EXISTS sc_{name}",
    "mysql": "DROP USER IF EXISTS sc_{name}@'%'",
    "mariadb": "DROP USER IF EXISTS sc_{name}@'%'",
}


@contextmanager
def guest(server: str, url: str, name: str) -> Iterator[str]:
    """Make a user who may make no database, and an empty one that is theirs; lend its URL."""
    drop = DROP_USER[server].format(name=name)
    with suppress(SQLAlchemyError):
        execute(url, drop)
    execute(url, CREATE_USER[server].format(name=name, password=PASSWORD))
    try:
        with database(server, url, f"guest_{name}") as theirs:
            execute(url, GRANT[server].format(name=name, database=f"guest_{name}"))
            yield to(theirs, username=f"sc_{name}", password=PASSWORD)
    finally:
        execute(url, drop)


@pytest.mark.servers
@pytest.mark.parametrize("server", DATABASES)
def test_an_empty_database_is_used_by_who_may_make_none_and_left_empty(
    servers: dict[str, str], tmp_path: Path, server: str
) -> None:
    with guest(server, servers[server], "lodger") as url:
        ran = run([*on(server, url), *CASES], tmp_path / "out")

        assert ran.code == 0, ran.said
        assert "One job only" in ran.said
        assert execute(url, family(server).sql["tables"]) == []


@pytest.mark.servers
@pytest.mark.parametrize("server", DATABASES)
def test_a_password_is_in_nothing_that_a_run_says_or_writes(
    servers: dict[str, str], tmp_path: Path, server: str
) -> None:
    with guest(server, servers[server], "teller") as url:
        right = run([*on(server, url), *BROKEN, "-v"], tmp_path / "right")
        wrong = run([*on(server, to(url, password=PASSWORD + "x")), *BROKEN], tmp_path / "wrong")

    assert (right.code, wrong.code) == (1, 10)
    for said in (everything_said(right), everything_said(wrong)):
        for spelling in {PASSWORD, quote(PASSWORD, safe=""), quote(PASSWORD), quote_plus(PASSWORD)}:
            assert spelling not in said
