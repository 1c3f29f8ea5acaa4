"""sqlalchemy-firebird writes DOUBLE for SQLAlchemy's Double; Firebird knows DOUBLE PRECISION only.

How bad: what should work raises an error.

Needs SQLAlchemy, sqlalchemy-firebird and firebird-driver, and in DATABASE_URL the URL of an empty
Firebird database. Exits 1 where the table is refused, else 0. Seen with sqlalchemy-firebird 2.2.0
and Firebird 4.0.7.
"""

import os
import sys

from sqlalchemy import Column, Double, MetaData, Table, create_engine
from sqlalchemy.exc import DBAPIError

engine = create_engine(os.environ["DATABASE_URL"])
note = Table("note", MetaData(), Column("value", Double))
try:
    note.create(engine)
except DBAPIError as error:
    print(error)
    sys.exit(1)
note.drop(engine)
