"""firebird-driver raises DatabaseError itself for a duplicate key, not its IntegrityError.

How bad: the error is of another kind than promised, so that a program handles it wrongly.

Needs SQLAlchemy, sqlalchemy-firebird and firebird-driver, and in DATABASE_URL the URL of an empty
Firebird database. Exits 1 where IntegrityError does not come, else 0. Seen with firebird-driver
2.1.0 and Firebird 3.0.11 and 4.0.7.
"""

import os
import sys

from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError, IntegrityError

engine = create_engine(os.environ["DATABASE_URL"])
with engine.begin() as connection:
    connection.execute(text("CREATE TABLE note (id INTEGER NOT NULL PRIMARY KEY)"))
with engine.begin() as connection:
    connection.execute(text("INSERT INTO note VALUES (1)"))

right = False
try:
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO note VALUES (1)"))
except DBAPIError as error:
    right = isinstance(error, IntegrityError)
    print(type(error).__name__, "from", type(error.orig).__name__, error.orig.sqlstate)

engine.dispose()
with engine.begin() as connection:
    connection.execute(text("DROP TABLE note"))
engine.dispose()
sys.exit(0 if right else 1)
