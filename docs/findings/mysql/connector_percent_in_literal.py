"""mysql-connector takes %%(d)s, an escaped percent sign before (d)s, for a parameter called d.

PEP 249's pyformat needs the percent sign of a literal doubled where there are parameters, which is
what SQLAlchemy does.

How bad: what should work raises an error.

Needs SQLAlchemy and mysql-connector-python, and in DATABASE_URL the URL of a MySQL server that
begins with mysql+mysqlconnector. Exits 1 where the literal is not what is read, else 0. Seen with
mysql-connector-python 26.10.0.
"""

import os
import sys

from sqlalchemy import create_engine, text

engine = create_engine(os.environ["DATABASE_URL"])
read = None
with engine.connect() as connection:
    try:
        statement = text("SELECT '100%(d)s' FROM (SELECT 1 AS one) AS t WHERE one = :one")
        read = connection.scalar(statement, {"one": 1})
    except KeyError as error:
        print("no value for the parameter", error)
engine.dispose()
print("read:", read)
sys.exit(0 if read == "100%(d)s" else 1)
