"""A Firebird TIMESTAMP holds four digits of a second, so a Python datetime loses two.

How bad: data are wrong or lost, and nothing is raised.

Needs SQLAlchemy, sqlalchemy-firebird and firebird-driver, and in DATABASE_URL the URL of an empty
Firebird database. Exits 1 where another value comes back, else 0. Seen with Firebird 4.0.7.
"""

import os
import sys
from datetime import datetime

from sqlalchemy import Column, DateTime, Integer, MetaData, Table, create_engine, select

sent = datetime(2024, 2, 29, 23, 59, 58, 123456)  # noqa: DTZ001
engine = create_engine(os.environ["DATABASE_URL"])
note = Table("note", MetaData(), Column("id", Integer, primary_key=True), Column("at", DateTime))
note.create(engine)
with engine.begin() as connection:
    connection.execute(note.insert(), {"id": 1, "at": sent})
with engine.connect() as connection:
    came = connection.scalar(select(note.columns.at))
engine.dispose()
note.drop(engine)
print(sent, came)
sys.exit(0 if came == sent else 1)
