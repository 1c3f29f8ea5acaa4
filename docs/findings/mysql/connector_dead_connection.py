"""A connection of MySQL Connector/Python that the server has ended is not known as dead.

The driver says “MySQL Connection not available”, and SQLAlchemy looks for that sentence with a full
stop at its end. So the error is not marked as a disconnect, and rolling back raises another one.

How bad: a process, a connection or a lock is lost.

Needs SQLAlchemy and mysql-connector-python, and in DATABASE_URL a URL that begins with
mysql+mysqlconnector, of somebody who may end connections. Exits 1 where the error is not marked as
a disconnect, else 0. Seen with SQLAlchemy 2.1.9 and MySQL Connector/Python 26.10.0.
"""

import os
import sys

from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

engine = create_engine(os.environ["DATABASE_URL"])
invalidated = True
with engine.connect() as other, engine.connect() as connection:
    number = connection.scalar(text("SELECT CONNECTION_ID()"))
    connection.commit()
    other.execute(text(f"KILL {number}"))
    there = text(f"SELECT count(*) FROM information_schema.processlist WHERE id = {number}")
    while other.scalar(there):
        pass
    try:
        connection.execute(text("SELECT 1"))
    except DBAPIError as error:
        print(error.orig)
        invalidated = error.connection_invalidated
    connection.invalidate()
print("marked as a disconnect:", invalidated)
sys.exit(0 if invalidated else 1)
