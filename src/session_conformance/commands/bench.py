"""`session-conformance bench`: cells per second, cells against bare bodies, time to servers."""

from __future__ import annotations

import time
from contextlib import ExitStack
from secrets import token_hex

import click

from ..backend import choose
from ..bench import measure
from ..gather import probe, server_url
from ..reach import UnreachableError, reach
from ..servers import Server, ServerError, find
from .options import words


@click.command()
@click.option(
    "--backend",
    "names",
    multiple=True,
    callback=words,
    metavar="NAME",
    help="A backend, a database, “core” or “all”.",
)
@click.option(
    "--servers",
    "ways",
    multiple=True,
    type=click.Choice(["docker", "local"]),
    default=["docker", "local"],
    show_default=True,
    help="Ways of having servers to time; the cells run on the first that works.",
)
@click.option("--rounds", type=click.IntRange(1, 20), default=3, show_default=True)
def bench(names: list[str], ways: tuple[str, ...], rounds: int) -> None:
    """Measure the suite itself; quote the ratios, since machines differ.

    A “cell” is what one more cell adds to a run of one job, a “body” the same case's function in a
    plain loop without pytest, trace, cleaning and recording.
    """
    backends = choose(names)
    services = {b.family.service: probe(b) for b in backends if b.family.service}
    measured = False
    click.echo(f"{'time to servers ready':<28}seconds")
    for way in ways if services else ():
        with ExitStack() as stack:
            started = time.perf_counter()
            servers = stack.enter_context(find(services, ways=way, say=lambda _: None))
            seconds = time.perf_counter() - started
            for name, server in sorted(servers.items()):
                got = server.way if isinstance(server, Server) else f"not had: {server}"
                click.echo(f"  {way:<8}{name:<18}{seconds:7.1f}  {got}")
            if not measured and all(isinstance(server, Server) for server in servers.values()):
                measured = True
                click.echo()
                _cells(names, servers, rounds)
                click.echo()
    if not measured:
        _cells(names, {}, rounds)


def _cells(names: list[str], servers: dict[str, Server | ServerError], rounds: int) -> None:
    head = ("backend", "cells", "cells/s", "cell ms", "body ms", "cell/body", "fixed s")
    click.echo("{:<24}{:>7}{:>9}{:>9}{:>9}{:>11}{:>9}".format(*head))
    for backend in choose(names):
        url = None
        if backend.family.service:
            server = servers.get(backend.family.service)
            if not isinstance(server, Server):
                click.echo(f"{backend.id:<24}not reached")
                continue
            url = server_url(backend, server)
        try:
            reached = reach(backend, url, token_hex(4))
        except UnreachableError as error:
            click.echo(f"{backend.id:<24}{error}")
            continue
        try:
            found = measure(reached, rounds)
        finally:
            reached.hold.release()
        click.echo(
            f"{found.backend:<24}{found.cells:>7}{1 / found.cell:>9.0f}{found.cell * 1e3:>9.2f}"
            f"{found.body * 1e3:>9.2f}{found.ratio:>11.2f}{found.fixed:>9.2f}"
        )
