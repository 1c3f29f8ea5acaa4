"""A forked child that only forgets the pool's connections ends its parent's at the server.

SQLAlchemy documents dispose(close=False) for a child: it replaces the pool and leaves the
connections to the parent. The child still collects the objects, and in some drivers an object that
goes says goodbye to the server, through the socket that it shares with the parent.

How bad: a process, a connection or a lock is lost.

Needs SQLAlchemy and a driver, a system that can fork, and the database's URL in DATABASE_URL. Exits
1 where the parent's connection is lost, else 0. Seen with mysqlclient 2.3.1, MySQL Connector/Python
26.10.0, MariaDB Connector/Python 1.1.14 and firebird-driver 2.1.0; not with PyMySQL, psycopg,
psycopg2 and pg8000.
"""

import gc
import os
import sys

from sqlalchemy import create_engine, literal_column, select
from sqlalchemy.exc import DBAPIError

engine = create_engine(os.environ["DATABASE_URL"], pool_size=1, max_overflow=0)
one = select(literal_column("1"))
with engine.connect() as connection:
    print("before the fork:", connection.scalar(one))

child = os.fork()
if child == 0:
    engine.dispose(close=False)
    gc.collect()
    os._exit(0)
os.waitpid(child, 0)

failed = False
try:
    with engine.connect() as connection:
        print("after it:", connection.scalar(one))
except DBAPIError as error:
    print("after it:", error.orig)
    failed = True
sys.exit(1 if failed else 0)
