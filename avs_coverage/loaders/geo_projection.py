"""Whether a projection that a file describes stands by itself: PROJ opens the files that one names."""

from __future__ import annotations

import re
from collections.abc import Iterator

REASON = "sa projection renvoie à un autre fichier, ou n'est décrite ni par un code ni par des nombres"

_MOST_CHARACTERS = 50_000
_CODE = re.compile(r"(urn:ogc:def:crs:)?(EPSG|ESRI|IGNF|OGC|CRS)::?[\w.]*:?\w+", re.IGNORECASE)
_EXTENSION = re.compile(r'extension\s*\[\s*"(?!proj4")', re.IGNORECASE)
_QUOTED = re.compile(r'"([^"]*)"')
_PARAMETERS = {
    "a", "axis", "b", "datum", "ellps", "f", "gamma", "k", "k_0", "lat_0", "lat_1", "lat_2", "lat_ts",
    "lon_0", "lonc", "no_defs", "over", "pm", "proj", "r", "rf", "south", "to_meter", "towgs84", "type",
    "units", "vunits", "wktext", "x_0", "y_0", "zone",
}  # fmt: skip
"""Those of PROJ that name no file, in lower case; of ``nadgrids``, ``@null`` says that there is none."""
_VALUE = re.compile(r"[\w.,+-]*")


def stands_by_itself(description: str) -> bool:
    """Whether a code, a WKT or a PROJ string has nothing that PROJ would look for in a file.

    Nothing is known of what is not understood: it does not. An empty description describes nothing.

    >>> stands_by_itself("EPSG:2154"), stands_by_itself("+proj=merc +nadgrids=@null")
    (True, True)
    >>> stands_by_itself("+init=x:1"), stands_by_itself('GEOGCS["x",EXTENSION["PROJ4","+nadgrids=a"]]')
    (False, False)
    """
    text = description.strip("\ufeff\0 \t\r\n")
    if not text or _CODE.fullmatch(text):
        return True
    if len(text) > _MOST_CHARACTERS or "parameterfile" in text.lower() or _EXTENSION.search(text):
        return False
    # Names of a WKT stand between quotes, and so may a description for PROJ; the rest is words and numbers.
    bare = _QUOTED.sub("", text)
    return not re.search(r"[/\\:\"]", bare) and all(map(_names_no_file, (bare, *_QUOTED.findall(text))))


def json_stands_by_itself(projection: object) -> bool:
    """Whether a PROJJSON does so: a parameter of which the value is a text is the name of a file.

    >>> json_stands_by_itself({"id": {"authority": "EPSG", "code": 2154}})
    True
    >>> json_stands_by_itself({"parameters": [{"name": "Geoid model file", "value": "a"}]})
    False
    """
    if isinstance(projection, str):
        return stands_by_itself(projection)
    return all(key != "value" and _names_no_file(text) for key, text in _texts("", projection))


def _texts(key: str, value: object) -> Iterator[tuple[str, str]]:
    """Yield every text of a JSON value with the name that it bears."""
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, dict):
        for name, one in value.items():
            yield from _texts(str(name), one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(key, one)


def _names_no_file(text: str) -> bool:
    """Whether a text that may be a description of PROJ has but parameters that name none."""
    if "=" not in text:
        return not re.search(r"\+\s*\w*(grids|init|file|model)\b", text, re.IGNORECASE)
    return all(_is_known(word) for word in text.split() if "=" in word or word.startswith("+"))


def _is_known(word: str) -> bool:
    name, _, value = word.lstrip("+").partition("=")
    if name.lower() == "nadgrids":
        return value == "@null"
    return name.lower() in _PARAMETERS and bool(_VALUE.fullmatch(value))
