"""With SQLAlchemy's BEGIN recipe for sqlite3, what a raw connection writes outlives its rollback.

How bad: data are wrong or lost, and nothing is raised.

Needs SQLAlchemy alone; the database is a temporary file. The recipe switches the driver's own
transaction control off and sends BEGIN where a SQLAlchemy transaction begins, which a raw
connection never does. Exits 1 where the row is stored, else 0. Seen with Python 3.11 and 3.13.
"""

import sys
import tempfile
from pathlib import Path

from sqlalchemy import create_engine, event

with tempfile.TemporaryDirectory() as folder:
    engine = create_engine(f"sqlite:///{Path(folder) / 'database.db'}")

    @event.listens_for(engine, "connect")
    def leave_transactions_to_us(dbapi_connection, _record):
        dbapi_connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def begin(connection):
        connection.exec_driver_sql("BEGIN")

    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE note (id INTEGER PRIMARY KEY)")

    raw = engine.raw_connection()
    raw.cursor().execute("INSERT INTO note VALUES (1)")
    raw.close()  # the pool rolls back

    with engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT count(*) FROM note").scalar()
    engine.dispose()
print(found, "row(s) after the rollback")
sys.exit(1 if found else 0)
