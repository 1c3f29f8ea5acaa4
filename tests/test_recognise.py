"""What is told of a backend by its URL alone, and what its server has to say."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest
from packaging.utils import canonicalize_name
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import make_url

from session_conformance.backend import importable
from session_conformance.reach import UnreachableError, WrongUrlError
from session_conformance.recognise import recognise

if TYPE_CHECKING:
    from pathlib import Path


class MyPostgreSQL(PGDialect_psycopg):
    name = "mypg"
    supports_statement_cache = True


class MySQLite(SQLiteDialect_pysqlite):
    driver = "my_driver"
    supports_statement_cache = True

    @classmethod
    def import_dbapi(cls):  # type: ignore[no-untyped-def] # noqa: ANN206
        import my_driver_module  # type: ignore[import-not-found]

        return my_driver_module


registry.register("mypg", __name__, "MyPostgreSQL")
registry.register("sqlite.my_driver", __name__, "MySQLite")


@pytest.mark.parametrize(
    ("text", "drivername", "family", "distribution", "known"),
    [
        ("sqlite://", "sqlite+pysqlite", "sqlite", None, "sqlite-memory"),
        ("sqlite:///:memory:", "sqlite+pysqlite", "sqlite", None, "sqlite-memory"),
        ("sqlite:///file:x?mode=memory&uri=true", "sqlite+pysqlite", "sqlite", None,
         "sqlite-memory"),
        ("sqlite:///x.db", "sqlite+pysqlite", "sqlite", None, "sqlite-pysqlite"),
        ("sqlite+aiosqlite://", "sqlite+aiosqlite", "sqlite", "aiosqlite", "sqlite-aiosqlite"),
        ("postgresql+psycopg://h/d", "postgresql+psycopg", "postgresql", "psycopg",
         "postgresql-psycopg"),
        ("postgresql+psycopg_async://h/d", "postgresql+psycopg_async", "postgresql", "psycopg",
         "postgresql-psycopg-async"),
        ("postgresql+psycopg2://h/d", "postgresql+psycopg2", "postgresql", "psycopg2-binary",
         "postgresql-psycopg2"),
        ("postgresql+asyncpg://h/d", "postgresql+asyncpg", "postgresql", "asyncpg",
         "postgresql-asyncpg"),
        ("postgresql+pg8000://h/d", "postgresql+pg8000", "postgresql", "pg8000",
         "postgresql-pg8000"),
        ("mysql+pymysql://h/d", "mysql+pymysql", "mysql", "PyMySQL", "mysql-pymysql"),
        ("mysql+aiomysql://h/d", "mysql+aiomysql", "mysql", "aiomysql", "mysql-aiomysql"),
        ("mysql+mysqldb://h/d", "mysql+mysqldb", "mysql", "mysqlclient", "mysql-mysqldb"),
        ("mysql+mysqlconnector://h/d", "mysql+mysqlconnector", "mysql", "mysql-connector-python",
         "mysql-mysqlconnector"),
        ("mariadb+pymysql://h/d", "mariadb+pymysql", "mariadb", "PyMySQL", "mariadb-pymysql"),
        ("mariadb+mariadbconnector://h/d", "mariadb+mariadbconnector", "mariadb", "mariadb",
         "mariadb-mariadbconnector"),
        ("duckdb:///x.db", "duckdb", "duckdb", "duckdb-engine",
         "duckdb-duckdb-engine"),
        ("firebird+firebird://h/d", "firebird+firebird", "firebird", "firebird-driver",
         "firebird-firebird-driver"),
    ],
)  # fmt: skip
def test_a_driver_of_the_suite_is_recognised_without_its_server(
    text: str, drivername: str, family: str, distribution: str | None, known: str
) -> None:
    url = make_url(text)
    if not importable(url.drivername):
        pytest.skip(f"the driver of {url.drivername} is not installed")

    found = recognise(url, connect=False)

    assert found.known_backend is not None
    assert (found.known_backend.id, found.family) == (known, family)
    assert found.drivername == drivername
    assert found.is_async == found.known_backend.is_async
    # Packages write their own names now with a hyphen, now with an underscore.
    assert canonicalize_name(found.distribution or "") == (distribution or "").lower()


def test_a_dialect_under_a_new_name_has_the_database_of_its_class() -> None:
    found = recognise(make_url("mypg://h/d"), connect=False)

    assert (found.drivername, found.family) == ("mypg", "postgresql")
    assert (found.known_backend, found.is_async) == (None, False)


def test_a_file_is_not_made_by_asking_about_it(tmp_path: Path) -> None:
    recognise(make_url(f"sqlite:///{tmp_path / 'x.db'}"))

    assert list(tmp_path.iterdir()) == []


def test_a_dialect_that_is_none_is_told() -> None:
    with pytest.raises(WrongUrlError, match="SQLAlchemy knows no dialect “postgres”"):
        recognise(make_url("postgres://h/d"))


def test_a_server_that_does_not_answer_is_told_without_its_password() -> None:
    with pytest.raises(UnreachableError, match="Nothing listens there") as caught:
        recognise(make_url("mysql+pymysql://user:very-secret@127.0.0.1:1/d"))

    assert "very-secret" not in str(caught.value)


@pytest.mark.parametrize("installed", ["files", "editable", "by its name"])
def test_the_package_of_a_driver_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, installed: str
) -> None:
    """Also while its author develops it: such an installation lists no files."""
    module = tmp_path / "my_driver_module.py"
    module.write_text("paramstyle = 'qmark'\n", encoding="utf-8")
    name = "my-driver-module" if installed == "by its name" else "acme-client"
    info = tmp_path / f"{name.replace('-', '_')}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", encoding="utf-8"
    )
    files = ["my_driver_module.py,,\n"] if installed == "files" else []
    (info / "RECORD").write_text("".join(files), encoding="utf-8")
    if installed == "editable":
        origin = {"url": tmp_path.as_uri(), "dir_info": {"editable": True}}
        (info / "direct_url.json").write_text(json.dumps(origin), encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    try:
        found = recognise(make_url("sqlite+my_driver://"), connect=False)
    finally:
        sys.modules.pop("my_driver_module", None)

    assert (found.distribution, found.family, found.known_backend) == (name, "sqlite", None)


@pytest.mark.servers
@pytest.mark.parametrize("database", ["mariadb", "mysql"])
def test_a_server_behind_a_mysql_url_says_which_it_is(
    servers: dict[str, str], database: str
) -> None:
    url = make_url(servers[database]).set(drivername="mysql+pymysql")

    found = recognise(url)

    assert found.known_backend is not None
    assert (found.family, found.drivername) == (database, f"{database}+pymysql")
    assert found.known_backend.id == f"{database}-pymysql"
