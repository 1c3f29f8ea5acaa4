"""`session-conformance backends`: what the suite knows, and what of it can be used here."""

from __future__ import annotations

import json

import click

from ..backend import Backend, choose, installed
from ..capability import CAPABILITIES
from .run import words


@click.command()
@click.argument("names", nargs=-1, callback=words)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
@click.option(
    "--capabilities", is_flag=True, help="Show what each can do, and what the words mean."
)
def backends(names: list[str], form: str, capabilities: bool) -> None:
    """List the backends: database, driver, version, what is missing.

    NAMES are backends, databases, “core” or “all”.
    """
    found = choose(names)
    if form == "json":
        click.echo(json.dumps([_row(backend) for backend in found], indent=2))
        return
    width = max(len(backend.id) for backend in found)
    for backend in found:
        missing = installed(backend)
        version = f" {backend.driver_version}" if backend.driver_version else ""
        state = missing or f"{backend.family.title} through {backend.title}{version}"
        click.echo(f"{backend.id:<{width}}  {state}")
        if capabilities:
            can = [name for name in CAPABILITIES if backend.can(name)]
            cannot = [name for name in CAPABILITIES if not backend.can(name)]
            click.echo(f"{'':<{width}}  can     {', '.join(can) or '-'}")
            click.echo(f"{'':<{width}}  cannot  {', '.join(cannot) or '-'}")
    if capabilities:
        click.echo()
        for name, sentence in CAPABILITIES.items():
            click.echo(f"{name:<20}{sentence}")


def _row(backend: Backend) -> dict[str, object]:
    return {
        "id": backend.id,
        "title": backend.title,
        "database": backend.family.id,
        "drivername": backend.drivername,
        "driver_version": backend.driver_version,
        "async": backend.is_async,
        "core": backend.core,
        "missing": installed(backend),
        "capabilities": dict(backend.capabilities),
        "declared_differences": sorted(backend.differs),
        "source": backend.source,
    }
