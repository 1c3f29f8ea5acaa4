"""with_for_update() is a syntax error: duckdb-engine writes a clause that DuckDB does not have.

SQLAlchemy's dialect of SQLite, which locks no rows either, leaves the clause out.

How bad: what should work raises an error.

Needs SQLAlchemy, duckdb-engine and duckdb. Exits 1 where the statement is refused, else 0. Seen
with duckdb-engine 0.17.0 and DuckDB 2.0.0.
"""

import sys

from sqlalchemy import column, create_engine, select, table, text
from sqlalchemy.exc import DBAPIError

engine = create_engine("duckdb:///:memory:")
refused = False
with engine.connect() as connection:
    connection.execute(text("CREATE TABLE note (id INTEGER)"))
    try:
        connection.execute(select(table("note", column("id"))).with_for_update())
    except DBAPIError as error:
        print(error.orig)
        refused = True
sys.exit(1 if refused else 0)
