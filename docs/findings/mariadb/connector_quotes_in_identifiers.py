"""MariaDB Connector/Python 1.1.14 loses count of placeholders after a quote in a quoted identifier.

How bad: what should work raises an error.

Needs SQLAlchemy, the driver and a server whose user may use the database of the URL:
DATABASE_URL=mariadb+mariadbconnector://USER:PASSWORD@HOST:PORT/DATABASE
Exits 1 where the INSERT fails, 0 where it stores the row. The table is temporary.
Seen with MariaDB Connector/Python 1.1.14.
"""

import os
import sys

from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

engine = create_engine(os.environ["DATABASE_URL"])
with engine.connect() as connection:
    connection.execute(text("CREATE TEMPORARY TABLE oddity (id INTEGER, `owner's` INTEGER)"))
    try:
        connection.execute(text("INSERT INTO oddity VALUES (:id, :of)"), {"id": 1, "of": 2})
        insert = text("INSERT INTO oddity (id, `owner's`) VALUES (:id, :of)")
        connection.execute(insert, [{"id": 2, "of": 3}, {"id": 3, "of": 4}])
    except DBAPIError as error:
        print("the INSERT fails:", error.orig)
        sys.exit(1)
    print("stored:", connection.execute(text("SELECT count(*) FROM oddity")).scalar())
