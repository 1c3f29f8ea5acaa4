"""A backend's file for a driver that the suite does not know, filled in with what was found."""

from __future__ import annotations

import importlib
import re
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from .backend import families, load
from .capability import CAPABILITIES
from .cases import discover
from .content import content
from .exits import UsageError
from .new_backend_text import Found, backend_text, family_text
from .probing import try_capabilities
from .reach import UnreachableError, parse, read_url
from .recognise import recognise

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

    from .backend import Backend

NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
#: What follows from how a server was had, and stands in no file.
FOLLOWS = {"own_server"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """The files that were made, and what stands in them.

    `family` is None where the database needs no file of its own, or had one already.
    """

    backend: Path
    family: Path | None
    found: Found


def new_backend(
    path: Path,
    url_text: str,
    *,
    database: str | None = None,
    setup: str | None = None,
    ask: bool = True,
    force: bool = False,
) -> Written:
    """Write a backend's file, and its database's where the suite does not know that.

    Args:
        path: of the file; its name is the backend's id.
        url_text: a URL of the database, through the driver.
        database: which one it is, where its dialect should not decide; a new name makes a new one.
        setup: a module to import first, which registers the dialect.
        ask: whether to ask the server what it can do.
        force: whether to write over a backend's file that is there.

    Raises:
        UsageError: the name is no backend's, or there is such a file.
        WrongUrlError: the URL is none, or of an unknown dialect.
        UnreachableError: the server was to be asked and did not answer.

    """
    if not NAME.fullmatch(path.stem) or path.suffix != ".toml":
        raise UsageError(
            f"“{path.name}” is no name of a backend's file: write it in lower case, such as "
            "database-driver.toml."
        )
    if path.exists() and not force:
        raise UsageError(f"{path} is there already: choose another name, or add --force.")
    url = read_url(url_text)
    if setup is not None:
        try:
            importlib.import_module(setup)
        except ImportError as error:
            raise UsageError(f"--setup {setup} cannot be imported: {error}.") from error
    recognised = recognise(url, connect=ask)
    if database is None:
        database = recognised.family or re.sub(r"[^a-z0-9]+", "-", url.get_backend_name().lower())
    found = Found(
        id=path.stem, recognised=recognised, database=database, setup=setup,
        of_server=bool(url.host), known=database in families(),
    )  # fmt: skip
    own = path.parent / "databases" / f"{database}.toml"
    if own.exists():
        found = replace(found, family=own.read_text(encoding="utf-8"))
    if ask:
        found = _probed(found, url)
    made = not found.known and not own.exists()
    path.parent.mkdir(parents=True, exist_ok=True)
    if made:
        own.parent.mkdir(exist_ok=True)
        own.write_text(family_text(found), encoding="utf-8")
    path.write_text(backend_text(found), encoding="utf-8")
    return Written(backend=path, family=own if made else None, found=found)


def _probed(found: Found, url: URL) -> Found:
    """Run the chapter of capabilities and return what it found, with the reasons."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        draft = folder / f"{found.id}.toml"
        if not found.known or found.family is not None:
            (folder / "databases").mkdir()
            text = found.family or family_text(found)
            (folder / "databases" / f"{found.database}.toml").write_text(text, encoding="utf-8")
        draft.write_text(backend_text(found), encoding="utf-8")
        plain = load(draft)
        # What is declared and does not work fails with its reason.
        wanted = "".join(f"{name} = true\n" for name in CAPABILITIES if name not in FOLLOWS)
        draft.write_text(f"{backend_text(found)}\n[capabilities]\n{wanted}", encoding="utf-8")
        return _run(found, parse(plain, url.render_as_string(hide_password=False)), draft, plain)


def _run(found: Found, url: URL, draft: Path, plain: Backend) -> Found:
    results = try_capabilities(draft, url)
    record = results.backends[0]
    if not record.reached:
        raise UnreachableError(f"{record.reason} With --no-probes the server is not asked.")
    expected = plain.at(record.server_version, record.way)
    probes = {
        case.id: case.probes for case, _ in discover([content("suite") / "capabilities"]).values()
    }
    has: dict[str, bool] = {}
    why: dict[str, str] = {}
    for result in results.results:
        capability = probes.get(result.case)
        if capability is None or capability in FOLLOWS:
            continue
        has[capability] = result.outcome == "passed"
        if result.detail and not has[capability]:
            message = " ".join(result.detail.message.split())
            why[capability] = _reason(message, capability)
    return replace(
        found, why=why, version=record.server_version,
        has={name: has[name] for name in CAPABILITIES if name in has},
        expected={name: expected.can(name) for name in CAPABILITIES},
    )  # fmt: skip


def _reason(message: str, capability: str) -> str:
    """Return why something does not work, as a reader of the file can use it; empty for no more."""
    message = message.removeprefix(f"Declared {capability} = true, but: ")
    if missing := re.fullmatch(r"KeyError: '(\w+)'", message):
        return f"[sql] of the database's file has no {missing[1]}."
    if message.startswith(("assert ", "The backend has no ")):
        return ""
    return re.sub(r" (object )?at 0x[0-9a-f]+", "", message)
