"""Two results of one DuckDB connection get into each other: the first one goes on with other rows.

duckdb-engine's cursors all speak through the connection itself, which holds one result at a time.
Nothing is raised.

How bad: data are wrong or lost, and nothing is raised.

Needs SQLAlchemy, duckdb and duckdb-engine. Exits 1 where rows are mixed up, else 0. Seen with
duckdb-engine 0.17.0 and DuckDB 2.0.0.
"""

import sys

from sqlalchemy import create_engine, text

engine = create_engine("duckdb:///:memory:")
with engine.connect() as connection:
    first = connection.execute(text("SELECT i FROM range(1, 5) AS numbers (i)"))
    seen = [first.fetchone()]
    connection.execute(text("SELECT i FROM range(101, 105) AS numbers (i)"))
    seen += first.fetchall()
numbers = [row[0] for row in seen if row is not None]
print("1 to 4 read as", numbers)
sys.exit(0 if numbers == [1, 2, 3, 4] else 1)
