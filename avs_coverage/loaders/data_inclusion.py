"""Read the structures of data.inclusion, schema v0 (``typologie``) and v1 (``reseaux_porteurs``)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from avs_coverage.faults import Fault
from avs_coverage.loaders.table_file import Row
from avs_coverage.loaders.table_frame import refuse_twice
from avs_coverage.messages import counted

FORMAT = "data.inclusion"
_V0_TYPES = {"CS": "CS", "CSC": "CS", "EVS": "EVS"}
# « caf » is the network of both EVS and Caf offices: only the name can tell an EVS.
_EVS_NAME = re.compile(r"(?:^|\W)EVS(?:\W|$)|espaces? de vie sociale", re.IGNORECASE)
COLUMNS = {
    "id": "source, id", "nom": "nom", "code_insee": "code_insee", "commune": "commune",
    "longitude": "longitude", "latitude": "latitude", "type": "typologie ou reseaux_porteurs",
    "source": "source",
}  # fmt: skip
_KEPT = ("id", "nom", "code_insee", "commune", "longitude", "latitude")


def matches(rows: list[Row]) -> bool:
    """Tell whether the first row bears the columns of either schema."""
    return bool(rows) and is_header(rows[0].cells)


def is_header(header: Iterable[str]) -> bool:
    """Tell the headers of either schema."""
    names = set(header)
    return {"source", "code_insee", "nom"} <= names and bool(names & {"typologie", "reseaux_porteurs"})


def adapt(rows: list[Row], file: str) -> tuple[list[Row], list[Fault], list[Fault]]:
    """Return centres sociaux and EVS in the tool's own columns, the other rows counted, and warnings.

    v0 says CS, CSC or EVS. v1 says only that a structure belongs to the federation of centres
    sociaux (``fcsf``); an EVS is known by its name alone. Registration is voluntary, and one
    structure may stand there several times: each row is to be confirmed.
    """
    refuse_twice(file, rows[0].cells, (*_KEPT, "source", "typologie", "reseaux_porteurs"), rows[0].line)
    header = {name: index for index, name in enumerate(rows[0].cells)}
    is_v0 = "typologie" in header
    adapted, others = [Row(rows[0].line, (*_KEPT, "type", "statut", "source"))], 0
    for row in rows[1:]:
        cells = {name: row.cells[i] if i < len(row.cells) else "" for name, i in header.items()}
        kind = _V0_TYPES.get(cells["typologie"], "") if is_v0 else _v1_type(cells)
        if not kind:
            others += 1
            continue
        unique = cells.get("id", "")
        if unique and not is_v0 and not unique.startswith(f"{cells['source']}--"):
            unique = f"{cells['source']}--{unique}"  # in v1 an id is unique within its source alone
        kept = (unique, *(cells.get(name, "") for name in _KEPT[1:]))
        source = f"data.inclusion, {cells['source']}"
        adapted.append(Row(row.line, (*kept, kind, "a_confirmer", source)))
    reason = counted(others, "structure d'une autre nature", "structures d'une autre nature")
    aside = [Fault("AVS-907", {"value": reason}, file, rows=others)] if others else []
    return adapted, aside, [Fault("AVS-912" if is_v0 else "AVS-913", {}, file)]


def _v1_type(cells: dict[str, str]) -> str:
    networks = set(re.findall(r"[\w-]+", cells["reseaux_porteurs"]))
    return "CS" if "fcsf" in networks else "EVS" if _EVS_NAME.search(cells["nom"]) else ""
