"""SQLAlchemy dialects over faulty drivers, registered under `DATABASE+faulty_NAME`."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy.dialects import registry
from sqlalchemy.engine import make_url

from session_conformance.backend import known

from .fault import ASYNC, FAULTS, Fault
from .layer import Driver


def drivername(fault: Fault, good: str) -> str:
    """Return the first word of the URLs of a fault over a good backend."""
    database = known()[good].drivername.partition("+")[0]
    return f"{database}+{_name(fault, good)}"


def _name(fault: Fault, good: str) -> str:
    # Two drivers of one database may have the same fault.
    under = f"{good.partition('-')[2]}_" if good in ASYNC else ""
    return f"faulty_{under}{fault.id}".replace("-", "_")


def _dialect(fault: Fault, good: str) -> type[Any]:
    base = make_url(f"{known()[good].drivername}://").get_dialect()

    def import_dbapi(_cls: type[Any]) -> Driver:
        return Driver(base.import_dbapi(), fault.connection)

    def get_driver_connection(self: Any, connection: Any) -> Any:
        return base.get_driver_connection(self, connection.real)

    return type(
        f"{base.__name__}_{_name(fault, good)}",
        (fault.dialect, base),
        {
            "driver": _name(fault, good),
            "supports_statement_cache": True,
            "import_dbapi": classmethod(import_dbapi),
            # psycopg looks up types on connections of its own class only.
            "get_driver_connection": get_driver_connection,
        },
    )


def name_of(fault: Fault, good: str) -> str:
    """Return the name of a dialect class in this module."""
    return f"{good.replace('-', '_')}_{_name(fault, good)}"


def register() -> None:
    """Make every fault known to SQLAlchemy in this process."""
    for fault in FAULTS.values():
        for good in fault.over:
            key = drivername(fault, good).replace("+", ".")
            registry.register(key, __name__, name_of(fault, good))


# One class for each, as a real dialect has: a case may hold on to it.
@cache
def __getattr__(name: str) -> Any:
    for fault in FAULTS.values():
        for good in fault.over:
            if name_of(fault, good) == name:
                return _dialect(fault, good)
    raise AttributeError(name)
