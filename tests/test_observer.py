"""Who looks at what is stored: not the driver under test, where there is another."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from sqlalchemy.engine import make_url

from session_conformance import engines
from session_conformance.backend import known
from session_conformance.engines import observer, observer_connect_args, observer_url

if TYPE_CHECKING:
    from session_conformance.backend import Backend

SEVERAL = [backend for backend in known().values() if len(backend.family.observers) > 1]


@pytest.mark.parametrize("backend", SEVERAL, ids=lambda backend: backend.id)
def test_a_driver_is_not_its_own_witness(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "importable", lambda _: True)

    url = observer_url(backend, make_url(f"{backend.drivername}://user@host/name?option=1"))

    assert url.drivername in backend.family.observers
    assert url.drivername != backend.drivername
    assert (url.host, url.database, dict(url.query)) == ("host", "name", {})


def test_a_driver_that_is_alone_has_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "importable", lambda _: False)
    url = make_url("postgresql+psycopg://user@host/name")

    assert observer_url(known()["postgresql-psycopg"], url) == url


def test_transactions_are_ended_unless_it_is_known_that_there_are_none() -> None:
    backend = known()["sqlite-pysqlite"]
    stranger = replace(backend, family=replace(backend.family, observers=()))
    url = make_url("sqlite+pysqlite://")

    known_to_keep_it, not_known = observer(backend, url), observer(stranger, url)

    for name in ("do_commit", "do_rollback"):
        assert name in vars(known_to_keep_it.dialect)
        assert name not in vars(not_known.dialect)


def test_who_looks_on_is_told_more_than_the_driver_under_test() -> None:
    """Connector/Python refuses a uuid for MariaDB unless it is told to write it as text."""
    told = observer_connect_args(known()["mariadb-pymysql"], "mariadb+mysqlconnector")
    others = observer_connect_args(known()["mysql-pymysql"], "mysql+mysqlconnector")

    converter = pytest.importorskip("mysql.connector.conversion").MySQLConverter
    assert converter(str_fallback=told["converter_str_fallback"]).to_mysql(UUID(int=1)) == (
        str(UUID(int=1)).encode()
    )
    assert others == dict(known()["mysql-mysqlconnector"].connect_args)
