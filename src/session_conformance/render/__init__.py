"""Reports: pure functions from results to text. No engine, no clock, no environment, no network."""

from session_conformance.render.badges import badges
from session_conformance.render.block import failure
from session_conformance.render.changes_text import brief
from session_conformance.render.ctrf import ctrf
from session_conformance.render.page import html
from session_conformance.render.sentence import Verdict, verdict
from session_conformance.render.split import FOLDER, FRONT, documents, ours
from session_conformance.render.suites import junit
from session_conformance.render.summary import markdown
from session_conformance.render.support import support
from session_conformance.render.table import terminal

__all__ = [
    "FOLDER",
    "FRONT",
    "Verdict",
    "badges",
    "brief",
    "ctrf",
    "documents",
    "failure",
    "html",
    "junit",
    "markdown",
    "ours",
    "support",
    "terminal",
    "verdict",
]
