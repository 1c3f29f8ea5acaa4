"""`session-conformance images`: server images for places that reach no container registry."""

from __future__ import annotations

import click

from ..servers import recipe, recipes
from ..servers.images import build_images, image_environment
from .options import words


@click.command()
@click.argument("names", nargs=-1, callback=words)
@click.option("--again", is_flag=True, help="Build also what is current.")
@click.option(
    "--environment",
    is_flag=True,
    help="Build nothing; print the variables that make docker compose take what was built.",
)
def images(names: list[str], again: bool, environment: bool) -> None:
    """Build the server images from Debian packages.

    NAMES are services of docker-compose.yml; without any, all are built. An image whose recipe
    did not change is not built again.
    """
    services = [recipe(name).service for name in names] or list(recipes())
    if environment:
        for variable, image in image_environment(services).items():
            click.echo(f"{variable}={image}")
        return
    built = build_images(services, again=again, say=lambda line: click.echo(line, err=True))
    for service, image in built.items():
        click.echo(f"{service:<12}{image}")
