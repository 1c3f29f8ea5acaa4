"""A lack that shows while a case runs."""

from __future__ import annotations


class UnsupportedError(Exception):
    """The backend lacks a capability that a case turned out to need; its name is the message."""
