"""An idle Firebird connection keeps a table that it has read from being dropped by another one.

How bad: what should work raises an error.

Needs firebird-driver through SQLAlchemy and sqlalchemy-firebird, and in DATABASE_URL the URL of an
empty Firebird database. Exits 1 where DROP TABLE is refused although no transaction is open, else
0. Seen with Firebird 3.0.11 and 4.0.7, and firebird-driver 2.1.0.
"""

import gc
import os
import sys
from typing import Any

from firebird.driver import Isolation, tpb
from sqlalchemy import create_engine, event, text
from sqlalchemy.exc import DBAPIError

engine = create_engine(os.environ["DATABASE_URL"])


@event.listens_for(engine, "connect")
def _wait_for_nobody(connection: Any, _record: Any) -> None:
    connection.main_transaction.default_tpb = tpb(Isolation.SNAPSHOT, lock_timeout=0)


with engine.begin() as connection:
    connection.execute(text("CREATE TABLE note (id INTEGER)"))
engine.dispose()

reader = engine.raw_connection()
cursor = reader.cursor()
cursor.execute("SELECT id FROM note")
cursor.fetchall()
cursor.close()
reader.rollback()
del cursor
gc.collect()

refused = False
try:
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE note"))
except DBAPIError as error:
    refused = True
    print("refused:", " ".join(str(error.orig).split()))

reader.close()
engine.dispose()
if refused:
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE note"))
engine.dispose()
sys.exit(1 if refused else 0)
