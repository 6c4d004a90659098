"""The colours of maps, told apart without seeing red or green, and in black and white by their lightness.

Blue and orange, as in the palette of Okabe and Ito (Color Universal Design, 2008), which most others are of.
"""

from __future__ import annotations

STATUS_COLOURS = {
    "cs_et_evs": "#08305c",
    "cs_seul": "#0f6bb0",
    "evs_seul": "#de9a0f",
    "aucune": "#ffffff",
    "": "#a6a6a6",
}
"""The colour of a commune by its status, in the order of a legend; empty where no inventory stands.

Printed in grey, each status is a step of 24 at least of the lightness L* (CIE 1976), and a contrast of
2.3, from the others; only the grey of what is unknown comes nearer, and a map to be looked at draws it as
dots on white.
"""
UNKNOWN_DOTS = "#6b6b6b"

TYPE_COLOURS = {"CS": "#0072b2", "EVS": "#e69f00"}
INK = "#262626"
"""Outlines of structures and of zones blanches."""
OUTLINE = "#7f7f7f"
"""Limits of communes."""
UNCLEAR_COLOUR = "#d55e00"
QPV_COLOUR = "#9b2f7f"
LINK_COLOUR = "#4d4d4d"


def rgb(colour: str) -> tuple[int, int, int]:
    """Return red, green and blue of a colour.

    >>> rgb("#0072b2")
    (0, 114, 178)
    """
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
