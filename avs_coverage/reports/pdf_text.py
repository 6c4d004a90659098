"""Text in a PDF: the embedded fonts, the lines of a paragraph, and the paragraph on its page."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from reportlab.lib.colors import HexColor
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Flowable

from avs_coverage.reports.column_widths import pieces
from avs_coverage.reports.text import typeset

REGULAR, BOLD, ITALIC = "DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique"
"""In the package of matplotlib, with every character that French uses."""
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def register_fonts() -> None:
    """Make the fonts known to reportlab; what is embedded is what the document uses of them."""
    from matplotlib import get_data_path

    folder = Path(get_data_path()) / "fonts" / "ttf"
    for name in (REGULAR, BOLD, ITALIC):
        if name not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(TTFont(name, str(folder / f"{name}.ttf")))


@lru_cache(maxsize=1 << 16)
def shown(text: str) -> str:
    """Return *text* on one line, in the characters of the fonts: another one is replaced, never dropped."""
    text = unicodedata.normalize("NFC", typeset(text))
    if text.isascii():
        return text
    glyphs = [pdfmetrics.getFont(name).face.charToGlyph for name in (REGULAR, BOLD, ITALIC)]
    return "".join(char if all(ord(char) in known for known in glyphs) else REPLACEMENT for char in text)


@lru_cache(maxsize=1 << 16)
def width_of(text: str, font: str, size: float) -> float:
    """Return the width of *text* in points."""
    return float(pdfmetrics.stringWidth(text, font, size))


def wrapped(text: str, font: str, size: float, width: float, first: float = 0) -> list[str]:
    """Cut *text* into lines no wider than *width* points, *first* being taken on the first one.

    A line ends at a space or after a hyphen, never at a no-break space; a word longer than a line is cut.
    """
    lines, line, used = [], "", first
    for rank, word in enumerate(text.split(" ")):
        for place, part in enumerate(pieces(word)):
            glue = " " if rank and not place and line else ""
            needed = width_of(glue + part, font, size)
            if used + needed <= width:
                line, used = line + glue + part, used + needed
                continue
            if used:
                lines.append(line)
            line, used = part, width_of(part, font, size)
            while used > width:
                fits = _fitting(line, font, size, width)
                lines.append(line[:fits])
                line = line[fits:]
                used = width_of(line, font, size)
    return [*lines, line] if line or not lines else lines


def _fitting(text: str, font: str, size: float, width: float) -> int:
    """Return how many characters of *text* fit, one at least."""
    taken = 0.0
    for rank, char in enumerate(text):
        taken += width_of(char, font, size)
        if taken > width:
            return max(rank, 1)
    return len(text)


class TextStyle(NamedTuple):
    """How a paragraph looks; in points. A *box* has a fill, and a bar at its left."""

    font: str = REGULAR
    size: float = 9
    leading: float = 13
    color: str = "#1A1A1A"
    before: float = 0
    after: float = 5
    box: tuple[str, str] | None = None
    padding: float = 0


class Text(Flowable):  # type: ignore[misc]
    """A paragraph already cut into lines, *mark* in bold before the first; it may go on over a page."""

    def __init__(self, lines: list[str], style: TextStyle, width: float, mark: str = "") -> None:
        super().__init__()
        self.lines, self.style, self.mark = lines, style, mark
        self.width = width
        self.height = len(lines) * style.leading + 2 * style.padding
        self.spaceBefore, self.spaceAfter = style.before, style.after

    @classmethod
    def of(cls, text: str, style: TextStyle, width: float, mark: str = "") -> Text:
        """Cut a text into the lines of a style."""
        first = width_of(mark, BOLD, style.size)
        room = width - 2 * style.padding
        return cls(wrapped(shown(text), style.font, style.size, room, first), style, width, mark)

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        """Return the size: the lines are cut already."""
        return self.width, self.height

    def split(self, width: float, height: float) -> list[Text]:
        """Return what fits, and the rest; no line alone at the foot or at the head of a page."""
        fits = int((height - 2 * self.style.padding) // self.style.leading)
        fits = min(fits, len(self.lines) - 2)
        if fits < 2:  # noqa: PLR2004
            return []
        kept = Text(self.lines[:fits], self.style, self.width, self.mark)
        return [kept, Text(self.lines[fits:], self.style, self.width)]

    def draw(self) -> None:
        """Write the lines."""
        canvas: Any = self.canv
        style = self.style
        if style.box:
            fill, bar = style.box
            canvas.setFillColor(HexColor(fill))
            canvas.rect(0, 0, self.width, self.height, stroke=0, fill=1)
            canvas.setFillColor(HexColor(bar))
            canvas.rect(0, 0, 3, self.height, stroke=0, fill=1)
        canvas.setFillColor(HexColor(style.color))
        y = self.height - style.padding - style.size
        for rank, line in enumerate(self.lines):
            x = style.padding
            if self.mark and not rank:
                canvas.setFont(BOLD, style.size)
                canvas.drawString(x, y, self.mark)
                x += width_of(self.mark, BOLD, style.size)
            canvas.setFont(style.font, style.size)
            canvas.drawString(x, y, line)
            y -= style.leading
