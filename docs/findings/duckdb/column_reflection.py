"""duckdb-engine cannot reflect a table's columns with SQLAlchemy 2.0.45 and later.

How bad: what should work raises an error.

Needs SQLAlchemy, duckdb-engine and duckdb. Exits 1 where the columns cannot be read, else 0. Seen
with duckdb-engine 0.17.0, DuckDB 2.0.0 and SQLAlchemy 2.1.9.
"""

import os
import sys

from sqlalchemy import create_engine, inspect, text
from sqlalchemy.exc import ProgrammingError

engine = create_engine(os.environ.get("DATABASE_URL", "duckdb:///:memory:"))
with engine.connect() as connection:
    connection.execute(text("CREATE TABLE note (id INTEGER PRIMARY KEY)"))
    try:
        columns = [column["name"] for column in inspect(connection).get_columns("note")]
    except ProgrammingError as error:
        columns = []
        print(error.orig)
    connection.rollback()

engine.dispose()
sys.exit(0 if columns == ["id"] else 1)
