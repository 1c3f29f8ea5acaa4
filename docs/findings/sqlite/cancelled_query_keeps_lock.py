"""aiosqlite: a connection closed after a cancelled query keeps its transaction and the file's lock.

How bad: a process, a connection or a lock is lost.

Needs aiosqlite only. Exits 1 where the file stays locked, 0 where it is free.
Seen with aiosqlite 0.22.1 on Python 3.11.
"""

import asyncio
import sqlite3
import sys
import tempfile
from pathlib import Path

import aiosqlite


def locked(path: Path) -> bool:
    """Tell whether somebody else may not write."""
    other = sqlite3.connect(path, timeout=0)
    try:
        other.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError:
        return True
    finally:
        other.close()
    return False


async def main(path: Path) -> int:
    """Cancel a query in a transaction and close the connection, as a pool would."""
    connection = await aiosqlite.connect(path)
    await connection.execute("CREATE TABLE note (text VARCHAR(20))")
    await connection.execute("INSERT INTO note VALUES ('first')")
    await connection.commit()

    await connection.execute("INSERT INTO note VALUES ('unfinished')")
    cursor = await connection.cursor()
    task = asyncio.create_task(cursor.execute("SELECT text FROM note"))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait({task})

    # The thread runs the query all the same. close() sends no ROLLBACK, and sqlite3 leaves the
    # connection open underneath for as long as anything, such as a traceback, refers to its cursor.
    await connection.close()
    still = locked(path)
    print("closed, and", "still locked" if still else "free")

    del task, cursor
    print("without its cursor:", "still locked" if locked(path) else "free")
    return int(still)


with tempfile.TemporaryDirectory() as folder:
    sys.exit(asyncio.run(main(Path(folder) / "shop.db")))
