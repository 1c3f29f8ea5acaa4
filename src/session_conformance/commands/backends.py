"""`session-conformance backends`: what the suite knows, and what of it can be used here."""

from __future__ import annotations

import dataclasses
import json
import secrets
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import click

from .. import shipped
from ..backend import choose, installed
from ..capability import CAPABILITIES
from ..gather import gather, resolve
from .options import words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..backend import Backend
    from ..results import BackendRecord


@click.command()
@click.argument("names", nargs=-1, callback=words)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
@click.option("--meanings", is_flag=True, help="Say in a sentence what each capability is.")
@click.option(
    "--url",
    "urls",
    multiple=True,
    metavar="NAME=URL",
    help="Where a backend or a database is; else SESSION_CONFORMANCE_URL_NAME says so.",
)
@click.option(
    "--servers",
    type=click.Choice(["auto", "url", "docker", "local", "none"]),
    default="auto",
    show_default=True,
    help="How servers without a URL are had; with “none” nothing is connected to.",
)
def backends(
    names: list[str], form: str, meanings: bool, urls: tuple[str, ...], servers: str
) -> None:
    """List the backends: versions, how they are reached, isolation levels, capabilities.

    Servers are found or started as a run would, asked, and left as they were. NAMES are backends,
    databases, “core” or “all”.
    """
    found = choose(names or ["all", *shipped.backends()])
    records = {} if servers == "none" else _ask(found, urls, servers)
    if form == "json":
        rows = [_row(backend, records.get(backend.id)) for backend in found]
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    width = max(len(backend.id) for backend in found)
    for backend in found:
        head, *more = _lines(backend, records.get(backend.id))
        click.echo(f"{backend.id:<{width}}  {head}")
        for line in more:
            click.echo(f"{'':<{width}}  {line}")
    if meanings:
        click.echo()
        for name, sentence in CAPABILITIES.items():
            click.echo(f"{name:<20}{sentence}")


def _ask(found: list[Backend], urls: Sequence[str], servers: str) -> dict[str, BackendRecord]:
    """Reach the backends and let them go again."""
    with ExitStack() as stack:
        _, records = gather(
            found, resolve(urls, found), secrets.token_hex(4), servers_by=servers,
            say=lambda text: click.echo(text, err=True) if not text.startswith("  ") else None,
            stack=stack,
        )  # fmt: skip
    return {record.id: record for record in records}


def _lines(backend: Backend, record: BackendRecord | None) -> list[str]:
    driver = backend.title
    if backend.driver_version:
        driver += f" {backend.driver_version}"
    database = backend.family.title
    if record and record.server_version:
        database += f" {record.server_version}"
    lines = [f"{database} through {driver}"]
    if record is None:
        missing = installed(backend)
        lines += [missing] if missing else []
    elif record.reached:
        lines += [f"reached     {record.way}: {record.detail}"]
        levels = [
            f"{level} (default)" if level == record.default_isolation_level else level
            for level in record.isolation_levels
        ]
        default = record.default_isolation_level
        if default and default not in record.isolation_levels:
            levels.insert(0, f"{default} (default)")
        lines += [f"isolation   {', '.join(levels) or 'the dialect offers no level to set'}"]
    else:
        lines += [f"unreachable {record.reason}"]
    for word, wanted in (("can", True), ("cannot", False)):
        some = [name for name in CAPABILITIES if backend.can(name) is wanted]
        lines += [f"{word:<11} {', '.join(some) or '-'}"]
    return lines


def _row(backend: Backend, record: BackendRecord | None) -> dict[str, Any]:
    asked = dataclasses.asdict(record) if record else {}
    return {
        "id": backend.id,
        "title": backend.title,
        "database": backend.family.id,
        "drivername": backend.drivername,
        "driver_version": backend.driver_version,
        "async": backend.is_async,
        "core": backend.core,
        "missing": installed(backend),
        "reached": asked.get("reached"),
        "way": asked.get("way"),
        "detail": asked.get("detail"),
        "reason": asked.get("reason"),
        "url": asked.get("url"),
        "server_version": asked.get("server_version"),
        "default_isolation_level": asked.get("default_isolation_level"),
        "isolation_levels": asked.get("isolation_levels"),
        "capabilities": dict(backend.capabilities),
        "declared_differences": sorted(backend.differs),
        "source": backend.source,
    }
