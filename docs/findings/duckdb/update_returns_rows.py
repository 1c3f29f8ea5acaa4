"""An UPDATE on DuckDB returns a row, its count, so that SQLAlchemy takes it for a query.

How bad: a detail differs that few programs see.

Needs SQLAlchemy, duckdb and duckdb-engine. Exits 1 where an UPDATE has rows, else 0. Seen with
duckdb-engine 0.17.0 and DuckDB 2.0.0.
"""

import sys

from sqlalchemy import create_engine, text

engine = create_engine("duckdb:///:memory:")
with engine.begin() as connection:
    connection.execute(text("CREATE TABLE note (id INTEGER)"))
    connection.execute(text("INSERT INTO note VALUES (1), (2)"))
    result = connection.execute(text("UPDATE note SET id = id + 10"))
    returns_rows = result.returns_rows
    print("returns rows:", returns_rows, result.all() if returns_rows else "")
sys.exit(1 if returns_rows else 0)
