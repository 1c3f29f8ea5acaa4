"""aiomysql 0.3.2 with PyMySQL 1.2 cannot bind bytes: the helper it imports has become a text.

How bad: what should work raises an error.

Needs aiomysql and a server: DATABASE_URL=mysql+aiomysql://USER:PASSWORD@HOST:PORT/
Exits 1 where binding fails, 0 where the bytes come back.
Seen with aiomysql 0.3.2 and PyMySQL 1.2.4.
"""

import asyncio
import os
import sys

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine


async def main() -> int:
    engine = create_async_engine(os.environ["DATABASE_URL"])
    try:
        async with engine.connect() as connection:
            found = await connection.scalar(text("SELECT :value"), {"value": b"\x00\xff"})
    except TypeError as error:
        print("binding bytes:", error)
        return 1
    finally:
        await engine.dispose()
    print("came back:", found)
    return 0 if found == b"\x00\xff" else 1


sys.exit(asyncio.run(main()))
