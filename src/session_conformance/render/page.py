"""The HTML report: a document that needs no server, no network and no script."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from functools import cache
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from session_conformance.advice import HURTS
from session_conformance.content import content
from session_conformance.render import costs, durations
from session_conformance.render.address import (
    again,
    anchor,
    citations,
    docs_url,
    link,
    script,
)
from session_conformance.render.bites import bites
from session_conformance.render.columns import title
from session_conformance.render.compare import comparison
from session_conformance.render.marks import MARKS, VERDICTS, clean, listing, plural, seconds
from session_conformance.render.model import WHO, arrange
from session_conformance.render.pairs import pairs
from session_conformance.render.phenomena import WAYS, WORDS, phenomena
from session_conformance.render.sentence import judge
from session_conformance.render.shared import named
from session_conformance.render.since import Since
from session_conformance.render.terms import differs, presets, terms
from session_conformance.render.told import plainly
from session_conformance.render.troubles import COLUMNS, contracts
from session_conformance.render.views import Views
from session_conformance.render.when import when

if TYPE_CHECKING:
    from session_conformance.render.bites import Bites, Pair
    from session_conformance.render.changes import Changes
    from session_conformance.render.views import Page
    from session_conformance.results import Results


def html(results: Results, changed: Changes | None = None) -> str:
    """Return the report as one HTML document; everything taken from `results` is escaped.

    What `changed` since a baseline gets a page and its place on the first screen.
    """
    return Document(results, changed).whole()


class Document:
    """A report about to become HTML: as one document, or with its cases apart."""

    def __init__(self, results: Results, changed: Changes | None = None) -> None:
        model = arrange(results)
        self.views = views = Views(model)
        biting = bites(results)
        since = Since(changed) if changed else None
        self._style = _file("report.css") + (_file("changes.css") if changed else "")
        self._front_style = columns_style(views) + pairs_style(biting)
        self._context = {
            "model": model,
            "views": views,
            "phenomena": phenomena(results),
            "troubles": contracts(results),
            "bites": biting,
            "since": since,
            "pairs": pairs(model),
            "presets": presets(views, since),
            "terms": terms(views, since),
            "run": results.run,
            "end": results.end,
            "complete": results.complete,
            "said": judge(model),
        }

    def whole(self) -> str:
        """Return all of it."""
        style = self._style + self._front_style
        return self._render("report.html.j2", style, pages=self.views.pages, apart=None)

    def front(self) -> str:
        """Return it without the cases' pages; what the matrix is asked of them stands as data."""
        told = {
            anchor("case", page.case.id): [page.case.what, clean(page.case.text)]
            for page in self.views.pages
        }
        apart = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
        style = self._style + self._front_style
        return self._render("report.html.j2", style, pages=[], apart=apart.replace("<", "\\u003c"))

    def cases(self, chapter: str, pages: list[Page]) -> str:
        """Return a document of these pages alone."""
        self.views.afresh()
        return self._render(
            "cases.html.j2", self._style, generator=GENERATOR, pages=pages, chapter=chapter
        )

    def _render(
        self, template: str, style: str, generator: str | None = None, **more: object
    ) -> str:
        script = "".join(_file(name) for name in SCRIPTS)
        text = (
            _environment()
            .get_template(template)
            .render(
                **self._context,
                **more,
                generator=generator,
                style=Markup(style),  # noqa: S704  ours, and column titles are escaped for CSS
                script=Markup(script),  # noqa: S704  ours
                style_hash=_hash(style),
                script_hash=_hash(script),
            )
        )
        return slim(text)


#: By this a document of cases is known as one of ours.
GENERATOR = "session-conformance, cases of a report"
#: What becomes the page's one script, in this order.
SCRIPTS = ("pages.js", "traces.js", "report.js")
#: So many characters are not meant to be read as text: lines within them only cost.
LARGE = 1_000_000
_BEFORE_BLOCK = re.compile(
    r"\n(?=</?(?:li|tr|ul|ol|p|h\d|table|caption|thead|tbody|section|div|details|dl|dt|dd)[ >])"
)


def slim(text: str) -> str:
    """Return a document without what HTML lets one leave out: end tags, quotation marks, lines.

    What is taken from results is escaped, so that none of its text looks like a tag.
    """
    head, body, rest = text.partition("<main>")
    rest, script, tail = rest.partition("<script")
    rest = re.sub(r"</t[dh]>(?=\s*(?:<t[dh]|</tr>))|</li>(?=\s*(?:<li|</[uo]l>))", "", rest)
    rest = re.sub(r"</tr>(?=\s*(?:<tr|</t(?:body|head)>))", "", rest)
    rest = re.sub(r"""(?<=[a-z])="([^"\s=<>`']+)"(?=[\s>][^<>]*>|>)""", r"=\1", rest)
    rest = re.sub(r"\n{2,}(?=<)", "\n", rest)
    if len(rest) > LARGE:
        rest = _BEFORE_BLOCK.sub("", rest)
    return head + body + rest + script + tail


def columns_style(views: Views) -> str:
    """Return the rules that name the backends of each cell where the matrix has become blocks."""
    rules = [
        f'.matrix td[data-c="{number}"]::before{{content:"{css_string(name)}"}}'
        for number, name in enumerate(views.span_names)
    ]
    count = f"#matrix{{--n:{len(views.model.backends)}}}"
    narrow = "".join(rules)
    return f"{count}\n@media (width<=46rem){{{narrow}}}\n"


def pairs_style(biting: Bites) -> str:
    """Return the rules that show what bites between the two databases of an address."""
    rules = []
    for pair in biting.pairs:
        one, other = pair
        chosen = f'[id="{pair_id(biting, pair)}"]:target'
        shown = f":is(.{pair_class(pair)},.d{one},.d{other},.e{one},.e{other})"
        rules += [
            f"{chosen}~.biting {shown}{{display:block}}",
            f"{chosen}~.biting i{shown}{{display:inline}}",
            f"#bites:has({chosen}) .q{one}-{other}{{outline:2px solid currentColor}}",
        ]
    return "\n".join(rules) + "\n" if rules else ""


def pair_id(biting: Bites, pair: Pair) -> str:
    """Return the address of what bites between two databases: `bites/sqlite/postgresql`."""
    return anchor("bites", *(biting.word(side) for side in pair))


def pair_class(pair: Pair) -> str:
    """Return the class of what bites between two databases."""
    return f"p{pair[0]}-{pair[1]}"


def css_string(text: str) -> str:
    """Return `text` for inside a quoted CSS string that stands in a style element."""
    return re.sub(r"[^A-Za-z0-9 .-]", lambda match: f"\\{ord(match[0]):x} ", clean(text))


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _file(name: str) -> str:
    return (content("reports") / name).read_text(encoding="utf-8")


def _shown(value: object) -> object:
    return clean(value) if type(value) is str else "" if value is None else value


def _plain(text: str) -> Markup:
    """Return text for between tags, where quotation marks stand for themselves."""
    shown = clean(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return Markup(shown)  # noqa: S704  escaped in the line above


def _ways(ways: list[str]) -> str:
    return listing([WAYS.get(way, way) for way in ways if way])


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(content("reports")),
        autoescape=True,
        extensions=["jinja2.ext.do"],
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    environment.globals.update(
        HURTS=HURTS,
        MARKS=MARKS,
        PHENOMENA=WORDS,
        TOLD=COLUMNS,
        VERDICTS=VERDICTS,
        WHO=WHO,
        again=again,
        script_of=script,
        citations=citations,
        differs=differs,
        anchor=anchor,
        comparison=comparison,
        costs_of_backend=costs.of_backend,
        costs_of_case=costs.of_case,
        durations_of_backend=durations.of_backend,
        durations_of_case=durations.of_case,
        most=costs.most,
        tells=durations.tells,
        together=durations.together,
        docs_url=docs_url,
        link=link,
        pair_class=pair_class,
        pair_id=pair_id,
        named=named,
        plainly=plainly,
        title=title,
        ways_of=_ways,
    )
    environment.filters.update(
        plain=_plain, plural=plural, seconds=seconds, when=when, listing=listing
    )
    return environment
