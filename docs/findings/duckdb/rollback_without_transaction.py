"""rollback() and commit() of a DuckDB connection raise where no transaction was begun.

PEP 249 lets both be called at any time: a connection is in a transaction from its first statement.
For the same reason two Sessions cannot share a connection: BEGIN is refused the second time.

How bad: what should work raises an error.

Needs SQLAlchemy, duckdb-engine and duckdb. Exits 1 where rollback() raises, else 0. Seen with
duckdb-engine 0.17.0 and DuckDB 2.0.0.
"""

import sys

from sqlalchemy import create_engine

engine = create_engine("duckdb:///:memory:")
raw = engine.raw_connection()
cursor = raw.cursor()
cursor.execute("SELECT 1")
cursor.fetchall()
raised = False
try:
    raw.rollback()
except Exception as error:
    print(type(error).__name__, error)
    raised = True
sys.exit(1 if raised else 0)
