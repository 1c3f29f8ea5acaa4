"""A connection that is invalidated stays open at the server, with its transaction and its locks.

sqlalchemy-firebird ends it by terminate(), which no connection of firebird-driver has; SQLAlchemy
logs the AttributeError and goes on.

How bad: a process, a connection or a lock is lost.

Needs SQLAlchemy, sqlalchemy-firebird and firebird-driver, and in DATABASE_URL a URL that begins
with firebird+firebird. Exits 1 where the connection is open after invalidate(), else 0. Seen with
sqlalchemy-firebird 2.2.0 and firebird-driver 2.1.0.
"""

import logging
import os
import sys

from sqlalchemy import create_engine, text

logging.disable()
engine = create_engine(os.environ["DATABASE_URL"])
with engine.connect() as connection:
    connection.execute(text("SELECT 1 FROM RDB$DATABASE"))
    driver_connection = connection.connection.dbapi_connection
    connection.invalidate()
    closed = driver_connection.is_closed()
print("closed:", closed)
driver_connection.close()
sys.exit(0 if closed else 1)
