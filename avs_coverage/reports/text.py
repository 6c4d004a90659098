"""Text made safe for a screen, and ready for paper."""

from __future__ import annotations

import re

from avs_coverage.messages import NARROW_SPACE

_LINES = re.compile(r"[\t\n\r\v\f\x85\u2028\u2029]+")
# What a name could do to a terminal: control characters, and those that reverse the text.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")

# Of those, the ones that nobody types, and that no output should carry on: control characters, and what
# turns the letters that follow round (« \u202egnp.exe » reads « exe.png »).
_ESCAPES = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

FORMULA_SIGNS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\t", "\r")
"""How a text starts that a spreadsheet may run: as on Japanese keyboards too, or behind a blank it drops."""


def without_controls(text: str) -> str:
    r"""Return *text* without control characters, nor those that reverse it; tabs and line breaks stay.

    >>> without_controls("MJC\x1b[31m\nrouge \u202egnp.exe")
    'MJC[31m\nrouge gnp.exe'
    """
    return text if text.isprintable() else _ESCAPES.sub("", text)


def plain(text: str) -> str:
    r"""Return *text* on one line, without the characters that a terminal would obey.

    >>> plain("MJC\x1b[31m rouge")
    'MJC[31m rouge'
    """
    if text.isprintable():
        return text
    return _CONTROL.sub("", _LINES.sub(" ", text))


def typeset(text: str) -> str:
    r"""Return *text* on one line, its spaces such that no line begins with « ; » nor ends with a quote mark.

    >>> typeset("Adéquat ; Accorderie : « oui »")
    'Adéquat\u202f; Accorderie\xa0: «\xa0oui\xa0»'
    """
    text = re.sub(" (?=[;!?%](?: |$))", NARROW_SPACE, plain(text))
    return re.sub("(?<=«) | (?=»)| (?=:(?: |$))", "\N{NO-BREAK SPACE}", text)
