"""`session-conformance servers`: what runs, which way each server would be had, start and stop."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import click

from ..exits import Exit
from ..servers import (
    Server,
    ServerError,
    Survey,
    default_probe,
    recipe,
    recipes,
    start,
    stop,
    survey,
)
from .options import words

_FORMAT = click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
_NAMES = click.argument("names", nargs=-1, callback=words)


@click.group(invoke_without_command=True)
@_FORMAT
@click.pass_context
def servers(context: click.Context, form: str) -> None:
    """Show, start and stop the database servers of the suite."""
    if context.invoked_subcommand is None:
        _show([], form)


@servers.command()
@_NAMES
@_FORMAT
def status(names: list[str], form: str) -> None:
    """Show what is running, its version, and which way each server would be had."""
    _show(names, form)


@servers.command("start")
@_NAMES
@click.option(
    "--ways",
    type=click.Choice(["auto", "docker", "local", "fetched"]),
    default="auto",
    show_default=True,
    help="How a server is had.",
)
def start_(names: list[str], ways: str) -> int:
    """Start servers that stay until “servers stop”; every run uses them meanwhile."""
    probes = {}
    for name in _services(names):
        try:
            probes[name] = default_probe(recipe(name))
        except ServerError as error:
            # Nobody can speak to it here, so it is wanted only by who names it.
            if names:
                raise
            click.echo(f"{name:<12}left out: {error}", err=True)
    found = start(probes, ways=ways, say=lambda line: click.echo(line, err=True))
    for name, server in found.items():
        click.echo(f"{name:<12}{_address(server) if isinstance(server, Server) else server}")
    missing = any(isinstance(server, ServerError) for server in found.values())
    return Exit.UNREACHED if missing else Exit.GOOD


@servers.command("stop")
@_NAMES
def stop_(names: list[str]) -> None:
    """Stop the servers that “servers start” started, and no other."""
    for line in stop(_services(names)) or ["Nothing that “servers start” started is running."]:
        click.echo(line)


def _services(names: list[str]) -> list[str]:
    return [recipe(name).service for name in names] or list(recipes())


def _address(server: Server) -> str:
    version = server.version.partition(" on ")[0] or "does not answer"
    return f"{server.host}:{server.port}  {version}  ({server.detail})"


def _show(names: list[str], form: str) -> None:
    services = _services(names)
    with ThreadPoolExecutor(len(services)) as pool:
        surveys = list(pool.map(lambda name: survey(recipe(name)), services))
    if form == "json":
        click.echo(json.dumps([_row(one) for one in surveys], indent=2))
        return
    for one in surveys:
        click.echo(one.service)
        if one.running is not None:
            trouble = f"  {one.trouble}" if one.trouble else ""
            click.echo(f"  running   {_address(one.running)}{trouble}")
        taken = one.running is not None
        for outlook in one.ways:
            chosen = outlook.available and not taken
            taken = taken or chosen
            mark = "->" if chosen else "  " if outlook.available else "no"
            click.echo(f"  {outlook.way:<8}{mark}  {outlook.detail}")


def _row(one: Survey) -> dict[str, object]:
    running = one.running
    return {
        "service": one.service,
        "running": None
        if running is None
        else {
            "way": running.way,
            "host": running.host,
            "port": running.port,
            "version": running.version,
            "detail": running.detail,
            "trouble": one.trouble,
        },
        "ways": [
            {"way": outlook.way, "available": outlook.available, "detail": outlook.detail}
            for outlook in one.ways
        ],
    }
