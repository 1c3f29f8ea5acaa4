"""Engines of a backend: the one under test, and the independent one that checks it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, event
from sqlalchemy.pool import NullPool, QueuePool

from .backend import importable, known

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy.engine import URL, Engine

    from .backend import Backend, Family


def prepare(engine: Engine, family: Family) -> None:
    """Run the database's opening statements on each new connection of `engine`."""
    if family.hooks.prepare is not None:
        _on_connect(engine, family.hooks.prepare)
    send_on_connect(engine, family.on_connect)


def send_on_connect(engine: Engine, statements: Sequence[str]) -> None:
    """Send statements on each new connection of `engine`, to last as long as it does."""
    if not statements:
        return

    def opening(dbapi_connection: Any, _record: Any) -> None:
        cursor = dbapi_connection.cursor()
        for statement in statements:
            cursor.execute(statement)
        cursor.close()
        # Where SET opens a transaction, the setting would go with its rollback.
        dbapi_connection.commit()

    event.listen(engine, "connect", opening)


def engine_under_test(backend: Backend, url: URL, *, plain: bool = False, **options: Any) -> Engine:
    """Return the engine that a case's Sessions use.

    The pool hands out the connection that came back last, so that a state one Session leaves
    behind meets the next one. A `plain` one sets and sends nothing on its connections.
    """
    options = {
        "connect_args": dict(backend.connect_args),
        **backend.engine_options,
        **options,
    }
    dialect: Any = url.get_dialect()
    pool = options.get("poolclass") or dialect.get_pool_class(url)
    if issubclass(pool, QueuePool):
        options.setdefault("pool_use_lifo", True)
    if backend.is_async:
        from sqlalchemy.ext.asyncio import create_async_engine

        engine = create_async_engine(url, **options).sync_engine
    else:
        engine = create_engine(url, **options)
    if plain:
        return engine
    prepare(engine, backend.family)
    if backend.hooks.prepare is not None:
        _on_connect(engine, backend.hooks.prepare)
    if backend.begin:
        _begin_by_statement(engine, backend.begin, backend.begin_attribute)
    return engine


def warm(engine: Engine) -> None:
    """Connect once: that SQLAlchemy asks a new server for its version is no case's doing."""
    with engine.connect():
        pass


def _begin_by_statement(engine: Engine, statement: str, attribute: str | None) -> None:
    """Send BEGIN ourselves, as SQLAlchemy documents for drivers that begin too late."""

    def leave_transactions_to_us(dbapi_connection: Any, _record: Any) -> None:
        setattr(dbapi_connection, str(attribute), None)

    def begin(connection: Any) -> None:
        connection.exec_driver_sql(statement)

    if attribute:
        event.listen(engine, "connect", leave_transactions_to_us)
    event.listen(engine, "begin", begin)


def observer_url(backend: Backend, url: URL) -> URL:
    """Return `url` for the independent connection: through another driver where one is installed.

    A driver that lies about commit must not be its own witness, unless there is no other.
    """
    for drivername in backend.family.observers:
        if drivername != url.drivername and importable(drivername):
            # Options in a URL's query belong to the driver they were written for.
            return url.set(drivername=drivername, query={})
    return url


def observer_connect_args(backend: Backend, drivername: str) -> dict[str, Any]:
    """Return what a driver is told when it looks on."""
    found: dict[str, Any] = {}
    for sibling in known().values():
        if sibling.drivername == drivername:
            found.update(sibling.connect_args)
            break
    return found | dict(backend.family.observer_connect_args.get(drivername, {}))


def observer(backend: Backend, url: URL, **options: Any) -> Engine:
    """Return an engine in autocommit: each statement sees what is committed by then."""
    url = observer_url(backend, url)
    connect_args = observer_connect_args(backend, url.drivername)
    options = {"poolclass": NullPool, "connect_args": connect_args, **options}
    if backend.family.autocommit == "level":
        options["isolation_level"] = "AUTOCOMMIT"
    engine = create_engine(url, **options)
    # A driver that has to be its own witness may take no notice of the level.
    known_to_keep_it = url.drivername in backend.family.observers
    if backend.family.autocommit == "unbegun":
        _never_begin(engine)
    elif backend.family.autocommit == "level" and known_to_keep_it:
        # No transaction is ever open, and some drivers go to the server to end it all the same.
        _never_begin(engine)
        dialect: Any = engine.dialect
        dialect.do_rollback = _nothing
    prepare(engine, backend.family)
    if backend.family.autocommit == "observe" and backend.family.hooks.observe is not None:
        _on_connect(engine, backend.family.hooks.observe)
    return engine


def _on_connect(engine: Engine, hook: Callable[[Any], None]) -> None:
    event.listen(engine, "connect", lambda dbapi_connection, _record: hook(dbapi_connection))


def _never_begin(engine: Engine) -> None:
    """Leave each statement to the driver, which commits it unless a transaction was begun."""
    dialect: Any = engine.dialect
    dialect.do_begin = dialect.do_commit = _nothing


def _nothing(_dbapi_connection: Any) -> None:
    pass


def error_number(error: BaseException) -> int | None:
    """Return the vendor's number of an error, of the driver's own or of one that wraps it."""
    for found in (error, getattr(error, "orig", None)):
        numbers = [getattr(found, name, None) for name in ("errno", "sqlite_errorcode")]
        numbers += getattr(found, "args", ())[:1]
        for number in numbers:
            if isinstance(number, int):
                return number
    return None


def error_sqlstate(error: BaseException) -> str | None:
    """Return the SQLSTATE of an error, of the driver's own or of one that wraps it."""
    for found in (error, getattr(error, "orig", None)):
        states = [getattr(found, name, None) for name in ("sqlstate", "pgcode")]
        # pg8000 hands on the server's message as it is.
        states += [
            words.get("C") for words in getattr(found, "args", ()) if isinstance(words, dict)
        ]
        for state in states:
            if isinstance(state, str):
                return state
    return None


def error_code(error: BaseException) -> str | None:
    """Return what tells a driver's exceptions apart, as text.

    Returns:
        the vendor's number, else the SQLSTATE, else the name of the exception's class; None for
        what is no driver's exception.

    """
    # The number first: MySQL reports most of its own errors under one SQLSTATE.
    number = error_number(error)
    cause = getattr(error, "orig", None)
    name = None if cause is None else type(cause).__name__
    return (str(number) if number is not None else error_sqlstate(error)) or name
