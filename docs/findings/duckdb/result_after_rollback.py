"""DuckDB's Python driver forgets the unread rows of a cursor when its transaction is rolled back.

Needs duckdb alone. Exits 1 where the rows are gone, else 0. Seen with DuckDB 2.0.0.
"""

import sys

import duckdb

connection = duckdb.connect(":memory:")
connection.begin()
connection.execute("SELECT 1 UNION ALL SELECT 2")
connection.rollback()
rows = []
try:
    rows = connection.fetchall()
except duckdb.InvalidInputException as error:
    print(error)

connection.close()
sys.exit(0 if len(rows) == 2 else 1)
