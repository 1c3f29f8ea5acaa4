"""What is wrong with a backend's file, with a database's, and with one of answers."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from .. import backend as backends
from .. import differs
from ..capability import CAPABILITIES
from ..content import content
from ..expectation import ExpectationError
from ..expectation import read as read_answers
from ..keys import unknown_key
from . import keys
from .places import Places
from .problem import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from .known_cases import KnownCases

NEEDED = {"backend": ("title", "database", "drivername"), "family": ("title", "storage")}
STORAGES = {"backend": ("server", "file", "memory"), "family": ("server", "file")}
#: Folders in which TOML files of the suite lie that are no backends.
OF_THE_SUITE = {"databases", "answers", "servers", "advice"}
TYPES = {"backend": keys.BACKEND, "family": keys.FAMILY}


class TomlFile:
    """A TOML file under examination: its tables, and where things stand in it."""

    def __init__(self, path: Path, text: str, cases: KnownCases) -> None:
        self.path = path
        self.data: dict[str, Any] = tomllib.loads(text)
        self.places = Places(text)
        self.cases = cases

    def problem(self, rule: str, message: str, *at: str, value: str | None = None) -> Problem:
        """Return a problem at a key, or at a string that is the key's value."""
        line, column = self.places.of(*at) if value is None else self.places.of_value(value, *at)
        return Problem(path=self.path, line=line, column=column, rule=rule, message=message)


def check(path: Path, cases: KnownCases) -> list[Problem]:
    """Return every problem of a backend's or a database's file, or of one of answers.

    Args:
        path: of the file; one in a folder `databases` is a database's, one in `answers` is a file
            of answers.
        cases: what the file may speak of.

    """
    try:
        file = TomlFile(path, path.read_text(encoding="utf-8"), cases)
    except OSError as error:
        return [Problem(path=path, rule="toml", message=f"cannot be read: {error.strerror}.")]
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        line, column = _told(str(error), path)
        message = f"this is not valid TOML: {error}."
        return [Problem(path=path, line=line, column=column, rule="toml", message=message)]
    if path.parent.name == "answers":
        found = list(_answers(file))
        return found or list(_read(lambda: read_answers(path), file, ExpectationError))
    kind = "family" if path.parent.name == "databases" else "backend"
    found = [*_keys(file, kind), *_sql(file), *_capabilities(file), *_differs(file)]
    if kind == "backend":
        found += [*_dialect(file), *_beside(file)]
    if any(problem.level == "error" for problem in found):
        return found
    # What only the reader knows: modules that are imported, files beside this one.
    reader = backends.family_at if kind == "family" else backends.load
    return [*found, *_read(lambda: reader(path), file, backends.BackendError)]


def looks_like_one(path: Path) -> bool:
    """Tell whether a TOML file that nobody named is a backend's: other tools have them too."""
    if path.parent.name in OF_THE_SUITE:
        return path.parent.name in {"databases", "answers"}
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError:
        return False
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        return "drivername" in path.read_text(encoding="utf-8", errors="replace")
    return len({"title", "database", "drivername"} & set(data)) > 1


def _told(message: str, path: Path) -> tuple[int, int]:
    """Return the line and column that Python's parser names, the end where it says so."""
    if found := re.search(r"line (\d+), column (\d+)", message):
        return int(found[1]), int(found[2])
    if "end of document" not in message:
        return 1, 1
    lines = path.read_text(encoding="utf-8").splitlines() or [""]
    return len(lines), len(lines[-1]) + 1


def _read(
    reader: Callable[[], object], file: TomlFile, error_type: type[Exception]
) -> Iterator[Problem]:
    try:
        reader()
    except error_type as error:
        message = str(error).removeprefix(str(file.path)).lstrip(": ")
        key = next((key for key in file.data if message.startswith(f"{key} ")), "")
        yield file.problem("reading", message, *([key] if key else []))


def _keys(file: TomlFile, kind: str) -> Iterator[Problem]:
    types = TYPES[kind]
    for key, value in file.data.items():
        if wrong := unknown_key([key], types):
            yield file.problem("unknown-key", wrong, key)
        elif wanted := keys.wrong_type(value, types[key]):
            yield file.problem("type", f"“{key}” is {wanted}.", key)
    for key in NEEDED[kind]:
        if key not in file.data:
            yield file.problem("missing-key", f"the key “{key}” is missing.")
    storage = file.data.get("storage", "server")
    if storage not in STORAGES[kind]:
        yield file.problem("value", f"storage is one of {', '.join(STORAGES[kind])}.", "storage")


def _table(file: TomlFile, name: str) -> Mapping[str, Any]:
    table = file.data.get(name, {})
    return table if isinstance(table, dict) else {}


def _sql(file: TomlFile) -> Iterator[Problem]:
    for key, value in _table(file, "sql").items():
        if wrong := unknown_key([key], backends.SQL_KEYS):
            yield file.problem("unknown-key", f"[sql]: {wrong}", "sql", key)
        elif not isinstance(value, str):
            yield file.problem("type", f"[sql]: “{key}” is a string.", "sql", key)


def _capabilities(file: TomlFile) -> Iterator[Problem]:
    for key, value in _table(file, "capabilities").items():
        at = ("capabilities", key)
        if wrong := unknown_key([key], CAPABILITIES):
            yield file.problem("capability", f"[capabilities]: {wrong}", *at)
        elif not isinstance(value, bool) and not _is_specifier(value):
            message = f"“{key}” is true, false, or versions of the server such as “>=4”."
            yield file.problem("type", message, *at)


def _is_specifier(value: Any) -> bool:
    try:
        SpecifierSet(value)
    except (InvalidSpecifier, TypeError):
        return False
    return True


def _differs(file: TomlFile) -> Iterator[Problem]:
    seen: set[str] = set()
    for name, table in _table(file, "differs").items():
        where = f'[differs."{name}"]'
        if not isinstance(table, dict):
            yield file.problem("type", f"{where} is a table.", "differs", name)
            continue
        wrong = False
        for key, message in differs.problems(table):
            wrong = True
            yield file.problem(
                "differs", f"{where}: {message}", "differs", name, *([key] if key else [])
            )
        script = table.get("script")
        if isinstance(script, str) and not _is_there(file.path, script):
            message = f"{where}: there is no file “{script}” beside this one."
            yield file.problem("script", message, "differs", name, "script")
        if wrong:
            continue
        for cell in differs.names(name, table):
            if cell in seen:
                message = f"{where}: “{cell}” is declared twice."
                yield file.problem("differs", message, "differs", name, value=cell)
            seen.add(cell)
            lists = [key for key in ("cases", "variants") if key in table]
            yield from _cell(file, where, cell, "differs", name, *lists)


def _is_there(path: Path, script: str) -> bool:
    """Tell whether a script is there: beside the file, or in the checkout that the file is of."""
    ours = path.resolve().is_relative_to(content("backends"))
    root = content("backends").parent
    if ours and not (root / "docs").is_dir():
        # A wheel brings the files of the suite, and no documentation.
        return True
    return (path.parent / script).is_file() or (ours and (root / script).is_file())


def _cell(file: TomlFile, where: str, cell: str, *at: str) -> Iterator[Problem]:
    """Give what is wrong with the name of a case, or of a case and its variant."""
    case, _, variant = cell.partition("/")
    value = {"cases": cell, "variants": variant}.get(at[-1])
    if wrong := file.cases.unknown(case):
        yield file.problem("case", f"{where}: {wrong}", *at, value=value)
    elif variant and (wrong := file.cases.unknown_variant(case, variant)):
        yield file.problem("variant", f"{where}: {wrong}", *at, value=value)


def _answers(file: TomlFile) -> Iterator[Problem]:
    for case, tables in file.data.items():
        where = f'["{case}"]'
        if wrong := file.cases.unknown(case):
            yield file.problem("case", f"{where}: {wrong}", case)
            continue
        for table in tables if isinstance(tables, list) else [tables]:
            given = table.get("answers", {}) if isinstance(table, dict) else {}
            for answer in given if isinstance(given, dict) else ():
                if wrong := file.cases.unknown_answer(case, answer):
                    yield file.problem("answer", wrong, case, "answers", answer)


def _dialect(file: TomlFile) -> Iterator[Problem]:
    drivername = file.data.get("drivername")
    # A module that sets up registers the dialect; what it does is known where it is imported.
    if not isinstance(drivername, str) or "setup" in file.data:
        return
    try:
        make_url(f"{drivername}://").get_dialect()
    except NoSuchModuleError:
        message = (
            f"SQLAlchemy knows no dialect “{drivername}” here: install the package that brings it, "
            "or name the module that registers it as “setup”."
        )
        yield replace(file.problem("drivername", message, "drivername"), level="warning")
    except ArgumentError:
        message = f"“{drivername}” is no first word of a URL; write dialect+driver."
        yield file.problem("drivername", message, "drivername")
    except ImportError:
        return


def _beside(file: TomlFile) -> Iterator[Problem]:
    """Look for the files that a backend's file names: in its folder, or among the suite's."""
    folder = file.path.parent
    name = file.data.get("database")
    if isinstance(name, str) and not (folder / "databases" / f"{name}.toml").is_file():
        try:
            backends.family(name, folder)
        except backends.BackendError as error:
            yield file.problem("database", str(error), "database")
    hooks = file.data.get("hooks")
    if isinstance(hooks, str) and not (folder / hooks).is_file():
        yield file.problem("hooks", f"there is no file “{hooks}” beside this one.", "hooks")
    answers = file.data.get("answers")
    if isinstance(answers, str) and not any(
        (place / "answers" / answers).is_file() for place in (folder, content("backends"))
    ):
        message = f"there is no answers/{answers} beside this file."
        yield file.problem("answers", message, "answers")
