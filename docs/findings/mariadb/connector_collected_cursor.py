"""A cursor that the cyclic garbage collector frees takes a reference of its connection too many.

Each one lowers the reference count of the connection by one. When it comes to nothing the
connection is freed while somebody still has it, and the interpreter dies there or later. An
exception that is caught, and whose traceback holds the cursor, is all it takes.

How bad: a process, a connection or a lock is lost.

Needs mariadb (MariaDB Connector/Python) and SQLAlchemy, which takes DATABASE_URL apart, a URL that
begins with mariadb+mariadbconnector. Exits 1 where references are lost, else 0. Seen with MariaDB
Connector/Python 1.1.14 on CPython 3.11.
"""

import gc
import os
import sys

from sqlalchemy import create_engine

engine = create_engine(os.environ["DATABASE_URL"])
connection = engine.raw_connection().dbapi_connection
# So that the process lives to tell.
spare = [connection] * 100
before = sys.getrefcount(connection)
for _ in range(10):
    cursor = connection.cursor()
    ring = [cursor]
    ring.append(ring)
    del cursor, ring
gc.collect()
after = sys.getrefcount(connection)
print(f"references before: {before}, after ten cursors were collected: {after}")
sys.exit(1 if after < before else 0)
