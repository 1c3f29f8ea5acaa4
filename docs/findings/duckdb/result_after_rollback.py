"""DuckDB forgets the unread rows of a result when its transaction is rolled back.

How bad: data are wrong or lost, and nothing is raised.

Needs SQLAlchemy, duckdb-engine and duckdb. Exits 1 where the rows are gone, else 0. Seen with
duckdb-engine 0.17.0 and DuckDB 2.0.0.
"""

import sys

from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError

engine = create_engine("duckdb:///:memory:")
with engine.connect() as connection:
    result = connection.execute(text("SELECT i FROM range(1, 5) AS numbers (i)"))
    connection.rollback()
    try:
        numbers = [row[0] for row in result]
    except SQLAlchemyError as error:
        numbers = []
        print(error)

engine.dispose()
print("1 to 4 read as", numbers)
sys.exit(0 if numbers == [1, 2, 3, 4] else 1)
