"""Backend files: one database through one driver, as data."""

from __future__ import annotations

import difflib
import importlib
import platform
import sys
import tomllib
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from . import condition, differs, expectation, hooks
from .capability import CAPABILITIES
from .content import content
from .expectation import Expectations
from .hooks import Hooks
from .keys import unknown_key
from .versions import fits

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from .condition import Configuration
    from .results import Declared


# The ways to a server of which the suite can start a second one.
STARTED = ("compose", "docker", "local", "fetched")


class BackendError(Exception):
    """A backend that is unknown or whose file is wrong; the message says what to write instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """A database: what its drivers share. Read from `backends/databases/NAME.toml`.

    `maintenance` is the database to connect to where a URL names none. `storage` says where a
    database lives: `server` (made with CREATE DATABASE) or `file`. `sql` holds the statements in
    which databases differ, by purpose; `{name}`, `{table}` and the like are filled in by the
    machinery, always with names it made itself. `autocommit` says how a connection is made to
    commit each statement: by that isolation level, because the driver does so until a transaction
    is begun (`unbegun`), or by the hook `observe`. `observers` are the drivers that may look on,
    the best first, and `observer_connect_args` what one of them is told beyond what its own file
    says. `hooks` names a Python file beside this one.
    `unfinished_sign` is a regular expression that the answer to `unfinished` matches as long as the
    server is undoing the transaction of connection `{id}`, `waiting_sign` one that finds in it the
    numbers of the connections that wait for a lock. `never_waits` says that a conflict raises at
    once, `hangs_up` that the server closes the socket of a connection that it ends.
    `configurations` are settings under which questions are asked too. `sequence_keys` says
    that a key that counts by itself needs a sequence, and `no_reuse` are the options of a table
    whose deleted keys are not generated again. `column` is the database's place among the others in
    lists and reports; those of one place stand by name.
    """

    id: str
    title: str
    storage: Literal["server", "file"]
    service: str | None = None
    maintenance: str | None = None
    observers: tuple[str, ...] = ()
    observer_connect_args: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    break_commit: Literal["kill", "reader", "conflict"] = "kill"
    autocommit: Literal["level", "unbegun", "observe"] = "level"
    unfinished_sign: str = ""
    waiting_sign: str = ""
    never_waits: bool = False
    hangs_up: bool = False
    configurations: tuple[Configuration, ...] = ()
    sequence_keys: bool = False
    no_reuse: Mapping[str, Any] = field(default_factory=dict)
    column: int = 9
    hooks: Hooks = field(default_factory=Hooks)
    locked_codes: tuple[str, ...] = ()
    denied_codes: tuple[str, ...] = ()
    on_connect: tuple[str, ...] = ()
    sql: Mapping[str, str] = field(default_factory=dict)
    capabilities: Mapping[str, bool | str] = field(default_factory=dict)
    differs: Mapping[str, Declared] = field(default_factory=dict)
    expectations: Expectations = field(default_factory=Expectations)


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """One column of the report. Read from `backends/NAME.toml` or from somebody else's file.

    `storage` is the family's, unless the file says `memory`: one connection, no second look.
    `begin` is the statement to send where a transaction begins, with the driver's own transaction
    control switched off by setting the attribute `begin_attribute` of its connection to None.
    `python` is the oldest Python that the driver's options take, such as `3.12`.
    `patience` is by how much more time than others' a cell may take, for a slow driver.
    `since` tells of capabilities which servers have them; the other capabilities are the same on
    every version. `hooks` names a Python file beside this one, whose `prepare` gets each connection
    under test. `expectations` are the database's, unless the file names another file of `answers`.
    `like` names a backend of the suite that this driver's dialect is built on: what that one says
    of itself holds for this one too, unless its own file says otherwise. `inherited` are the
    differences that are declared there; that one of them does not happen here is no fault.
    `path` is the backend's file. `setup` names a module that is imported in every process before an
    engine is made, for a dialect that registers itself.
    """

    id: str
    title: str
    family: Family
    drivername: str
    distribution: str | None = None
    extra: str | None = None
    core: bool = False
    is_async: bool = False
    storage: Literal["server", "file", "memory"] = "server"
    begin: str | None = None
    begin_attribute: str | None = None
    python: str | None = None
    patience: float = 1.0
    since: Mapping[str, SpecifierSet] = field(default_factory=dict)
    expectations: Expectations = field(default_factory=Expectations)
    hooks: Hooks = field(default_factory=Hooks)
    connect_args: Mapping[str, Any] = field(default_factory=dict)
    engine_options: Mapping[str, Any] = field(default_factory=dict)
    capabilities: Mapping[str, bool] = field(default_factory=dict)
    differs: Mapping[str, Declared] = field(default_factory=dict)
    inherited: Mapping[str, Declared] = field(default_factory=dict)
    own_capabilities: Mapping[str, bool | str] = field(default_factory=dict)
    own_differs: Mapping[str, Declared] = field(default_factory=dict)
    setup: str | None = None
    source: str = ""
    path: Path | None = None

    def can(self, capability: str) -> bool:
        """Tell whether this backend has `capability`."""
        return self.capabilities[capability]

    def at(self, version: str | None, way: str | None = None) -> Backend:
        """Return the backend with the capabilities that it has on a server of this version.

        Args:
            version: of the server.
            way: by which the server was had; only one that the suite can start has a second one.

        """
        lacking = {name for name, versions in self.since.items() if not fits(versions, version)}
        if way not in STARTED:
            lacking.add("own_server")
        return replace(
            self, capabilities={n: has and n not in lacking for n, has in self.capabilities.items()}
        )

    def limit(self, seconds: float) -> float:
        """Return the seconds that a cell may take here, where others may take `seconds`."""
        return seconds * self.patience

    def declared(self, case: str, variant: str | None) -> Declared | None:
        """Return the declared difference of a cell: of its variant, else of the whole case."""
        return self.differs.get(f"{case}/{variant}") or self.differs.get(case)

    def handed_down(self, case: str, variant: str | None) -> Declared | None:
        """Return the difference that a backend declares which this one is like."""
        return self.inherited.get(f"{case}/{variant}") or self.inherited.get(case)

    @property
    def driver(self) -> str:
        """The driver's name in a URL; of a dialect that has but one driver, its distribution's."""
        return self.drivername.partition("+")[2] or self.distribution or self.drivername

    @property
    def driver_version(self) -> str | None:
        """The installed version of the driver's distribution, None where it has none of its own."""
        if self.distribution is None:
            return None
        try:
            return metadata.version(self.distribution)
        except metadata.PackageNotFoundError:
            return None


_FAMILY_KEYS = {
    "title",
    "storage",
    "service",
    "maintenance",
    "observers",
    "observer_connect_args",
    "break_commit",
    "autocommit",
    "unfinished_sign",
    "waiting_sign",
    "never_waits",
    "hangs_up",
    "configurations",
    "sequence_keys",
    "no_reuse",
    "column",
    "hooks",
    "locked_codes",
    "denied_codes",
    "on_connect",
    "sql",
    "capabilities",
    "differs",
}
_BACKEND_KEYS = {
    "title",
    "database",
    "drivername",
    "distribution",
    "extra",
    "core",
    "async",
    "connect_args",
    "engine",
    "capabilities",
    "differs",
    "setup",
    "storage",
    "begin",
    "begin_attribute",
    "python",
    "patience",
    "hooks",
    "answers",
    "like",
}
SQL_KEYS = {
    "create_database",
    "drop_database",
    "databases",
    "hold_run",
    "connection_id",
    "kill",
    "cancel",
    "connections",
    "lock_row",
    "unlock_row",
    "sleep",
    "tables",
    "time_zone",
    "failing_query",
    "no_transaction",
    "version",
    "settings",
    "unfinished",
    "waits",
    "waits_for_table",
    "waits_checked",
    "wait_long",
    "limit_time",
    "limit_idle",
    "limit_idle_in_transaction",
    "limit_lock_wait",
    "isolation_level",
    "in_transaction",
    "clock",
    "insert_trigger",
    "update_trigger",
    "fill_trigger",
    "refuse_trigger",
    "drop_trigger",
    "forbidden",
    "warned",
    "read_only",
    "row_version",
    "prepared",
    "rollback_prepared",
}


def _read(path: Path, known: set[str]) -> dict[str, Any]:
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BackendError(f"{path} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BackendError(f"{path} is not valid TOML: {error}.") from error
    _check(data, known, f"{path}")
    return data


def _check(data: Mapping[str, Any], known: set[str] | Mapping[str, Any], where: str) -> None:
    if wrong := unknown_key(data, known):
        raise BackendError(f"{where}: {wrong}")


def _need(data: Mapping[str, Any], key: str, where: Path) -> Any:
    if key not in data:
        raise BackendError(f"{where}: the key “{key}” is missing.")
    return data[key]


def _one_of(data: Mapping[str, Any], key: str, allowed: Sequence[str], where: Path) -> Any:
    """Return the value of `key`, the first of `allowed` where there is none."""
    value = data.get(key, allowed[0])
    if value not in allowed:
        raise BackendError(f"{where}: {key} is one of {', '.join(allowed)}.")
    return value


@cache
def families() -> list[str]:
    """Return the names of the databases that the suite knows."""
    return sorted(path.stem for path in (content("backends") / "databases").glob("*.toml"))


def family(name: str, folder: Path | None = None) -> Family:
    """Read one database's file.

    Args:
        name: of the database.
        folder: where `databases/NAME.toml` may lie besides among the suite's own, which it then
            takes the place of.

    Raises:
        BackendError: there is no such file, or a key in it is wrong.

    """
    own = None if folder is None else folder / "databases" / f"{name}.toml"
    if own is not None and own.is_file():
        return family_at(own)
    if name not in families():
        beside = f", or describe it in {own}" if own else ""
        near = difflib.get_close_matches(name, families(), 1)
        hint = f"Did you mean “{near[0]}”?" if near else f"Known: {', '.join(families())}."
        raise BackendError(f"There is no database “{name}”. {hint} Name one of them{beside}.")
    return family_at(content("backends") / "databases" / f"{name}.toml")


@cache
def family_at(path: Path) -> Family:
    """Read a database's file; its name is the database's id.

    Raises:
        BackendError: it cannot be read, or a key in it is wrong.

    """
    data = _read(path, _FAMILY_KEYS)
    _check(data.get("sql", {}), SQL_KEYS, f"{path} [sql]")
    _check(data.get("capabilities", {}), CAPABILITIES, f"{path} [capabilities]")
    return Family(
        id=path.stem,
        title=_need(data, "title", path),
        storage=_need(data, "storage", path),
        service=data.get("service"),
        maintenance=data.get("maintenance"),
        observers=tuple(data.get("observers", ())),
        observer_connect_args=data.get("observer_connect_args", {}),
        break_commit=_one_of(data, "break_commit", ("kill", "reader", "conflict"), path),
        autocommit=_one_of(data, "autocommit", ("level", "unbegun", "observe"), path),
        unfinished_sign=data.get("unfinished_sign", ""),
        waiting_sign=data.get("waiting_sign", ""),
        never_waits=data.get("never_waits", False),
        hangs_up=data.get("hangs_up", False),
        configurations=_configurations(data, path),
        sequence_keys=data.get("sequence_keys", False),
        no_reuse=data.get("no_reuse", {}),
        column=data.get("column", 9),
        hooks=_hooks(data, path),
        locked_codes=tuple(str(code) for code in data.get("locked_codes", ())),
        denied_codes=tuple(str(code) for code in data.get("denied_codes", ())),
        on_connect=tuple(data.get("on_connect", ())),
        sql=data.get("sql", {}),
        capabilities=data.get("capabilities", {}),
        differs=_differs(data, path),
        expectations=_expectations(path.parent.parent / "answers" / path.name),
    )


@contextmanager
def _wrong(*kinds: type[Exception], where: Path | None = None) -> Iterator[None]:
    """Raise what a reader of a part says of it as an error of the backend's file."""
    try:
        yield
    except kinds as error:
        raise BackendError(f"{where} {error}" if where else str(error)) from error


def _answers(data: Mapping[str, Any], of: Family, path: Path) -> Expectations:
    """Return what is expected of a backend: what its database says unless it names a file.

    That lies in the folder `answers` beside the backend's own file, or is one of the suite's.
    """
    if "answers" not in data:
        return of.expectations
    folders = [path.parent / "answers", content("backends") / "answers"]
    for folder in folders:
        if (folder / data["answers"]).is_file():
            return _expectations(folder / data["answers"])
    there = sorted({found.name for folder in folders for found in folder.glob("*.toml")})
    raise BackendError(
        f"{path}: there is no answers/{data['answers']}. There are: {', '.join(there)}."
    )


def _expectations(path: Path) -> Expectations:
    with _wrong(expectation.ExpectationError):
        return expectation.read(path)


def _configurations(data: Mapping[str, Any], path: Path) -> tuple[Configuration, ...]:
    with _wrong(ValueError, where=path):
        return condition.read(data.get("configurations", {}))


def _hooks(data: Mapping[str, Any], path: Path) -> Hooks:
    if "hooks" not in data:
        return Hooks()
    with _wrong(hooks.HooksError):
        return hooks.read(path.parent / data["hooks"])


def _specifier(value: Any, path: Path) -> SpecifierSet:
    try:
        return SpecifierSet(value)
    except (InvalidSpecifier, TypeError) as error:
        raise BackendError(
            f"{path} [capabilities]: “{value}” is neither true nor false nor versions of the "
            "server such as “>=4”."
        ) from error


def _follow_from(data: Mapping[str, Any], of: Family) -> dict[str, bool]:
    """Capabilities that follow from what else a backend's file says, unless it says otherwise."""
    said = data.get("capabilities", {})
    is_async = data.get("async", False)
    one_connection = data.get("storage") == "memory"
    follows = {
        "async": is_async,
        "threads": not is_async and not one_connection,
        "reclaims_forgotten": not is_async,
        "own_server": of.service is not None,
    }
    return {name: said.get(name, value) for name, value in follows.items()}


def _differs(data: Mapping[str, Any], path: Path) -> dict[str, Declared]:
    with _wrong(differs.DiffersError, where=path):
        return differs.read(data.get("differs", {}))


def load(path: Path) -> Backend:
    """Read one backend file, its name is the backend's id, and import the module it sets up with.

    Raises:
        BackendError: a key is unknown, missing or has a value that is not allowed.

    """
    data = _read(path, _BACKEND_KEYS)
    of = family(_need(data, "database", path), path.parent)
    _check(data.get("capabilities", {}), CAPABILITIES, f"{path} [capabilities]")
    base = _like(data, of, path)
    said = {
        **of.capabilities,
        **(base.own_capabilities if base else {}),
        **data.get("capabilities", {}),
    }
    own_differs = _differs(data, path)
    ours = path.parent == content("backends")
    setup = data.get("setup")
    if setup is not None:
        try:
            importlib.import_module(setup)
        except ImportError as error:
            raise BackendError(f"{path}: setup = “{setup}” cannot be imported: {error}.") from error
    return Backend(
        id=path.stem,
        title=_need(data, "title", path),
        family=of,
        drivername=_need(data, "drivername", path),
        distribution=data.get("distribution"),
        extra=data.get("extra"),
        core=data.get("core", False),
        is_async=data.get("async", False),
        storage=data.get("storage", of.storage),
        begin=data.get("begin"),
        begin_attribute=data.get("begin_attribute"),
        python=data.get("python"),
        patience=float(data.get("patience", 1)),
        hooks=_hooks(data, path),
        expectations=_answers(data, of, path),
        connect_args=data.get("connect_args", base.connect_args if base else {}),
        engine_options=data.get("engine", base.engine_options if base else {}),
        capabilities={name: bool(said.get(name)) for name in CAPABILITIES} | _follow_from(data, of),
        since={
            name: _specifier(value, path)
            for name, value in said.items()
            if not isinstance(value, bool)
        },
        differs={**of.differs, **own_differs},
        inherited=base.own_differs if base else {},
        own_capabilities=data.get("capabilities", {}),
        own_differs=own_differs,
        setup=setup,
        source=f"backends/{path.name}" if ours else beside_here(path),
        path=path,
    )


def _like(data: Mapping[str, Any], of: Family, path: Path) -> Backend | None:
    """Return the backend of the suite that one from elsewhere is like."""
    name = data.get("like")
    if name is None:
        return None
    file = content("backends") / f"{name}.toml"
    if not file.is_file():
        there = sorted(found.stem for found in content("backends").glob("*.toml"))
        near = difflib.get_close_matches(str(name), there, 1)
        hint = f" Did you mean “{near[0]}”?" if near else f" There are: {', '.join(there)}."
        raise BackendError(f"{path}: like = “{name}” is no backend of the suite.{hint}")
    base = load(file)
    if base.family.id != of.id:
        raise BackendError(
            f"{path}: like = “{name}” is one of {base.family.title}, not of {of.title}."
        )
    return base


def beside_here(path: Path) -> str:
    """Return a path as one would write it here: from this folder on where it lies below it."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


@cache
def known() -> dict[str, Backend]:
    """Read every backend the suite knows: id to backend, in the order of the report's columns."""
    found = [load(path) for path in sorted(content("backends").glob("*.toml"))]

    def place(backend: Backend) -> tuple[int, str, bool, str]:
        return (backend.family.column, backend.family.id, not backend.core, backend.id)

    return {backend.id: backend for backend in sorted(found, key=place)}


def choose(names: list[str], files: Sequence[Backend] = ()) -> list[Backend]:
    """Return the backends that `names` mean: ids, databases, `core`, `all`; none means `all`.

    `files` are backends read from elsewhere: chosen by name like those the suite knows, and taking
    the place of one that has the same id. What other packages ship is looked up by names that mean
    nothing else.

    Raises:
        BackendError: a name means nothing; the message lists what would.

    """
    everything = known() | {backend.id: backend for backend in files}
    chosen: dict[str, Backend] = {}
    for name in names or ["all"]:
        matched = {
            key: backend
            for key, backend in everything.items()
            if name in (key, backend.family.id, "all") or (name == "core" and backend.core)
        }
        if not matched:
            from . import shipped

            brought = shipped.backends()
            matched = {
                key: backend for key, backend in brought.items() if name in (key, backend.family.id)
            }
            everything |= brought
        if not matched:
            families = {backend.family.id for backend in everything.values()}
            words = sorted(set(everything) | families | {"core", "all"})
            near = difflib.get_close_matches(name, words, 1)
            hint = f" Did you mean “{near[0]}”?" if near else ""
            raise BackendError(f"Unknown backend “{name}”.{hint} Known: {', '.join(words)}.")
        chosen |= matched
    return [backend for key, backend in everything.items() if key in chosen]


def installed(backend: Backend) -> str | None:
    """Return None where the driver can be used, else one line that says what is missing."""
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import NoSuchModuleError

    if not fits_python(backend):
        return f"It takes Python {backend.python} or newer; this is {platform.python_version()}."
    url = make_url(f"{backend.drivername}://")
    try:
        dialect = url.get_dialect()
        dialect.import_dbapi()
    except NoSuchModuleError:
        return (
            f"SQLAlchemy knows no dialect “{backend.drivername}”; "
            f"install the package that brings it{_hint(backend)}."
        )
    except ImportError as error:
        missing = getattr(error, "name", None) or str(error)
        return f"The driver “{missing}” is not installed{_hint(backend)}."
    return None


def fits_python(backend: Backend) -> bool:
    """Tell whether the driver's options exist in this Python."""
    return not backend.python or sys.version_info >= tuple(map(int, backend.python.split(".")))


def _hint(backend: Backend) -> str:
    if backend.extra:
        return f" (pip install 'session-conformance[{backend.extra}]')"
    return ""


def importable(drivername: str) -> bool:
    """Tell whether the dialect and the driver module behind `drivername` can be imported."""
    from sqlalchemy.engine import make_url

    try:
        make_url(f"{drivername}://").get_dialect().import_dbapi()
    except Exception:
        return False
    return True


__all__ = [
    "Backend",
    "BackendError",
    "Family",
    "choose",
    "families",
    "family",
    "family_at",
    "fits_python",
    "importable",
    "installed",
    "known",
    "load",
]
