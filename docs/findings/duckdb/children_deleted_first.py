"""DuckDB refuses to delete a row in the transaction that has deleted the last reference to it.

How bad: what should work raises an error.

Needs SQLAlchemy, duckdb-engine and duckdb. Exits 1 where the second DELETE is refused, else 0.
Seen with DuckDB 2.0.0.
"""

import os
import sys

from sqlalchemy import create_engine, text
from sqlalchemy.exc import IntegrityError

engine = create_engine(os.environ.get("DATABASE_URL", "duckdb:///:memory:"))
refused = False
with engine.connect() as connection:
    connection.execute(text("CREATE TABLE parent (id INTEGER PRIMARY KEY)"))
    connection.execute(text("CREATE TABLE child (parent_id INTEGER REFERENCES parent (id))"))
    connection.execute(text("INSERT INTO parent VALUES (1)"))
    connection.execute(text("INSERT INTO child VALUES (1)"))
    connection.commit()

    connection.execute(text("DELETE FROM child"))
    try:
        connection.execute(text("DELETE FROM parent"))
    except IntegrityError as error:
        refused = True
        print("refused:", error.orig)
    connection.rollback()

    connection.execute(text("DROP TABLE child"))
    connection.commit()
    connection.execute(text("DROP TABLE parent"))
    connection.commit()

engine.dispose()
sys.exit(1 if refused else 0)
