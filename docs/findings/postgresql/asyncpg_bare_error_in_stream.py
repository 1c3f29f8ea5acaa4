"""An error in mid-stream reaches the user as asyncpg's own, not as SQLAlchemy's DBAPIError.

SQLAlchemy's adapter translates what execute() raises; what a server-side cursor raises while it
fetches more rows goes past it.

How bad: the error is of another kind than promised, so that a program handles it wrongly.

Needs SQLAlchemy and asyncpg, and in DATABASE_URL a URL of a PostgreSQL database that begins with
postgresql+asyncpg. Exits 1 where the error is bare, else 0. Seen with SQLAlchemy 2.1.9 and asyncpg
0.32.0.
"""

import asyncio
import os
import sys

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

FAILING = text("SELECT 1 / (401 - i) FROM generate_series(1, 500) AS numbers (i)")


async def main() -> int:
    engine = create_async_engine(os.environ["DATABASE_URL"])
    wrapped = False
    async with engine.connect() as connection:
        try:
            async with connection.stream(FAILING) as result:
                await result.all()
        except Exception as error:
            wrapped = isinstance(error, DBAPIError)
            print(f"{type(error).__module__}.{type(error).__name__}: {error}")
    await engine.dispose()
    return 0 if wrapped else 1


sys.exit(asyncio.run(main()))
