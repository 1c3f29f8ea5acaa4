"""Addresses: anchors inside the report, links out of it, commands."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from session_conformance.argv import without
from session_conformance.render.releases import plain

if TYPE_CHECKING:
    from session_conformance.results import BackendRecord, Run

_SAFE = re.compile(r"[^A-Za-z0-9._-]")
_RELEASE = re.compile(r"(\d+)\.(\d+)")


def anchor(kind: str, *parts: str | None) -> str:
    """Return an id that needs no escaping and is different for different parts.

    `anchor("case", "flush.before-query")` is `case/flush.before-query`.
    """
    found = [
        _SAFE.sub(lambda match: f"~{ord(match[0]):x}~", part) for part in parts if part is not None
    ]
    return "/".join([kind, *found])


def cell_anchor(case: str, variant: str | None, backend: str) -> str:
    """Return the id of one cell: `cell/flush.before-query@postgresql-psycopg`."""
    return f"{anchor('cell', case, variant)}@{anchor('', backend)[1:]}"


def docs_url(docs: str, sqlalchemy: str) -> str | None:
    """Return where SQLAlchemy's documentation says so, for the release that ran."""
    if not docs:
        return None
    if re.match(r"https?://", docs):
        return docs
    if docs.startswith("API "):
        page = _of_api(docs.removeprefix("API "))
        if page is None:
            return None
        docs = page
    found = _RELEASE.match(sqlalchemy)
    release = f"{found[1]}{found[2]}" if found else "latest"
    return f"https://docs.sqlalchemy.org/en/{release}/{docs.lstrip('/')}"


# Where SQLAlchemy documents a class: its page and the module that its anchor names.
_PAGES = {
    "Connection": ("core/connections", "sqlalchemy.engine.Connection"),
    "CursorResult": ("core/connections", "sqlalchemy.engine.CursorResult"),
    "Result": ("core/connections", "sqlalchemy.engine.Result"),
    "Mapper": ("orm/mapping_api", "sqlalchemy.orm.Mapper"),
    "Session": ("orm/session_api", "sqlalchemy.orm.Session"),
    "SessionTransaction": ("orm/session_api", "sqlalchemy.orm.SessionTransaction"),
    "sessionmaker": ("orm/session_api", "sqlalchemy.orm.sessionmaker"),
    "make_transient": ("orm/session_api", "sqlalchemy.orm.make_transient"),
    "make_transient_to_detached": (
        "orm/session_api",
        "sqlalchemy.orm.make_transient_to_detached",
    ),
    "scoped_session": ("orm/contextual", "sqlalchemy.orm.scoped_session"),
    "AsyncSession": ("orm/extensions/asyncio", "sqlalchemy.ext.asyncio.AsyncSession"),
    "async_sessionmaker": ("orm/extensions/asyncio", "sqlalchemy.ext.asyncio.async_sessionmaker"),
    "async_scoped_session": (
        "orm/extensions/asyncio",
        "sqlalchemy.ext.asyncio.async_scoped_session",
    ),
    "ObjectDeletedError": ("orm/exceptions", "sqlalchemy.orm.exc.ObjectDeletedError"),
    "StaleDataError": ("orm/exceptions", "sqlalchemy.orm.exc.StaleDataError"),
}


def _of_api(name: str) -> str | None:
    """Return page and anchor of `Class.method`, None for a class whose page is not known here."""
    owner, _, member = name.partition(".")
    if owner not in _PAGES or not re.fullmatch(r"\w+", member or "x"):
        return None
    page, path = _PAGES[owner]
    return f"{page}.html#{path}" + (f".{member}" if member else "")


def link(text: str) -> str | None:
    """Return `text` where it is a web address and nothing else."""
    return text if re.fullmatch(r"https?://[^\s\"'<>]+", text) else None


def citations(source: str) -> list[tuple[str, str | None]]:
    """Return the pages that a source names, such as `Section, https://…, and Other, https://…`.

    Returns:
        words and address of each; the address is None where there is none.

    """
    found = re.findall(r"(.*?)\s*(https?://[^\s\"'<>,]+)(?:,\s*(?:and\s+)?|$)", source)
    if not found:
        return [(source, None)]
    return [(words.strip().rstrip(",") or address, address) for words, address in found]


def again(row: str, backend: BackendRecord, run: Run) -> str:
    """Return the command that runs one cell."""
    if run.argv[:1] == ["check"]:
        # A driver that the suite does not know is called by its address, as it was before.
        words = without(run.argv, "--case", "--out", flags=["--quick"])
        return f"session-conformance {shlex.join(words)} --case {shlex.quote(row)}"
    return f"session-conformance run --case {shlex.quote(row)} {_options(backend)}"


def _options(backend: BackendRecord) -> str:
    return f"--backend {shlex.quote(plain(backend.id))}{_file(backend)}"


def _file(backend: BackendRecord) -> str:
    """Return the option for a backend's file that is none of the suite's."""
    if backend.source is None or backend.source.startswith("backends/"):
        return ""
    return f" --backend-file {shlex.quote(backend.source)}"


def script(row: str, backend: BackendRecord) -> str:
    """Return the command that writes one cell as a script that stands alone."""
    words = f"{shlex.quote(row)} {shlex.quote(plain(backend.id))}{_file(backend)}"
    return f"session-conformance repro {words}"
