"""sqlalchemy-firebird makes a TIMESTAMP column for an Interval, and binds a number of days to it.

How bad: what should work raises an error.

Needs SQLAlchemy, sqlalchemy-firebird and firebird-driver, and in DATABASE_URL the URL of an empty
Firebird database. Exits 1 where a timedelta cannot be stored, else 0. Seen with
sqlalchemy-firebird 2.2.0 and Firebird 4.0.7.
"""

import os
import sys
from datetime import timedelta

from sqlalchemy import Column, Integer, Interval, MetaData, Table, create_engine, select
from sqlalchemy.exc import DBAPIError

engine = create_engine(os.environ["DATABASE_URL"])
key = Column("id", Integer, primary_key=True)
delay = Table("delay", MetaData(), key, Column("value", Interval))
delay.create(engine)
stored: list[timedelta] = []
try:
    with engine.begin() as connection:
        connection.execute(delay.insert(), {"id": 1, "value": timedelta(hours=12)})
        stored = list(connection.scalars(select(delay.c.value)))
except DBAPIError as error:
    print(error)
engine.dispose()
delay.drop(engine)
print("stored:", stored)
sys.exit(0 if stored == [timedelta(hours=12)] else 1)
