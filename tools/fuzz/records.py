"""Change what the settings of a study, a mapping or a manifest say: other keys, other types, other values."""

from __future__ import annotations

import json
from random import Random
from typing import Any

_JSON: tuple[Any, ...] = (
    None, "", "x", 0, -1, 1.5, True, [], {}, [None], ["x"], {"x": 1}, [[]], "nan", 1e308, "../../x",
    "liste.csv",
    "2022-02-31", ["declared", "x"], "radius:5km", "structures", "population", "é\u0000", 10**30,
    ["xlsx", 3], "allier",
    "csv", ["csv"], "standard", "qpv", "indicateurs", "zones", ".", [1, 2],
)  # fmt: skip
_TOML = (
    "", '""', '"x"', "0", "-1", "1.5", "nan", "inf", "true", "[]", "{}", '[""]', '["pop.csv", 3]',
    '["pop.csv", "pop.csv"]',
    '{a = 1}', "2022-12-31", "12:00:00", "'''a\nb'''", '"\\u0000"', '"\\ud800"', '"../x.csv"',
    '"/etc/hostname"', '"."',
    '"absent.csv"', '"liste.csv"', '"allier"', '"radius:5km"', '"declared, implantation"', '"2022"', '"hier"',
    '"http://127.0.0.1:9"', '"ind.csv=P22_POP"', '"manifest.json"', '"communes_geo.gpkg"', "0x10",
    '["ind.csv", "carreaux.csv"]',
)  # fmt: skip
_KEYS = (
    "territoire", "regle", "date", "structures", "zones", "communes", "temps", "chiffres", "osrm",
    "population", "qpv",
    "indicateurs", "colonnes", "nom", "type", "code_insee", "commune", "x", '"é"', "a.b", "",
)  # fmt: skip


def changed_record(content: bytes, rng: Random) -> bytes:
    """Return a manifest of which one to four values are others, are missing, or stand twice."""
    record = json.loads(content)
    for _ in range(rng.choice([1, 1, 2, 4])):
        inner: Any = record
        while True:
            keys = list(inner) if isinstance(inner, dict) else list(range(len(inner)))
            if not keys:
                break
            key = rng.choice(keys)
            if isinstance(inner[key], (dict, list)) and inner[key] and rng.random() < 0.7:
                inner = inner[key]
                continue
            if rng.random() < 0.2:
                del inner[key]
            elif isinstance(inner, list) and rng.random() < 0.3:
                inner.append(inner[key])
            else:
                inner[key] = rng.choice(_JSON)
            break
    return json.dumps(record).encode()


def changed_settings(content: bytes, rng: Random) -> bytes:
    """Return settings of which one to four lines say something else, are missing, or stand twice."""
    lines = content.decode().splitlines()
    for _ in range(rng.choice([1, 1, 2, 4])):
        place = rng.randrange(len(lines))
        key = lines[place].partition("=")[0].strip()
        way = rng.random()
        if way < 0.5:
            lines[place] = f"{key} = {rng.choice(_TOML)}"
        elif way < 0.7:
            lines.insert(rng.randrange(len(lines) + 1), f"{rng.choice(_KEYS)} = {rng.choice(_TOML)}")
        elif way < 0.8 and len(lines) > 1:
            del lines[place]
        else:
            lines.insert(place, rng.choice([lines[place], "[colonnes]", "[[qpv]]", "[a.b]", "#"]))
    return "\n".join(lines).encode()
