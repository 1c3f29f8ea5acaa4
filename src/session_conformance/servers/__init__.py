"""Database servers: found where they run, else started, and stopped by whoever started them."""

from __future__ import annotations

from .finder import Ways, find, sweep
from .probe import default_probe
from .recipe import Recipe, recipe, recipes
from .server import Probe, Say, Server, ServerError, Way

__all__ = [
    "Probe",
    "Recipe",
    "Say",
    "Server",
    "ServerError",
    "Way",
    "Ways",
    "default_probe",
    "find",
    "recipe",
    "recipes",
    "sweep",
]
