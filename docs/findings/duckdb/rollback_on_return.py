"""What is written through a raw connection to DuckDB is committed at once: no transaction is begun.

How bad: data are wrong or lost, and nothing is raised.

Needs SQLAlchemy, duckdb-engine and duckdb. Exits 1 where a rollback undoes nothing, else 0. Seen
with duckdb-engine 0.17.0 and DuckDB 2.0.0.
"""

import os
import sys

from sqlalchemy import create_engine, text

engine = create_engine(os.environ.get("DATABASE_URL", "duckdb:///:memory:"))
with engine.connect() as connection:
    connection.execute(text("CREATE TABLE note (text VARCHAR)"))
    connection.commit()

raw = engine.raw_connection()
cursor = raw.cursor()
cursor.execute("INSERT INTO note VALUES ('never committed')")
cursor.close()
raw.close()  # the pool rolls back

with engine.connect() as connection:
    stored = connection.execute(text("SELECT text FROM note")).scalars().all()
    connection.execute(text("DROP TABLE note"))
    connection.commit()

print("stored:", stored)
engine.dispose()
sys.exit(1 if stored else 0)
