"""Where no server listens, asyncpg's ConnectionRefusedError reaches the user bare.

SQLAlchemy wraps what the other drivers raise, so that one `except DBAPIError` is enough for them.

How bad: the error is of another kind than promised, so that a program handles it wrongly.

Needs SQLAlchemy and asyncpg. Exits 1 where the error is bare, 0 where it is a DBAPIError. Seen with
SQLAlchemy 2.1.9 and asyncpg 0.32.0.
"""

import asyncio
import socket
import sys

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine


async def main() -> int:
    with socket.socket() as closed:
        # Bound and never listening.
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        engine = create_async_engine(f"postgresql+asyncpg://nobody@127.0.0.1:{port}/none")
        try:
            await engine.connect()
        except DBAPIError as error:
            print("wrapped:", error)
            return 0
        except OSError as error:
            print("bare:", type(error).__name__, error)
            return 1
    return 0


sys.exit(asyncio.run(main()))
