"""A parameter that cannot be encoded puts pg8000 out of step with the server, for good.

The statement is sent in part before the parameter is looked at; from then on each statement reads
the answer to the one before it. The connection goes back to its pool like a healthy one.

How bad: data are wrong or lost, and nothing is raised.

Needs SQLAlchemy and pg8000, and in DATABASE_URL a URL that begins with postgresql+pg8000. Exits 1
where later answers are wrong, 0 where they are right. Seen with pg8000 1.31.6.
"""

import os
import sys

from sqlalchemy import create_engine, text

engine = create_engine(os.environ["DATABASE_URL"])
with engine.connect() as connection:
    try:
        connection.execute(text("SELECT CAST(:name AS VARCHAR)"), {"name": "\ud800"})
    except UnicodeEncodeError as error:
        print("refused:", error)
    connection.rollback()
    try:
        answer = connection.execute(text("SELECT 7")).scalar()
    except Exception as error:
        answer = error
print("SELECT 7 gives:", repr(answer))
sys.exit(0 if answer == 7 else 1)
