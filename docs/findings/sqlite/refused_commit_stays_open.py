"""A COMMIT that SQLite refuses, followed by close() alone, is committed by the pool's next user.

How bad: data are wrong or lost, and nothing is raised.

Needs SQLAlchemy only. Exits 1 where that happens, 0 where the refused row is gone.
Seen with SQLAlchemy 2.0.58 and 2.1.9.
"""

import sqlite3
import sys
import tempfile
from pathlib import Path

import sqlalchemy
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "shop.db"
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 0.1})
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE note (text VARCHAR(20))"))

    # Somebody reads and has not finished: SQLite cannot commit for the moment.
    reader = sqlite3.connect(path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM note").fetchall()

    try:
        with Session(engine) as session:
            session.execute(text("INSERT INTO note VALUES ('refused')"))
            session.commit()
    except OperationalError as error:
        print("the commit is refused:", error.orig)

    reader.execute("ROLLBACK")

    with Session(engine) as session:
        session.execute(text("INSERT INTO note VALUES ('innocent')"))
        session.commit()

    stored = [row for (row,) in reader.execute("SELECT text FROM note")]
    print("SQLAlchemy", sqlalchemy.__version__, "stored:", stored)
    reader.close()
    engine.dispose()

sys.exit(1 if "refused" in stored else 0)
