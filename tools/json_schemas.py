"""Write docs/schemas/, the JSON Schemas of what the tool prints, from tools/json_fields.toml.

python -m tools.json_schemas

Closed lists come from the constants of the code, the meaning of a column from data/dictionary.csv, and
versions from where each document is made: the table of fields says the rest.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from avs_coverage import (
    arithmetic,
    audit_bounds,
    changes,
    explain,
    export,
    figure,
    gaps,
    history,
    indicators,
    inventory,
    manifest,
    messages,
    multiplicity,
    official_figures,
    published_indicators,
    qpv,
    qpv_location,
    readings,
    report,
    rules,
    subject,
    territory_names,
    zone_populations,
)
from avs_coverage import compare as sides
from avs_coverage.commands import listing, options, streams
from avs_coverage.commands.check import SCHEMA_VERSION as CHECK_VERSION
from avs_coverage.commands.compare import SCHEMA_VERSION as COMPARE_VERSION
from avs_coverage.commands.data.info import SCHEMA_VERSION as DATA_VERSION
from avs_coverage.dictionary import ColumnInfo, dictionary
from avs_coverage.errors import AuditError, AvsError
from avs_coverage.explain import structure as explained_structure
from avs_coverage.loaders import examine, structures
from avs_coverage.rules import demand

FIELDS = Path(__file__).parent / "json_fields.toml"
FOLDER = Path(__file__).parent.parent / "docs" / "schemas"
COMMON = "commun"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
Schema = dict[str, Any]

VERSIONS = {
    "report": report.SCHEMA_VERSION,
    "explain": explain.SCHEMA_VERSION,
    "compare": COMPARE_VERSION,
    "check": CHECK_VERSION,
    "data": DATA_VERSION,
    "manifest": manifest.SCHEMA_VERSION,
    "error": streams.ERROR_SCHEMA_VERSION,
}
"""Version of each document that is not a listing: those share one."""

_COUNTS = ("nb_cs", "nb_evs", "nb_cs_publie", "nb_evs_publie", "nb_cs_sans_date", "nb_evs_sans_date")
_ANSWERS = ("oui", "sans_date", "non", "non_renseigne", "publie")
_ERRORS: tuple[type[AvsError], ...] = (AvsError, *AvsError.__subclasses__())
_EXITS = {kind.exit_code for kind in _ERRORS if kind is not AuditError}
VOCABULARIES: dict[str, tuple[str | int, ...]] = {
    "territoire": tuple(territory_names._KINDS),
    "regle": tuple(name.partition(":")[0] for name in rules.RULE_NAMES),
    "population_par": (demand.CHEF_LIEU, demand.GRID, demand.AREA),
    "mesure": figure.MEASURES,
    "mesure_d_histoire": (
        *figure.MEASURES,
        *_COUNTS,
        *(f"{agreement}_{answer}" for agreement in ("acf", "ps_jeunes") for answer in _ANSWERS),
        *history.EVENTS,
    ),
    "ligne": ("structures", "couverture", "variation"),
    "statut_chiffre": figure.STATUSES,
    "statut_commune": tuple(status for status in messages.COMMUNE_STATUS_LABELS if status),
    "statut_variation": tuple(changes.CAUSES),
    "statut_compare": sides.COMPARED,
    "statut_structure": (*inventory.STATUSES, inventory.CLOSED_STATUS),
    "statut_qpv": (qpv.WITH_STRUCTURE, qpv.WITHOUT_STRUCTURE, qpv.NOT_INFORMED),
    "multiplicite": multiplicity.KINDS,
    "type": inventory.TYPES,
    "type_ou_avs": zone_populations.KINDS,
    "siege": structures._SEAT_QUALITIES,
    "zone": inventory.ZONES,
    "position": inventory.POSITIONS,
    "position_qpv": qpv_location.STATUSES,
    "generation": (2015, 2024),
    "liste": (gaps.GAP, gaps.UNCLEAR),
    "nature_expliquee": (subject.COMMUNE, subject.QPV, subject.STRUCTURE),
    "fondement": rules.BASES,
    "motif_non_comptee": (
        explained_structure.NOT_YET, explained_structure.CLOSED, explained_structure.UNCONFIRMED,
    ),
    "colonne_de_structure": inventory.COLUMNS,
    "nature_indicateur": tuple(indicators.NATURE_LABELS),
    "indicateur": tuple(published_indicators.INDICATORS),
    "theme": (*published_indicators.THEMES, arithmetic.FLOW),
    "borne": tuple(audit_bounds.VERDICTS),
    "qualificatif": tuple(readings.QUALIFIERS),
    "arithmetique": (arithmetic.COHERENT, arithmetic.INCOHERENT, arithmetic.NOTHING_TO_CHECK),
    "verdict": (
        official_figures.REPRODUCED, official_figures.COMPATIBLE, official_figures.INCOMPATIBLE,
        official_figures.UNVERIFIABLE,
    ),
    "methode": ("2sfca", "e2sfca"),
    "nature_fichier": tuple(examine.NATURES),
    "format": tuple(export.FORMATS),
    "dialecte": options.CSV_DIALECTS,
    "role": (*manifest.ONE_FILE, *manifest.SEVERAL_FILES),
    "code_sortie": tuple(sorted(_EXITS)),
}  # fmt: skip
"""Closed lists of values, by the name that ``$name`` gives them in the table of fields."""

_COMMUNE = r"([0-9]{2}|2[AB])[0-9]{3}"
TYPES: dict[str, Schema] = {
    "nul": {"type": "null"},
    "texte": {"type": "string"},
    "texte1": {"type": "string", "minLength": 1},
    "booleen": {"type": "boolean"},
    "entier": {"type": "integer"},
    "compte": {"type": "integer", "minimum": 0},
    "rang": {"type": "integer", "minimum": 1},
    "annee": {"type": "integer", "minimum": 1900, "maximum": 2200},
    "nombre": {"type": "number"},
    "quantite": {"type": "number", "minimum": 0},
    "part": {"type": "number", "minimum": 0, "maximum": 1},
    "ecart": {"type": "number", "minimum": -1, "maximum": 1},
    "longitude": {"type": "number", "minimum": -180, "maximum": 180},
    "latitude": {"type": "number", "minimum": -90, "maximum": 90},
    "date": {"type": "string", "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
    "commune": {"type": "string", "pattern": f"^{_COMMUNE}$"},
    "commune_ou_vide": {"type": "string", "pattern": f"^({_COMMUNE})?$"},
    "departement": {"type": "string", "pattern": r"^([0-9]{2}|2[AB]|97[0-9])$"},
    "siren": {"type": "string", "pattern": r"^[0-9]{9}$"},
    "siren_ou_vide": {"type": "string", "pattern": r"^([0-9]{9})?$"},
    "qpv": {"type": "string", "pattern": "^Q[PN][0-9A-Z]{6}$"},
    "code_faute": {"type": "string", "pattern": r"^AVS-[0-9]{3}$"},
    "fraction": {"type": "string", "pattern": "^[0-9]+/([0-9]+|[?])$"},
    "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
}
"""What a scalar may be, by its name in the table of fields."""


@cache
def _tables() -> dict[str, dict[str, dict[str, Any]]]:
    with FIELDS.open("rb") as file:
        return tomllib.load(file)


def documents() -> tuple[str, ...]:
    """Return the names of the documents: those of the commands, manifest and error."""
    return tuple(_tables()["documents"])


def urn(name: str) -> str:
    """Return the identifier of a schema: a name, not an address."""
    return f"urn:avs-coverage:schema:{name}"


def _fields(table: dict[str, Any]) -> dict[str, str]:
    """Return the fields of an object, those of the objects that it takes among them, its own word last."""
    found: dict[str, str] = {}
    for key, value in table.items():
        if key == "+":
            for other in value:
                found |= _fields(_tables()["objets"][other])
        elif key == "-":
            found = {name: text for name, text in found.items() if name not in value}
        elif key != "_":
            found[key] = value
    return found


def _object(table: dict[str, Any]) -> Schema:
    fields = _fields(table)
    rest = fields.pop("*", "")
    return {
        "type": "object",
        "description": table["_"],
        "properties": {key.removesuffix("?"): _property(key, text) for key, text in fields.items()},
        "required": [key for key in fields if not key.endswith("?")],
        "additionalProperties": _property("*", rest) if rest else False,
    }


def _property(key: str, text: str) -> Schema:
    """Return the schema of a field: its type, and its meaning, from the dictionary where the table is silent.

    Raises KeyError where neither says it.
    """
    kind, _, meaning = text.partition(" : ")
    if not meaning and kind.lstrip("[").startswith("@"):
        return _type(kind)  # the object says what it is
    if not meaning:
        column = _column(key.removesuffix("?"))
        meaning = column.meaning + (f" ({column.unit})" if column.unit else "")
    return {"description": meaning, **_type(kind)}


def _column(name: str) -> ColumnInfo:
    """Return what a column means; raises KeyError where that depends on the view: the table has to say it."""
    found = {view: column for (view, one), column in dictionary().items() if one == name}
    meanings = {column.meaning for column in found.values()}
    return found[""] if "" in found or len(meanings) != 1 else next(iter(found.values()))


def _type(text: str) -> Schema:
    """Return the schema of a type as the table of fields writes it."""
    if "|" in text:
        return {"anyOf": [_type(one) for one in text.split("|")]}
    bare = text.removesuffix("?")
    if match := re.fullmatch(r"\[(.+)\](\d?)(\+?)", bare):
        items, count, or_more = match.groups()
        least = {"minItems": int(count)} if count else {}
        most = {"maxItems": int(count)} if count and not or_more else {}
        made = {"type": "array", "items": _type(items), **least, **most}
    elif bare.startswith("{"):
        made = {"type": "object", "additionalProperties": _type(bare[1:-1])}
    elif bare.startswith("@"):
        made = {"$ref": bare}  # where the object stands is known once all are read
    elif bare.startswith("$"):
        made = {"enum": list(VOCABULARIES[bare[1:]])}
    else:
        made = dict(TYPES[bare])
    return made if bare == text else _nullable(made)


def _nullable(schema: Schema) -> Schema:
    if "enum" in schema:
        return {"enum": [*schema["enum"], None]}
    if "$ref" in schema:
        return {"anyOf": [schema, {"type": "null"}]}
    return {**schema, "type": [schema["type"], "null"]}


def _references(schema: object) -> Iterator[Schema]:
    """Yield every part of a schema that refers to an object."""
    if isinstance(schema, dict):
        if "$ref" in schema:
            yield schema
        for value in schema.values():
            yield from _references(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _references(value)


def _reached(schema: Schema, objects: dict[str, Schema]) -> set[str]:
    """Return the names of the objects that a schema refers to, from one to the next."""
    found: set[str] = set()
    new = {one["$ref"][1:] for one in _references(schema)}
    while new:
        found |= new
        new = {one["$ref"][1:] for name in new for one in _references(objects[name])} - found
    return found


def _document(name: str, table: dict[str, Any]) -> Schema:
    made = _object(table)
    head = {
        "schema": {"description": "le nom de ce schéma", "const": f"avs-coverage/{name}"},
        "version": {
            "description": "sa version",
            "const": VERSIONS.get(name, listing.SCHEMA_VERSION),
        },
    }
    made["properties"] = head | made["properties"]
    made["required"] = [*head, *made["required"]]
    if name == "explain":
        made["allOf"] = [
            {
                "if": {"properties": {"nature": {"const": nature}}},
                "then": {"properties": {"explication": {"$ref": f"@explication_{nature}"}}},
            }
            for nature in VOCABULARIES["nature_expliquee"]
        ]
    return made


def schemas() -> dict[str, Schema]:
    """Return every schema by name; an object that several documents hold stands in that of ``COMMON``."""
    objects, made = (
        _objects(),
        {name: _document(name, table) for name, table in _tables()["documents"].items()},
    )
    reached = {name: _reached(schema, objects) for name, schema in made.items()}
    holders = Counter(one for names in reached.values() for one in names)
    shared = {name for name, count in holders.items() if count > 1}
    found = {
        name: {**_head(name, f"avs-coverage/{name}"), **schema, "$defs": _picked(reached[name] - shared)}
        for name, schema in made.items()
    }
    found[COMMON] = {**_head(COMMON, "Ce que plusieurs documents contiennent"), "$defs": _picked(shared)}
    for name, schema in found.items():
        for one in _references(schema):
            target = one["$ref"][1:]
            place = urn(COMMON) if target in shared and name != COMMON else ""
            one["$ref"] = f"{place}#/$defs/{target}"
        if not schema["$defs"]:
            del schema["$defs"]
    return found


def _objects() -> dict[str, Schema]:
    return {name: _object(table) for name, table in _tables()["objets"].items()}


def _picked(names: set[str]) -> dict[str, Schema]:
    """Return some objects, in the order of the table, each time new: their references are to be pointed."""
    return {name: schema for name, schema in _objects().items() if name in names}


def _head(name: str, title: str) -> Schema:
    made_by = "Fait par python -m tools.json_schemas."
    return {"$schema": DIALECT, "$id": urn(name), "$comment": made_by, "title": title}


def unused() -> set[str]:
    """Return the objects of the table that no document holds and no object takes the fields of."""
    tables, objects = _tables(), _objects()
    used = {
        one
        for name, table in tables["documents"].items()
        for one in _reached(_document(name, table), objects)
    }
    taken = {one for group in tables.values() for table in group.values() for one in table.get("+", ())}
    return set(objects) - used - taken


def pages() -> dict[str, str]:
    """Return the text of every file, by its name."""
    return {
        f"{name}.schema.json": json.dumps(schema, ensure_ascii=False, indent=2) + "\n"
        for name, schema in schemas().items()
    }


if __name__ == "__main__":
    for _name, _text in pages().items():
        (FOLDER / _name).write_text(_text, encoding="utf-8")
