"""Database servers: found where they run, else started, and stopped by whoever started them."""

from __future__ import annotations

from .finder import Ways, find, sweep
from .kept import start, stop
from .probe import default_probe
from .recipe import Recipe, recipe, recipes
from .server import Probe, Say, Server, ServerError, Way
from .survey import Outlook, Survey, survey

__all__ = [
    "Outlook",
    "Probe",
    "Recipe",
    "Say",
    "Server",
    "ServerError",
    "Survey",
    "Way",
    "Ways",
    "default_probe",
    "find",
    "recipe",
    "recipes",
    "start",
    "stop",
    "survey",
    "sweep",
]
