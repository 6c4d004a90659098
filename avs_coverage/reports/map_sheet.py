"""A sheet of paper to draw on, in millimetres from its lower left corner, written as PNG, SVG or PDF."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from avs_coverage import __version__
from avs_coverage.extras import require
from avs_coverage.reports.text import plain

Shape = Any  # a shapely geometry
Style = Any  # what matplotlib takes
KINDS = ("png", "svg", "pdf")
DPI = 200
FONT = "DejaVu Sans"
"""It comes with matplotlib: the same letters, of the same width, on every machine."""
MM_PER_POINT = 25.4 / 72
_FONT_IN_SVG = f"'{FONT}'; text-anchor".encode()
_FONTS_IN_SVG = f"'{FONT}', Verdana, sans-serif; text-anchor".encode()
"""Where a drawing program has not the font, letters of nearly the same width."""
_NOT_AN_ID = re.compile(r"[^\w.-]", re.ASCII)
_LINE = 1.3
"""Height of a line of text, in sizes of its letters."""
_SETTINGS = {
    "font.family": [FONT],
    "svg.fonttype": "none",  # text stays text: it can be searched, and mended in a drawing program
    "svg.hashsalt": "avs-coverage",  # ids are drawn at random without it
    "pdf.fonttype": 42,
    "pdf.compression": 6,
    "hatch.linewidth": 0.5,
    "path.simplify": False,
    "text.usetex": False,
    "text.parse_math": False,
    "text.hinting": "no_hinting",
    "axes.unicode_minus": False,
}


class Box(NamedTuple):
    """A rectangle of the sheet, in millimetres."""

    left: float
    bottom: float
    right: float
    top: float

    @property
    def width(self) -> float:
        """Return its width."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Return its height."""
        return self.top - self.bottom

    def meets(self, other: Box, gap: float = 0.0) -> bool:
        """Tell whether two boxes overlap, or come nearer than *gap*."""
        return (
            self.left < other.right + gap
            and other.left < self.right + gap
            and self.bottom < other.top + gap
            and other.bottom < self.top + gap
        )

    def within(self, other: Box) -> bool:
        """Tell whether the box lies in another."""
        return (
            self.left >= other.left
            and self.right <= other.right
            and self.bottom >= other.bottom
            and self.top <= other.top
        )

    def inset(self, margin: float) -> Box:
        """Return the box less a margin on each side."""
        return Box(self.left + margin, self.bottom + margin, self.right - margin, self.top - margin)


@contextmanager
def drawing(what: str) -> Iterator[None]:
    """Set matplotlib as sheets need it, and as it was before at the end.

    Raises OutputError: AVS-507 where it is not installed, asked for by *what*.
    """
    with require("matplotlib", what).rc_context(_SETTINGS):
        yield


def printable(text: str) -> str:
    """Return *text* on one line, a replacement sign for each character that the font does not have."""
    face = _face(False)
    return "".join(c if face.get_char_index(ord(c)) else "\N{REPLACEMENT CHARACTER}" for c in plain(text))


@lru_cache(maxsize=1 << 14)  # a page is laid out several times before it is drawn
def text_width(text: str, size: float, bold: bool = False) -> float:
    """Return the width of a line of text, in mm; *size* in points."""
    face = _face(bold)
    face.set_size(100, 72)
    face.set_text(text, 0.0, flags=_no_hinting())
    return float(face.get_width_height()[0]) / 64 / 100 * size * MM_PER_POINT


def _no_hinting() -> Any:  # noqa: ANN401 - LoadFlags, an int before matplotlib 3.10
    from matplotlib import ft2font

    flags: Any = getattr(ft2font, "LoadFlags", None)
    return getattr(ft2font, "LOAD_NO_HINTING", None) if flags is None else flags.NO_HINTING


@lru_cache
def _face(bold: bool) -> Any:  # noqa: ANN401 - matplotlib.ft2font.FT2Font
    from matplotlib.font_manager import findfont, get_font

    return get_font(findfont(_font(bold), fallback_to_default=False))


def _font(bold: bool) -> Any:  # noqa: ANN401 - matplotlib.font_manager.FontProperties
    from matplotlib.font_manager import FontProperties

    return FontProperties(family=[FONT], weight="bold" if bold else "normal")


def line_height(size: float) -> float:
    """Return the distance between two lines of text, in mm."""
    return size * MM_PER_POINT * _LINE


def wrapped(text: str, width: float, size: float, bold: bool = False) -> list[str]:
    """Return the lines of a paragraph *width* mm wide; a word wider than that is cut."""
    lines: list[str] = []
    line = ""
    # French spaces before « : ; » and within numbers are not to be broken at.
    for word in (
        printable(text).replace(" :", "\N{NO-BREAK SPACE}:").replace(" ;", "\N{NO-BREAK SPACE};").split(" ")
    ):
        longer = f"{line} {word}" if line else word
        if text_width(longer, size, bold) <= width:
            line = longer
            continue
        if line:
            lines.append(line)
        while text_width(word, size, bold) > width and len(word) > 1:
            cut = next(
                n for n in range(len(word) - 1, 0, -1) if n == 1 or text_width(word[:n], size, bold) <= width
            )
            lines.append(word[:cut])
            word = word[cut:]  # noqa: PLW2901 - what is left of it
        line = word
    return [*lines, line] if line else lines


class Sheet:
    """A sheet of *width* × *height* mm; what is drawn later lies over what was drawn before."""

    def __init__(self, width: float, height: float) -> None:
        from matplotlib.figure import Figure
        from matplotlib.transforms import Affine2D

        self.width, self.height = width, height
        self.figure = Figure(figsize=(width / 25.4, height / 25.4), dpi=DPI, facecolor="white")
        self._mm = Affine2D().scale(1 / 25.4) + self.figure.dpi_scale_trans

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float,
        *,
        bold: bool = False,
        align: str = "left",
        colour: str = "black",
        halo: float = 0.0,
    ) -> None:
        """Write a line, its base at *y*; *halo* is the width of the white line around letters, in points."""
        from matplotlib.patches import PathPatch
        from matplotlib.text import Text
        from matplotlib.textpath import TextPath
        from matplotlib.transforms import Affine2D

        text = printable(text)
        x -= text_width(text, size, bold) * {"left": 0.0, "center": 0.5, "right": 1.0}[align]
        font = _font(bold)
        if halo and text.strip():
            # Drawn by itself: a text with an effect would be written as outlines, no longer as text.
            outline = TextPath((0, 0), text, size=size * MM_PER_POINT, prop=font)
            where = Affine2D().translate(x, y) + self._mm
            style = {"facecolor": "white", "edgecolor": "white", "linewidth": halo, "joinstyle": "round"}
            self.figure.add_artist(PathPatch(outline, transform=where, **style))
        one = Text(
            x, y, text, color=colour, ha="left", va="baseline", transform=self._mm, parse_math=False,
            fontproperties=font, fontsize=size,
        )  # fmt: skip
        self.figure.add_artist(one)

    def lines(self, x: float, top: float, lines: Sequence[str], size: float, **style: Any) -> float:  # noqa: ANN401
        """Write lines of text under *top*, and return where they end."""
        for line in lines:
            top -= line_height(size)
            self.text(x, top + line_height(size) * 0.24, line, size, **style)
        return top

    def shape(
        self,
        shape: Shape,
        place: Callable[[Any], Any],
        clip: Box | None = None,
        gid: str = "",
        **style: Style,
    ) -> None:
        """Draw a polygon, its holes left; *place* turns its points (n × 2) into millimetres."""
        path = path_of(shape, place)
        if path is not None:
            self._patch(path, clip, gid, style)

    def polyline(
        self,
        points: Sequence[tuple[float, float]],
        closed: bool = False,
        clip: Box | None = None,
        gid: str = "",
        **style: Style,
    ) -> None:
        """Draw a line through points, or the polygon that it closes."""
        from matplotlib.path import Path

        corners = [*points, points[0]] if closed else list(points)
        codes = [Path.MOVETO, *[Path.LINETO] * (len(corners) - 1)]
        if closed:
            codes[-1] = Path.CLOSEPOLY
        self._patch(
            Path(np.array(corners), codes), clip, gid, style if closed else {**style, "facecolor": "none"}
        )

    def box(self, box: Box, gid: str = "", **style: Any) -> None:  # noqa: ANN401
        """Draw a rectangle."""
        corners = [(box.left, box.bottom), (box.right, box.bottom), (box.right, box.top), (box.left, box.top)]
        self.polyline(corners, closed=True, gid=gid, **style)

    def _patch(self, path: Any, clip: Box | None, gid: str, style: dict[str, Any]) -> None:  # noqa: ANN401
        from matplotlib.patches import PathPatch, Rectangle

        patch = PathPatch(path, transform=self._mm, **style)
        if gid:
            patch.set_gid(_NOT_AN_ID.sub("_", gid))
        self.figure.add_artist(patch)
        if clip is not None:
            window = Rectangle((clip.left, clip.bottom), clip.width, clip.height, transform=self._mm)
            patch.set_clip_path(window)

    def content(self, kind: str, title: str) -> bytes:
        """Return the file; no file holds the time of writing."""
        creator = f"avs-coverage {__version__}"
        metadata: dict[str, dict[str, Any]] = {
            "png": {"Software": creator, "Title": printable(title)},
            "svg": {"Date": None, "Creator": creator, "Title": printable(title)},
            "pdf": {"CreationDate": None, "Creator": creator, "Producer": None, "Title": printable(title)},
        }
        buffer = io.BytesIO()
        # Each format by its own canvas: the one that a user has set for windows is not looked for.
        self.figure.savefig(buffer, format=kind, dpi=DPI, metadata=metadata[kind], facecolor="white")
        content = buffer.getvalue()
        return content.replace(_FONT_IN_SVG, _FONTS_IN_SVG) if kind == "svg" else content


def path_of(shape: Any, place: Callable[[Any], Any]) -> Any:  # noqa: ANN401 - matplotlib.path.Path
    """Return the outline of a polygon, holes wound the other way; None where it is empty."""
    import shapely
    from matplotlib.path import Path

    rings = [
        ring
        for polygon in shapely.get_parts(shapely.orient_polygons(shape))
        if polygon.geom_type == "Polygon" and not polygon.is_empty
        for ring in (polygon.exterior, *polygon.interiors)
    ]
    if not rings:
        return None
    points = [place(shapely.get_coordinates(ring)) for ring in rings]
    codes = []
    for ring in points:
        code = np.full(len(ring), Path.LINETO, dtype=np.uint8)
        code[0], code[-1] = Path.MOVETO, Path.CLOSEPOLY
        codes.append(code)
    return Path(np.concatenate(points), np.concatenate(codes))
