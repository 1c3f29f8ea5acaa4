"""MariaDB Connector/Python ends an unbuffered result early, without error, where the query fails.

How bad: data are wrong or lost, and nothing is raised.

Needs SQLAlchemy and mariadb, and in DATABASE_URL the URL of a MariaDB server's database. Exits 1
where the rows before the error are all there is, 0 where the error is raised. Seen with MariaDB
Connector/Python 1.1.14 and MariaDB 11.8.9.
"""

import os
import sys

from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

failing = text(
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500) "
    "SELECT 9223372036854775807 - 400 + i FROM n"
)
engine = create_engine(os.environ["DATABASE_URL"])
raised = False
with engine.connect() as connection:
    try:
        rows = connection.execution_options(stream_results=True).execute(failing).all()
        print(len(rows), "rows of 500, and no error")
    except DBAPIError as error:
        print(error.orig)
        raised = True
engine.dispose()
sys.exit(0 if raised else 1)
