"""INSERT that updates what is there already, in the words of each dialect."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from sqlalchemy import inspect

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Dialect, Insert


def upsert(dialect: Dialect, mapped: type[Any], columns: Sequence[str]) -> Insert | None:
    """Return an INSERT of `mapped` that sets `columns` where a row has the same primary key.

    Args:
        dialect: whose package, or that of a dialect it is made from, has the `insert()` to use.
        mapped: the class.
        columns: names of the columns that take the value of the row that is not inserted; where
            there are none, the row that is there stays as it is.

    Returns:
        the statement, None where there is no such `insert()`.

    """
    packages = (made.__module__.rpartition(".")[0] for made in type(dialect).__mro__)
    own = (getattr(sys.modules.get(package), "insert", None) for package in packages)
    insert: Any = next((found for found in own if found is not None), None)
    if insert is None:
        return None
    statement = insert(mapped)
    key = [column.name for column in inspect(mapped).primary_key]
    if hasattr(statement, "on_duplicate_key_update"):
        new = {name: statement.inserted[name] for name in columns}
        # There is no DO NOTHING; to set the key to what it is does nothing.
        new = new or {name: inspect(mapped).local_table.c[name] for name in key}
        return statement.on_duplicate_key_update(new)  # type: ignore[no-any-return]
    if not columns:
        return statement.on_conflict_do_nothing(index_elements=key)  # type: ignore[no-any-return]
    new = {name: statement.excluded[name] for name in columns}
    return statement.on_conflict_do_update(index_elements=key, set_=new)  # type: ignore[no-any-return]
