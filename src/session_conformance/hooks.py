"""What a database needs done in Python: a module beside its file, where data does not suffice."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy.engine import URL


class HooksError(Exception):
    """A module that cannot be used; the message names it and the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks:
    """The functions of a module that are called, each None where it has none of that name.

    `create_database` and `drop_database` get the URL of the database to make or to remove; one that
    is not there is no error. They stand for the statements of the same names where no SQL does it.
    `prepare` gets each new connection of the driver, `observe` each one of the independent engine,
    which it makes commit every statement. `asleep` gets the system's number of a thread of this
    process and tells how often it has gone to sleep, and whether it sleeps now because of a lock.
    `in_transaction` gets a connection of the driver and tells whether the database, not the driver,
    has a transaction open for it.
    """

    create_database: Callable[[URL], None] | None = None
    drop_database: Callable[[URL], None] | None = None
    prepare: Callable[[Any], None] | None = None
    observe: Callable[[Any], None] | None = None
    asleep: Callable[[int], tuple[int, bool]] | None = None
    in_transaction: Callable[[Any], bool] | None = None


def read(path: Path) -> Hooks:
    """Run the module at `path` and return its functions. It imports a driver where it needs one.

    Raises:
        HooksError: it cannot be run, or has a public function that nobody would call.

    """
    spec = importlib.util.spec_from_file_location(f"_hooks_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise HooksError(f"{path} is no Python file.")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise HooksError(f"{path} cannot be run: {type(error).__name__}: {error}.") from error
    names = {field.name for field in fields(Hooks)}
    defined = {
        name: value
        for name, value in vars(module).items()
        if not name.startswith("_") and getattr(value, "__module__", None) == module.__name__
    }
    unknown = sorted(set(defined) - names)
    if unknown:
        known = ", ".join(sorted(names))
        raise HooksError(f"{path}: unknown function “{unknown[0]}”. Known: {known}.")
    return Hooks(**defined)
