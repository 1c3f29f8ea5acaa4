"""A typed parameter fails in “:given IS NOT NULL” on some of SQLAlchemy's PostgreSQL dialects.

How bad: what should work raises an error.

Needs SQLAlchemy and a driver that sends parameters apart from the statement (psycopg, asyncpg,
pg8000), and in DATABASE_URL the URL of a PostgreSQL database; nothing is written. The dialects
write a cast such as $1::INTEGER for some types and none for others. Exits 1 where a type is
refused, else 0. Seen with SQLAlchemy 2.1.9: psycopg 3.3.9 refuses Double, Numeric, LargeBinary,
Boolean and Enum; pg8000 1.31.6 LargeBinary and Enum; asyncpg 0.32.0 Enum.
"""

import asyncio
import os
import sys

from sqlalchemy import (
    Boolean,
    Double,
    Enum,
    Integer,
    LargeBinary,
    Numeric,
    bindparam,
    create_engine,
    make_url,
    select,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

TYPES = [Integer(), Double(), Numeric(), LargeBinary(), Boolean(), Enum("red", native_enum=False)]


def refused(connection):
    found = []
    for type_ in TYPES:
        try:
            connection.execute(
                select(bindparam("given", type_=type_).is_not(None)), {"given": None}
            )
        except DBAPIError as error:
            connection.rollback()
            found.append(type_)
            print(repr(type_), str(error.orig).splitlines()[0])
    return found


async def refused_async(url):
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.connect() as connection:
        return await connection.run_sync(refused)


url = make_url(os.environ["DATABASE_URL"])
if url.get_dialect().is_async:
    found = asyncio.run(refused_async(url))
else:
    with create_engine(url).connect() as connection:
        found = refused(connection)
sys.exit(1 if found else 0)
