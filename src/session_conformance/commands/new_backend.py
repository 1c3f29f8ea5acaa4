"""`session-conformance new-backend`: a backend's file for a driver that the suite does not know."""

from __future__ import annotations

from pathlib import Path

import click

from ..new_backend import new_backend as write


@click.command()
@click.argument("name")
@click.option("--url", required=True, help="A URL of the database through the driver.")
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path),
    help="File or folder to write to; NAME.toml in this folder by default.",
)
@click.option(
    "--database",
    metavar="NAME",
    help="Which database it is, where the dialect should not decide; a new name makes a new one.",
)
@click.option("--setup", metavar="MODULE", help="A module to import first, to register a dialect.")
@click.option("--no-probes", is_flag=True, help="Do not ask the server what it can do.")
@click.option("--force", is_flag=True, help="Write over the file if it is there.")
def new_backend(
    name: str,
    url: str,
    output: Path | None,
    database: str | None,
    setup: str | None,
    no_probes: bool,
    force: bool,
) -> None:
    """Write NAME.toml, a backend's file with a comment for each key.

    Database, driver and package are told by the URL; what they can do is found by trying, in a
    database that the suite makes for itself and removes. A database that the suite does not know
    gets a file of its own, databases/DATABASE.toml, to be filled in.
    """
    path = output or Path(f"{name}.toml")
    if path.is_dir():
        path /= f"{name}.toml"
    if not no_probes:
        click.echo("Asking the server what it can do …", err=True)
    written = write(
        path, url, database=database, setup=setup, ask=not no_probes, force=force
    )  # fmt: skip
    found = written.found
    click.echo(f"wrote    {written.backend}")
    if written.family:
        click.echo(f"wrote    {written.family}: fill in what there is")
    click.echo(f"database {found.database} {found.version or ''}".rstrip())
    package = (
        f", of the package {found.recognised.distribution}" if found.recognised.distribution else ""
    )
    click.echo(f"driver   {found.recognised.drivername}{package}")
    if found.has:
        departs = [one for one, has in found.has.items() if has != found.expected[one]]
        click.echo(
            f"found    {sum(found.has.values())} of {len(found.has)} capabilities"
            + (f"; unlike the database's file: {', '.join(departs)}" if departs else "")
        )
    known = found.recognised.known_backend
    if known is not None and known.id != path.stem:
        click.echo(f"The suite knows this driver too, as {known.id}.")
    click.echo(f"Run it with: session-conformance run --backend-file {path} --url {path.stem}=URL")
