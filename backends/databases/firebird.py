# ruff: noqa: INP001 -- read by its path, beside the file it belongs to
"""Firebird: what its drivers share and no SQL does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

#: Seconds that a statement waits for another transaction; without it, for ever.
LOCK_TIMEOUT = 2


def create_database(url: URL) -> None:
    """Make a database; the protocol has a call for it, SQL has not."""
    from firebird.driver import create_database as create

    create(_name(url), user=url.username, password=url.password, charset="UTF8").close()


def drop_database(url: URL) -> None:
    """Remove a database, one that is not there too."""
    from firebird.driver import DatabaseError, connect

    try:
        connection = connect(_name(url), user=url.username, password=url.password)
    except DatabaseError as error:
        # isc_io_error: there is no such file.
        if 335544344 in error.gds_codes:
            return
        raise
    connection.drop_database()


def prepare(connection: Any) -> None:
    """Let no statement wait for ever, which is this driver's default."""
    from firebird.driver import Isolation, tpb

    connection.main_transaction.default_tpb = tpb(Isolation.SNAPSHOT, lock_timeout=LOCK_TIMEOUT)


def observe(connection: Any) -> None:
    """See what is committed by now, commit each statement, and wait for nobody."""
    from firebird.driver import TPB, Isolation

    connection.main_transaction.default_tpb = TPB(
        isolation=Isolation.READ_COMMITTED_RECORD_VERSION, lock_timeout=0, auto_commit=True
    ).get_buffer()


def _name(url: URL) -> str:
    return f"{url.host}/{url.port or 3050}:{url.database}"
