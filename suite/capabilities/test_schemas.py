"""Whether tables stand in schemas, tried at the start of a run."""

from sqlalchemy import Column, Integer, MetaData, Table, inspect, select

from session_conformance import Database, promise


@promise(
    "capabilities.schemas",
    "A table can be named together with the schema that it stands in.",
    docs="core/metadata.html#specifying-the-schema-name",
    probes="schemas",
)
def test_schemas(db: Database) -> None:
    with db.session() as session:
        schema = inspect(session.connection()).default_schema_name
        assert schema is not None

        account = Table("account", MetaData(), Column("id", Integer), schema=schema)
        assert session.scalars(select(account.c.id)).all() == []
