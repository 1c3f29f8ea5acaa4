"""One badge: a label and a message, as SVG and for a badge service."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal
from xml.sax.saxutils import escape

from session_conformance.render.marks import clean

Color = Literal["blue", "vermilion", "grey"]

#: White on each of these, as on the label's, has a contrast above 7 to 1.
COLORS: dict[Color, str] = {"blue": "#0b5394", "vermilion": "#9c2f00", "grey": "#55595f"}
_LABEL = "#2b3036"
_HEIGHT, _PAD = 20, 6
THIN = "\N{THIN SPACE}"

# Advances of Verdana at 11 px, in hundredths of a pixel. Where another font takes its place, the
# text is stretched or squeezed to this width, so that it is never cut.
_WIDTHS = {
    letter: width
    for width, letters in {
        302: "ijl",
        387: " f",
        400: "·",
        433: "t",
        469: "r",
        573: "csz",
        650: "kvxy",
        655: "aeo",
        688: "bdghnpqu",
        699: "0123456789",
        900: "w",
        1070: "m",
        220: THIN,
    }.items()
    for letter in letters
}
_WIDEST = max(_WIDTHS.values())


def width_of(text: str) -> int:
    """Return how wide `text` is, in pixels, rounded up."""
    return -(-sum(_WIDTHS.get(letter, _WIDEST) for letter in text) // 100)


@dataclass(frozen=True, slots=True)
class Badge:
    """What a badge says; `title` is what is read aloud, or shown to whoever points at it."""

    label: str
    message: str
    color: Color
    title: str

    def svg(self) -> str:
        """Return it as SVG, which needs no font and nothing else from outside."""
        left, right = width_of(self.label), width_of(self.message)
        edge = left + 2 * _PAD
        whole = edge + right + 2 * _PAD
        inner = whole - edge - 3
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{whole}" height="{_HEIGHT}"'
            f' viewBox="0 0 {whole} {_HEIGHT}" role="img">\n'
            f"<title>{escape(clean(self.title))}</title>\n"
            f'<rect width="{whole}" height="{_HEIGHT}" rx="3" fill="{_LABEL}"/>\n'
            f'<path d="M{edge} 0h{inner}a3 3 0 0 1 3 3v{_HEIGHT - 6}a3 3 0 0 1-3 3h-{inner}z"'
            f' fill="{COLORS[self.color]}"/>\n'
            '<g fill="#fff" font-family="Verdana,Geneva,DejaVu Sans,sans-serif" font-size="11">\n'
            f"{_text(_PAD, left, self.label)}\n{_text(edge + _PAD, right, self.message)}\n"
            "</g>\n</svg>\n"
        )

    def endpoint(self) -> str:
        """Return it as the JSON from which a badge service draws one."""
        said = {
            "schemaVersion": 1,
            "label": self.label,
            "message": self.message,
            "color": COLORS[self.color],
        }
        return json.dumps(said, ensure_ascii=False) + "\n"


def _text(left: int, width: int, text: str) -> str:
    return (
        f'<text x="{left}" y="14" textLength="{width}" lengthAdjust="spacingAndGlyphs">'
        f"{escape(text)}</text>"
    )
