"""Firebird takes no BLOB, which is what SQLAlchemy's LargeBinary becomes, as a primary key.

How bad: what should work raises an error.

Needs SQLAlchemy, sqlalchemy-firebird and firebird-driver, and in DATABASE_URL the URL of an empty
Firebird database. Exits 1 where the table is refused, else 0. Seen with Firebird 3.0.11 and 4.0.7.
"""

import os
import sys

from sqlalchemy import Column, LargeBinary, MetaData, Table, create_engine
from sqlalchemy.exc import DBAPIError

engine = create_engine(os.environ["DATABASE_URL"])
note = Table("note", MetaData(), Column("id", LargeBinary(16), primary_key=True))
try:
    note.create(engine)
except DBAPIError as error:
    print(error.orig)
    sys.exit(1)
note.drop(engine)
