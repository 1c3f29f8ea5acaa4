"""pg8000 raises IntegrityError for a duplicate key alone: other constraints give ProgrammingError.

How bad: the error is of another kind than promised, so that a program handles it wrongly.

Needs SQLAlchemy and pg8000, and in DATABASE_URL the URL of an empty PostgreSQL database. Exits 1
where a violation of NOT NULL or of a foreign key comes as something else, else 0. Seen with pg8000
1.31.6 and PostgreSQL 18.6.
"""

import os
import sys

from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError, IntegrityError

engine = create_engine(os.environ["DATABASE_URL"])
with engine.begin() as connection:
    connection.execute(text("CREATE TABLE parent (id INTEGER PRIMARY KEY)"))
    connection.execute(text("CREATE TABLE child (parent_id INTEGER NOT NULL REFERENCES parent)"))

wrong = 0
for value in ("NULL", "404"):
    try:
        with engine.begin() as connection:
            connection.execute(text(f"INSERT INTO child VALUES ({value})"))
    except DBAPIError as error:
        wrong += not isinstance(error, IntegrityError)
        print(type(error).__name__, "with SQLSTATE", error.orig.args[0]["C"])

with engine.begin() as connection:
    connection.execute(text("DROP TABLE child"))
    connection.execute(text("DROP TABLE parent"))
engine.dispose()
sys.exit(1 if wrong else 0)
