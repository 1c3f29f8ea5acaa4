"""asyncpg stores Python's last date, 9999-12-31, as PostgreSQL's infinity.

How bad: data are wrong or lost, and nothing is raised.

Needs asyncpg and a server: DATABASE_URL=postgresql+asyncpg://USER:PASSWORD@HOST:PORT/DATABASE
Exits 1 where the server is given infinity, 0 where it is given the date. Seen with asyncpg 0.32.0.
"""

import asyncio
import os
import sys
from datetime import date

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine


async def main() -> int:
    engine = create_async_engine(os.environ["DATABASE_URL"])
    question = text("SELECT CAST(CAST(:day AS date) AS text)")
    async with engine.connect() as connection:
        told = await connection.scalar(question, {"day": date(9999, 12, 31)})
    await engine.dispose()
    print("the server was given:", told)
    return 0 if told == "9999-12-31" else 1


sys.exit(asyncio.run(main()))
