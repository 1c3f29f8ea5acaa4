"""Reads docker-compose.yml, the one place that names images and settings of servers."""

from __future__ import annotations

import os
import re
import shlex
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from ..content import ContentError, content
from .server import ServerError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_VARIABLE = re.compile(
    r"\$(?:(?P<escaped>\$)|(?P<plain>[A-Za-z_]\w*)"
    r"|\{(?P<name>[A-Za-z_]\w*)(?:(?P<operator>:?-)(?P<default>[^}]*))?\})"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposeService:
    """What the compose file says about one service, variables filled in."""

    name: str
    image: str
    environment: Mapping[str, str]
    command: tuple[str, ...]
    container_port: int
    tmpfs: tuple[str, ...]
    shm_size: str


def interpolate(text: str, variables: Mapping[str, str]) -> str:
    """Fill in `$NAME`, `${NAME}`, `${NAME-default}` and `${NAME:-default}`; `$$` is a dollar."""

    def value(found: re.Match[str]) -> str:
        if found["escaped"]:
            return "$"
        name = found["plain"] or found["name"]
        if name in variables and (variables[name] or found["operator"] != ":-"):
            return variables[name]
        return found["default"] or ""

    return _VARIABLE.sub(value, text)


def parse_service(
    name: str, raw: Mapping[str, Any], variables: Mapping[str, str]
) -> ComposeService:
    """Read one entry of `services:`; `environment` may be a mapping or a list, `command` a string.

    Raises:
        ServerError: it has no image or publishes no port.

    """

    def filled(text: object) -> str:
        return interpolate(str(text), variables)

    if "image" not in raw or not raw.get("ports"):
        raise ServerError(f"The service “{name}” in docker-compose.yml needs an image and a port.")

    environment = raw.get("environment") or {}
    if isinstance(environment, list):
        environment = dict(entry.partition("=")[::2] for entry in environment)

    command = raw.get("command") or []
    if isinstance(command, str):
        command = shlex.split(command)

    tmpfs = raw.get("tmpfs") or []
    published = filled(raw["ports"][0])
    return ComposeService(
        name=name,
        image=filled(raw["image"]),
        environment={key: filled("" if v is None else v) for key, v in environment.items()},
        command=tuple(filled(argument) for argument in command),
        container_port=int(published.rpartition(":")[2].partition("/")[0]),
        tmpfs=tuple(filled(path) for path in ([tmpfs] if isinstance(tmpfs, str) else tmpfs)),
        shm_size=filled(raw.get("shm_size", "64m")),  # the default is Docker's,
    )


@cache
def _load(path: Path) -> Mapping[str, Any]:
    try:
        import yaml
    except ImportError:
        raise ServerError(
            "docker-compose.yml cannot be read: the Python package pyyaml is not installed.",
            "Install it with: pip install 'session-conformance[docker]'",
        ) from None
    loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    services: Mapping[str, Any] = (loaded or {}).get("services") or {}
    return services


def compose_service(name: str, path: Path | None = None) -> ComposeService:
    """Return a service of the compose file, with the variables of this process filled in.

    Raises:
        ServerError: the file or the service is missing, or pyyaml is not installed.

    """
    try:
        services = _load(path or content("docker-compose.yml"))
    except ContentError as error:
        raise ServerError(str(error)) from None
    if name not in services:
        known = ", ".join(sorted(services)) or "none"
        raise ServerError(f"docker-compose.yml has no service “{name}”; it has: {known}.")
    return parse_service(name, services[name], os.environ)
