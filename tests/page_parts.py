"""A report taken apart with the standard library, for looking at its structure."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "link", "input", "br", "hr", "img"}

# End tags that HTML lets one leave out: what ends an element of itself, by what comes.
ENDS = {
    "td": {"td", "th"},
    "th": {"td", "th"},
    "tr": {"td", "th", "tr"},
    "li": {"li"},
}
ENDED_WITH = {
    "tr": {"td", "th"},
    "thead": {"td", "th", "tr"},
    "tbody": {"td", "th", "tr"},
    "ul": {"li"},
    "ol": {"li"},
}


@dataclass
class Page(HTMLParser):
    """Ids, links, cells and text of a document; `broken` lists tags that do not match.

    `cells` are those of the matrix: the row's name, how many columns it spans, and its text.
    """

    ids: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    cells: list[tuple[str, int, str]] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    text: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Start the parser."""
        super().__init__(convert_charrefs=True)
        self._open: list[str] = []
        self._matrix = False
        self._row = ""
        self._span = 0
        self._said = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note one element."""
        found = dict(attrs)
        self.tags.append(tag)
        while self._open and self._open[-1] in ENDS.get(tag, ()):
            self._close(self._open.pop())
        if tag not in VOID:
            self._open.append(tag)
        if tag == "table":
            self._matrix = "matrix" in (found.get("class") or "").split()
        if tag == "tr" and "data-w" in found:
            self._row = ""
        if tag == "td":
            self._span, self._said = int(found.get("colspan") or 1), ""
        if "id" in found:
            self.ids.append(found["id"] or "")
        if tag == "a" and found.get("href"):
            self.links.append(found["href"] or "")

    def handle_endtag(self, tag: str) -> None:
        """Check that it closes what is open."""
        while self._open and self._open[-1] in ENDED_WITH.get(tag, ()):
            self._close(self._open.pop())
        if not self._open or self._open.pop() != tag:
            self.broken.append(tag)
        else:
            self._close(tag)

    def _close(self, tag: str) -> None:
        if tag == "td" and self._matrix:
            self.cells.append((self._row, self._span, " ".join(self._said.split())))

    def handle_data(self, data: str) -> None:
        """Note text that a reader sees."""
        if self._open[-1:] not in (["script"], ["style"]):
            self.text.append(data)
        if self._matrix and "td" in self._open:
            self._said += data
        elif self._matrix and self._open[-2:] == ["th", "a"]:
            self._row += data


def page(text: str) -> Page:
    """Return `text` taken apart."""
    found = Page()
    found.feed(text)
    found.close()
    return found
