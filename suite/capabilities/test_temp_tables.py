"""Whether a connection can have tables of its own, tried at the start of a run."""

from sqlalchemy import Column, Integer, MetaData, Table, insert, select

from session_conformance import Database, promise


@promise(
    "capabilities.temp-tables",
    "CREATE TEMPORARY TABLE makes a table that the connection can use at once.",
    docs="core/metadata.html#creating-and-dropping-database-tables",
    probes="temp_tables",
)
def test_temp_tables(db: Database) -> None:
    number = Column("number", Integer, primary_key=True, autoincrement=False)
    table = Table("brief", MetaData(), number, prefixes=["TEMPORARY"])

    with db.session() as session:
        table.create(session.connection(), checkfirst=False)
        session.execute(insert(table).values(number=7))
        found = session.scalars(select(table.c.number)).all()
        table.drop(session.connection(), checkfirst=False)
        session.commit()

    assert found == [7]
