"""The columns of a structure list, and the names that people give them."""

from __future__ import annotations

from collections.abc import Mapping

from avs_coverage.faults import Fault
from avs_coverage.loaders.table_file import Row
from avs_coverage.names import normalise

# Name that stays → other names met in the field (compared without case, accents or punctuation).
STRUCTURE_COLUMNS: dict[str, tuple[str, ...]] = {
    "id": ("identifiant", "id structure", "numero", "code structure"),
    "nom": ("nom structure", "nom de la structure", "structure", "libelle", "raison sociale", "denomination"),
    "nom_connu": (),
    "type": ("type structure", "type de structure", "typologie", "categorie", "typequ", "agrement"),
    "statut": ("statut de la ligne", "fiabilite"),
    "code_insee": (
        "code commune",
        "insee",
        "codgeo",
        "depcom",
        "code commune insee",
        "insee com",
        "code insee commune",
        "code insee siege",
    ),
    "commune": ("ville", "nom commune", "nom de la commune", "commune siege", "commune du siege", "libcom"),
    "siege": ("qualite siege", "siege qualite"),
    "zone": ("qualite zone", "connaissance zone"),
    "longitude": ("lon", "lng", "long"),
    "latitude": ("lat",),
    "premier_agrement": (
        "date premier agrement",
        "date du premier agrement",
        "date de premier agrement",
        "1er agrement",
        "date 1er agrement",
        "date du 1er agrement",
        "ouverture",
        "date d ouverture",
    ),
    "annee_creation": ("annee de creation", "date de creation", "date creation", "creation"),
    "agrement_debut": (
        "date agrement",
        "debut agrement",
        "date debut",
        "debut agrement en cours",
        "debut de l agrement en cours",
        "agrement en cours",
    ),
    "agrement_fin": ("fin agrement", "date fin", "fin agrement en cours", "fin de l agrement en cours"),
    "fermeture": ("date fermeture", "date de fermeture"),
    "acf": ("agrement acf", "animation collective famille", "animation collective familles"),
    "acf_debut": ("date acf", "debut acf", "date agrement acf", "date de l agrement acf"),
    "ps_jeunes": ("ps jeune", "prestation de service jeunes", "projet ps jeunes"),
    "ps_jeunes_debut": ("date ps jeunes", "debut ps jeunes", "date de la ps jeunes"),
    "itinerant": ("itinerance", "itinerante"),
    "gestionnaire": ("gestion", "mode de gestion", "organisme gestionnaire"),
    "population_zone": ("population de la zone de competence", "population zone de competence"),
    "capacite": ("capacite d accueil",),
    "communes_desservies": (
        "zone de vie sociale",
        "zone d intervention",
        "zone de competence",
        "communes couvertes",
        "territoire d intervention",
    ),
    "qpv_desservis": ("qpv", "qpv desservi", "quartiers desservis", "code qpv"),
    "doute": ("doutes", "reserve", "reserves", "incertitude", "incertitudes"),
    "note": ("remarque", "remarques", "commentaire", "observations"),
    "source": ("sources",),
    "comptee": (),
}
ADDRESS_COLUMNS: dict[str, tuple[str, ...]] = {
    "adresse": (
        "adresse postale",
        "adresse complete",
        "adresse structure",
        "adresse de la structure",
        "adresse siege",
        "adresse du siege",
        "adresse 1",
        "numero et voie",
        "voie",
        "rue",
    ),
    "code_postal": ("codepostal", "cp", "code postal siege", "code postal du siege"),
    **{name: STRUCTURE_COLUMNS[name] for name in ("code_insee", "commune", "longitude", "latitude")},
}
"""What ``data geocode`` reads of a list of structures."""
SERVICE_AREA_COLUMNS: dict[str, tuple[str, ...]] = {
    "structure": ("id", "identifiant", "nom", "nom structure"),
    "commune": ("code insee", "code commune", "insee", "codgeo", "nom commune", "communes desservies"),
}
FIGURE_COLUMNS: dict[str, tuple[str, ...]] = {
    "indicateur": ("code indicateur",),
    "valeur": ("valeur publiee", "chiffre"),
    "annee": ("an",),
    "qualificatif": (),
    "unite": (),
    "libelle": ("intitule",),
    "definition": (),
    "source": ("sources",),
    "territoire": ("portee", "departement"),
}
COMMUNE_CODE_COLUMNS = (
    "code_insee", "insee_com", "insee_arm", "codgeo", "code", "depcom", "code_commune", "code_commune_insee",
    "insee", "com",
)  # fmt: skip
"""What the column of commune codes is called in official files, the surest first."""
_HEADER_SEARCH_ROWS = 20


def match_header(
    rows: list[Row], columns: dict[str, tuple[str, ...]], required: tuple[str, ...]
) -> tuple[int, dict[str, int], list[str], list[str]]:
    """Find the row of headers and the position of each known column.

    Returns the index of that row in *rows*, name → position, the headers used twice, and the
    headers that no column takes. The row is the one of the first 20 that names the most
    columns, at least one of *required*; the index is -1 where there is none.
    """
    names_of = {normalise(word): name for name, others in columns.items() for word in (name, *others)}
    best, found = -1, 0
    for index, row in enumerate(rows[:_HEADER_SEARCH_ROWS]):
        names = {names_of.get(normalise(cell), "") for cell in row.cells if cell} - {""}
        if len(names) > found and names & set(required):
            best, found = index, len(names)
    positions: dict[str, int] = {}
    twice, unused = [], []
    for position, header in enumerate(rows[best].cells if best >= 0 else ()):
        name = names_of.get(normalise(header), "")
        if not name:
            unused += [header] if header else []
        elif name in positions:
            twice.append(f"« {rows[best].cells[positions[name]]} » et « {header} »")
        else:
            positions[name] = position
    return best, positions, twice, unused


def header_faults(
    file: str,
    rows: list[Row],
    matched: tuple[int, dict[str, int], list[str], list[str]],
    needed: Mapping[str, tuple[str, ...]],
) -> list[Fault]:
    """Return the faults of a header: none found, a needed column missing, or two for one.

    *needed* maps each needed column to those of which one is enough.
    """
    index, positions, twice, _ = matched
    if index < 0:
        values = {"rows": str(_HEADER_SEARCH_ROWS), "required": ", ".join(needed)}
        return [Fault("AVS-303", values, file)]
    line, found = rows[index].line, ", ".join(cell for cell in rows[index].cells if cell)
    faults = [
        Fault(
            "AVS-304",
            {"found": found, "accepted": " ou ".join(f"« {column} »" for column in either)},
            file,
            line,
            name,
        )
        for name, either in needed.items()
        if not positions.keys() & set(either)
    ]
    return faults + [Fault("AVS-305", {"value": pair}, file, line) for pair in twice]
