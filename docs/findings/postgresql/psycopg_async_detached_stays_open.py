"""close() of a detached connection leaves psycopg's AsyncConnection to the garbage collector.

How bad: a process, a connection or a lock is lost.

Needs SQLAlchemy and psycopg, and in DATABASE_URL a URL that begins with postgresql+psycopg_async.
Exits 1 where the connection is still open after close(), else 0. Seen with SQLAlchemy 2.1.9 and
psycopg 3.3.9.
"""

import asyncio
import os
import sys

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine


async def main() -> int:
    engine = create_async_engine(os.environ["DATABASE_URL"])
    connection = await engine.connect()
    await connection.execute(text("SELECT 1"))
    driver_connection = (await connection.get_raw_connection()).driver_connection
    connection.sync_connection.detach()
    await connection.close()
    closed = driver_connection.closed
    print("closed:", closed)
    await driver_connection.close()
    await engine.dispose()
    return 0 if closed else 1


sys.exit(asyncio.run(main()))
