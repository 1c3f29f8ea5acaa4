"""sqlalchemy-firebird cannot make a column of SQLAlchemy's JSON type.

How bad: what should work raises an error.

Needs SQLAlchemy and sqlalchemy-firebird; no server. Exits 1 where CREATE TABLE cannot be written,
else 0. Seen with sqlalchemy-firebird 2.2.0.
"""

import sys

from sqlalchemy import JSON, Column, Integer, MetaData, Table, create_mock_engine
from sqlalchemy.exc import CompileError

note = Table("note", MetaData(), Column("id", Integer, primary_key=True), Column("data", JSON))
engine = create_mock_engine("firebird+firebird://", lambda sql, *_: print(sql.compile()))
try:
    note.create(engine, checkfirst=False)
    print(str(note.columns.data.type.compile(engine.dialect)))
except CompileError as error:
    print(error)
    sys.exit(1)
