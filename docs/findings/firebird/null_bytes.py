"""sqlalchemy-firebird cannot bind None to a LargeBinary: its processor calls bytes(None).

How bad: what should work raises an error.

Needs SQLAlchemy, sqlalchemy-firebird and firebird-driver, and in DATABASE_URL the URL of an empty
Firebird database. Exits 1 where binding fails, else 0. Seen with sqlalchemy-firebird 2.2.0.
"""

import os
import sys

from sqlalchemy import Column, Integer, LargeBinary, MetaData, Table, create_engine
from sqlalchemy.exc import StatementError

engine = create_engine(os.environ["DATABASE_URL"])
key = Column("id", Integer, primary_key=True)
note = Table("note", MetaData(), key, Column("value", LargeBinary))
note.create(engine)
failed = False
try:
    with engine.begin() as connection:
        connection.execute(note.insert(), {"id": 1, "value": None})
except StatementError as error:
    print(error)
    failed = True
engine.dispose()
note.drop(engine)
sys.exit(1 if failed else 0)
