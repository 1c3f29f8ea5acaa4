"""Faults that no case catches yet do break their rule: seen through the layer itself."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from session_conformance.backend import family

from .faulty import FAULTS
from .faulty.dialects import drivername
from .faulty.fault import SERVERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

pytestmark = [pytest.mark.servers, pytest.mark.parametrize("good", SERVERS)]
NAME = "faults_that_bite"


@contextmanager
def engines(servers: dict[str, str], good: str, name: str) -> Iterator[tuple[Engine, Engine]]:
    """Lend two engines on a database with a table: one with the fault, one without."""
    server = good.partition("-")[0]
    outside = create_engine(servers[server], isolation_level="AUTOCOMMIT")
    with outside.connect() as connection:
        connection.execute(text(family(server).sql["drop_database"].format(name=NAME)))
        connection.execute(text(family(server).sql["create_database"].format(name=NAME)))
    url = make_url(servers[server]).set(database=NAME)
    honest = create_engine(url, isolation_level="AUTOCOMMIT")
    faulty = create_engine(url.set(drivername=drivername(FAULTS[name], good)))
    with honest.connect() as connection:
        connection.execute(text("CREATE TABLE thing (id INTEGER PRIMARY KEY, note VARCHAR(9))"))
    try:
        yield faulty, honest
    finally:
        faulty.dispose()
        honest.dispose()
        with outside.connect() as connection:
            connection.execute(text(f"DROP DATABASE {NAME}{forced(server)}"))
        outside.dispose()


def forced(server: str) -> str:
    return " WITH (FORCE)" if server == "postgresql" else ""


def count(engine: Engine) -> int:
    with engine.connect() as connection:
        found = connection.scalar(text("SELECT count(*) FROM thing"))
    return int(found or 0)


def insert(connection: Any, number: int) -> None:
    connection.execute(text(f"INSERT INTO thing (id) VALUES ({number})"))


def test_savepoint_rollback_ignored(servers: dict[str, str], good: str) -> None:
    with engines(servers, good, "savepoint-rollback-ignored") as (faulty, honest):
        with faulty.begin() as connection:
            savepoint = connection.begin_nested()
            insert(connection, 1)
            savepoint.rollback()

        assert count(honest) == 1


def test_savepoint_release_commits(servers: dict[str, str], good: str) -> None:
    with (
        engines(servers, good, "savepoint-release-commits") as (faulty, honest),
        faulty.connect() as connection,
    ):
        with connection.begin_nested():
            insert(connection, 1)

        assert count(honest) == 1


def test_isolation_level_unsent(servers: dict[str, str], good: str) -> None:
    with (
        engines(servers, good, "isolation-level-unsent") as (faulty, honest),
        faulty.connect().execution_options(isolation_level="AUTOCOMMIT") as connection,
    ):
        assert connection.get_isolation_level() == "AUTOCOMMIT"
        insert(connection, 1)

        assert count(honest) == 0


def test_for_update_dropped(servers: dict[str, str], good: str) -> None:
    with engines(servers, good, "for-update-dropped") as (faulty, honest):
        with honest.connect() as connection:
            insert(connection, 1)
        with faulty.connect() as locking, faulty.connect() as other:
            locking.execute(text("SELECT id FROM thing WHERE id = 1 FOR UPDATE"))

            assert other.scalar(text("SELECT id FROM thing WHERE id = 1 FOR UPDATE NOWAIT")) == 1


def test_foreign_keys_off(servers: dict[str, str], good: str) -> None:
    of = "CREATE TABLE part (id INTEGER, of INTEGER, FOREIGN KEY (of) REFERENCES thing (id))"
    add = text("INSERT INTO part VALUES (1, 99)")
    with engines(servers, good, "foreign-keys-off") as (faulty, honest):
        with honest.connect() as connection:
            connection.execute(text(of.replace(" of ", " owner ").replace("(of)", "(owner)")))
            with pytest.raises(IntegrityError):
                connection.execute(add)
        with faulty.begin() as connection:
            connection.execute(add)


def test_reset_skipped(servers: dict[str, str], good: str) -> None:
    with engines(servers, good, "reset-skipped") as (faulty, honest):
        raw = faulty.raw_connection()
        raw.cursor().execute("INSERT INTO thing (id) VALUES (1)")
        raw.close()
        raw = faulty.raw_connection()
        raw.commit()
        raw.close()

        assert count(honest) == 1


def test_close_ignored(servers: dict[str, str], good: str) -> None:
    connections = text(family(good.partition("-")[0]).sql["connections"])
    with engines(servers, good, "close-ignored") as (faulty, honest):
        with faulty.connect() as connection:
            connection.execute(text("SELECT 1"))
        faulty.dispose()

        with honest.connect() as connection:
            assert len(connection.execute(connections).all()) == 1


def test_dead_unseen(servers: dict[str, str], good: str) -> None:
    sql = family(good.partition("-")[0]).sql
    with engines(servers, good, "dead-unseen") as (faulty, honest):
        connection = faulty.connect()
        number = connection.scalar(text(sql["connection_id"]))
        with honest.connect() as other:
            other.execute(text(sql["kill"].format(id=number)))
        with pytest.raises(SQLAlchemyError) as caught:
            connection.execute(text("SELECT 1"))

        assert not getattr(caught.value, "connection_invalidated", True)
        with suppress(SQLAlchemyError):
            connection.close()


def test_none_becomes_empty(servers: dict[str, str], good: str) -> None:
    with (
        engines(servers, good, "none-becomes-empty") as (faulty, _),
        faulty.begin() as connection,
    ):
        insert(connection, 1)

        assert connection.execute(text("SELECT note FROM thing")).all() == [("",)]


def test_cursor_per_connection(servers: dict[str, str], good: str) -> None:
    with engines(servers, good, "cursor-per-connection") as (faulty, _):
        raw = faulty.raw_connection()
        first = raw.cursor()
        first.execute("SELECT 1")
        raw.cursor().execute("SELECT 2")

        found = list(first.fetchall())
        raw.close()

        assert found == []


def test_prepare_ignored(servers: dict[str, str], good: str) -> None:
    pending = {
        "postgresql": "SELECT gid FROM pg_prepared_xacts",
        "mysql": "XA RECOVER",
        "mariadb": "XA RECOVER",
    }[good.partition("-")[0]]
    with engines(servers, good, "prepare-ignored") as (faulty, honest):
        with faulty.connect() as connection:
            transaction = connection.begin_twophase()
            insert(connection, 1)
            transaction.prepare()
            with honest.connect() as other:
                found = other.execute(text(pending)).all()
            with suppress(SQLAlchemyError):
                transaction.commit()

        # Others on this server may have prepared something meanwhile.
        assert [row for row in found if transaction.xid in str(row)] == []
