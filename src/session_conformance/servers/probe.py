"""Asks a server for its version through whichever of its drivers is installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .server import ServerError

if TYPE_CHECKING:
    from .recipe import Recipe
    from .server import Probe, Server


def default_probe(recipe: Recipe) -> Probe:
    """Return a probe made from the recipe's driver names and query.

    Raises:
        ServerError: none of the drivers is installed.

    """
    from sqlalchemy import URL, NullPool, create_engine, text
    from sqlalchemy.exc import ArgumentError, NoSuchModuleError

    for drivername in recipe.probe.drivernames:
        try:
            create_engine(f"{drivername}://", poolclass=NullPool).dispose()
        except (ImportError, NoSuchModuleError, ArgumentError):
            continue
        break
    else:
        raise ServerError(
            f"No driver for {recipe.title} is installed.",
            f"Install one with: pip install 'session-conformance[{recipe.service}]'",
        )

    def probe(server: Server) -> str:
        url = URL.create(
            drivername,
            username=server.username,
            password=server.password,
            host=server.host,
            port=server.port,
            database=server.database,
        )
        engine = create_engine(
            url, poolclass=NullPool, connect_args=dict(recipe.probe.connect_args)
        )
        try:
            with engine.connect() as connection:
                return str(connection.execute(text(recipe.probe.query)).scalar_one())
        finally:
            engine.dispose()

    return probe
