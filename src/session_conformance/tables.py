"""Making and dropping tables, also where a database knows no key that counts by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, MetaData, Sequence

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Sequence as Tables

    from sqlalchemy import Table
    from sqlalchemy.engine import Connection, Engine


def create(
    bind: Engine | Connection,
    tables: Tables[Table],
    *,
    sequence_keys: bool,
    options: Mapping[str, Any] | None = None,
) -> None:
    """Make `tables`, which share one metadata.

    Args:
        bind: where to make them.
        tables: the tables; their definitions stay as they are.
        sequence_keys: whether an integer key gets its numbers from a sequence, named as its
            default in the database.
        options: keyword arguments of `Table` that these tables get besides.

    """
    if sequence_keys:
        tables = _with_sequences(tables)
    elif options:
        tables = _with_options(tables, options)
    tables[0].metadata.create_all(bind, tables=tables)


def drop(bind: Engine | Connection, tables: Tables[Table], *, sequence_keys: bool) -> None:
    """Drop what `create` made of `tables`, as far as it is there."""
    if sequence_keys:
        tables = _with_sequences(tables)
    tables[0].metadata.drop_all(bind, tables=tables)


def _with_sequences(tables: Tables[Table]) -> list[Table]:
    metadata = MetaData()
    # Every table, since foreign keys are resolved among the copies.
    for table in tables[0].metadata.sorted_tables:
        copy = table.to_metadata(metadata)
        key = table.autoincrement_column
        if key is None or table not in tables:
            continue
        numbers = Sequence(f"{table.name}_{key.name}_seq", metadata=metadata)
        counting: Column[Any] = Column(
            key.name,
            key.type,
            primary_key=True,
            autoincrement=False,
            server_default=numbers.next_value(),
        )
        copy.append_column(counting, replace_existing=True)
    return [metadata.tables[table.key] for table in tables]


def _with_options(tables: Tables[Table], options: Mapping[str, Any]) -> list[Table]:
    metadata = MetaData()
    for table in tables[0].metadata.sorted_tables:
        table.to_metadata(metadata).dialect_kwargs.update(options)
    return [metadata.tables[table.key] for table in tables]
