"""A report taken apart with the standard library, for looking at its structure."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "link", "input", "br", "hr", "img"}


@dataclass
class Page(HTMLParser):
    """Ids, links, cells and text of a document; `broken` lists tags that do not match."""

    ids: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    cells: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    text: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Start the parser."""
        super().__init__(convert_charrefs=True)
        self._open: list[str] = []
        self._matrix = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note one element."""
        found = dict(attrs)
        self.tags.append(tag)
        if tag not in VOID:
            self._open.append(tag)
        if tag == "table":
            self._matrix = "matrix" in (found.get("class") or "").split()
        if "id" in found:
            self.ids.append(found["id"] or "")
        if tag == "a" and found.get("href"):
            self.links.append(found["href"] or "")
            if self._matrix and "td" in self._open:
                self.cells.append(found.get("aria-label") or "")

    def handle_endtag(self, tag: str) -> None:
        """Check that it closes what is open."""
        if not self._open or self._open.pop() != tag:
            self.broken.append(tag)

    def handle_data(self, data: str) -> None:
        """Note text that a reader sees."""
        if self._open[-1:] not in (["script"], ["style"]):
            self.text.append(data)


def page(text: str) -> Page:
    """Return `text` taken apart."""
    found = Page()
    found.feed(text)
    found.close()
    return found
