"""Read one cell of text as a date, a yes or no, a number or a choice."""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import lru_cache

from avs_coverage.names import normalise

TYPE_WORDS = {
    "CS": (
        "cs",
        "csc",
        "centre social",
        "centre socioculturel",
        "centre socio culturel",
        "centre social et culturel",
        "centre social et socioculturel",
        "centre socio culturelle",
        "centres sociaux",
        "mjc centre social",
        "maison pour tous centre social",
        "centre social cs",
        "cs centre social",
        "d506",
    ),
    "EVS": (
        "evs",
        "espace de vie sociale",
        "espaces de vie sociale",
        "espace de vie sociale evs",
        "evs espace de vie sociale",
        "d508",
    ),
}
# Words that say something else of a structure than its type.
_TYPE_ASIDES = set(
    [
        "agree",
        "agrees",
        "agreee",
        "rural",
        "urbain",
        "federe",
        "associatif",
        "municipal",
        "communal",
        "itinerant",
    ]
)
_YEAR = re.compile(r"(19|20)\d\d")
_ISO_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]00:00(?::00(?:\.0+)?)?)?")
_FRENCH_DAY = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
_SPACE = re.compile(r"[\s\u00a0\u202f]")
_NUMBER = re.compile(r"[+-]?\d{1,15}(\.\d{0,40})?")
_LIST_SEPARATOR = re.compile(r"[;,|]")
_YES = {"oui", "o", "vrai", "true", "yes", "1", "x"}
_NO = {"non", "n", "faux", "false", "no", "0"}


@lru_cache(maxsize=1 << 12)
def parse_type(text: str) -> str:
    """Return ``CS`` or ``EVS``, empty where the wording is neither.

    >>> parse_type("Centre socio-culturel"), parse_type("Espace de Vie Sociale"), parse_type("CSS")
    ('CS', 'EVS', '')
    """
    key = " ".join(word for word in normalise(text).split() if word not in _TYPE_ASIDES)
    return next((kind for kind, words in TYPE_WORDS.items() if key in words), "")


def parse_choice(text: str, choices: tuple[str, ...]) -> str:
    """Return the choice that *text* names, whatever its case, accents, spaces and gender; else empty.

    >>> parse_choice("Complète", ("complete", "inconnue")), parse_choice("Fermée", ("a_confirmer", "ferme"))
    ('complete', 'ferme')
    """
    key = normalise(text).rstrip("e")
    return next((choice for choice in choices if normalise(choice).rstrip("e") == key), "")


def parse_yes_no(text: str) -> bool | None:
    """Return True, False, or None where *text* is neither a yes nor a no."""
    key = normalise(text)
    return True if key in _YES else False if key in _NO else None


def parse_date(text: str, end: bool = False) -> date | None:
    """Return a date written 2022-09-01, 01/09/2022, or 2022; None where it is none of these.

    A year alone is its first day, or its last where *end*.

    >>> parse_date("01/09/2022"), parse_date("2022", end=True)
    (datetime.date(2022, 9, 1), datetime.date(2022, 12, 31))
    """
    text = text.strip()
    try:
        if _YEAR.fullmatch(text):
            return date(int(text), 12, 31) if end else date(int(text), 1, 1)
        if match := _ISO_DAY.fullmatch(text):
            return date(int(match[1]), int(match[2]), int(match[3]))
        if match := _FRENCH_DAY.fullmatch(text):
            return date(int(match[3]), int(match[2]), int(match[1]))
    except ValueError:
        return None
    return None


def parse_excel_day(text: str) -> date | None:
    """Return the day that Excel keeps as a number, from 1995 to 2050; None for any other text.

    >>> parse_excel_day("45000"), parse_excel_day("2022")
    (datetime.date(2023, 3, 15), None)
    """
    text = text.strip()
    day = date(1899, 12, 30) + timedelta(days=int(text)) if re.fullmatch(r"[345]\d{4}", text) else None
    return day if day and day.year in range(1995, 2051) else None


def parse_number(text: str) -> float | None:
    """Return a number with a decimal comma or point and spaces between thousands, else None.

    >>> parse_number("5 640"), parse_number("3,427"), parse_number("1e400"), parse_number("inconnu")
    (5640.0, 3.427, None, None)
    """
    plain = _SPACE.sub("", text).replace(",", ".")
    return float(plain) if _NUMBER.fullmatch(plain) else None


def parse_count(text: str) -> int | None:
    """Return a whole number of zero or more, else None."""
    value = parse_number(text)
    return int(value) if value is not None and value >= 0 and value.is_integer() else None


def split_list(text: str) -> list[str]:
    """Split a cell that lists things with ``;`` ``,`` or ``|``; blanks are left out.

    >>> split_list("03185; 03190|Vichy,")
    ['03185', '03190', 'Vichy']
    """
    return [part.strip() for part in _LIST_SEPARATOR.split(text) if part.strip()]
