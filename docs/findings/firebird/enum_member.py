"""sqlalchemy-firebird binds an Enum's member itself instead of its name.

The dialect puts its own string type in the place of Enum, which is a String too, and with it goes
what Enum does to a value on its way.

How bad: what should work raises an error.

Needs SQLAlchemy, sqlalchemy-firebird and firebird-driver, and in DATABASE_URL the URL of an empty
Firebird database. Exits 1 where the name is not what is bound, else 0. Seen with
sqlalchemy-firebird 2.2.0.
"""

import enum
import os
import sys

from sqlalchemy import Column, Enum, Integer, MetaData, String, Table, cast, create_engine, select
from sqlalchemy.exc import DBAPIError


class Colour(enum.Enum):
    RED = 1
    GREEN = 2


engine = create_engine(os.environ["DATABASE_URL"])
key = Column("id", Integer, primary_key=True)
note = Table("note", MetaData(), key, Column("value", Enum(Colour)))
note.create(engine)
stored: list[str] = []
try:
    with engine.begin() as connection:
        connection.execute(note.insert(), {"id": 1, "value": Colour.RED})
        stored = list(connection.scalars(select(cast(note.c.value, String(20)))))
except DBAPIError as error:
    print(error)
engine.dispose()
note.drop(engine)
print("stored:", stored)
sys.exit(0 if stored == ["RED"] else 1)
