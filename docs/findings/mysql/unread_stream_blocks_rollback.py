"""With rows of a stream still unread, rollback() fails: “Commands out of sync”.

The drivers upon the client library in C, mysqlclient and MariaDB Connector/Python, do not read an
unbuffered result to its end before they send something else, as those in Python do.

How bad: what should work raises an error.

Needs SQLAlchemy and one of the two, and in DATABASE_URL the URL of a MySQL or MariaDB server that
begins with mysql+mysqldb or mariadb+mariadbconnector. Exits 1 where rollback() fails, else 0. Seen
with mysqlclient 2.3.1 and MariaDB Connector/Python 1.1.14.
"""

import os
import sys

from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

numbers = text(
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500) SELECT i FROM n"
)
engine = create_engine(os.environ["DATABASE_URL"])
connection = engine.connect()
result = connection.execution_options(stream_results=True).execute(numbers)
print("first row:", result.fetchone())
failed = False
try:
    connection.rollback()
except DBAPIError as error:
    print(error.orig)
    failed = True
sys.exit(1 if failed else 0)
