"""pg8000 raises ProgrammingError for NULL in a NOT NULL column and for a broken foreign key.

Needs SQLAlchemy and pg8000, and in DATABASE_URL the URL of a PostgreSQL database. Exits 1 where
IntegrityError does not come for both, else 0. Seen with pg8000 1.31.6 and PostgreSQL 18.6.
"""

import os
import sys

from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

engine = create_engine(os.environ["DATABASE_URL"])
seen = []
for statement in ("INSERT INTO note VALUES (NULL, 1)", "INSERT INTO note VALUES (1, 9)"):
    try:
        with engine.begin() as connection:
            connection.execute(
                text(
                    "CREATE TEMPORARY TABLE note (id integer NOT NULL PRIMARY KEY,"
                    " other integer REFERENCES note)"
                )
            )
            connection.execute(text(statement))
    except DBAPIError as error:
        seen.append(type(error).__name__)
        print(type(error).__name__, error.orig)
engine.dispose()
sys.exit(0 if seen == ["IntegrityError", "IntegrityError"] else 1)
