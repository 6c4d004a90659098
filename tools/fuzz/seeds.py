"""Real-shaped files of every kind that the tool reads, about one small EPCI, all made here."""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

EPCI = "200071082"  # Montluçon Communauté, 21 communes
SEAT, NEXT = "03185", "03101"

_DATE = (2024, 1, 1, 0, 0, 0)  # so that the same seed and number give the same bytes

Cells = list[list[Any]]


@dataclass(frozen=True)
class Seed:
    """A file before any damage: its kind, its name, its bytes, and its cells where it is a table."""

    kind: str
    name: str
    content: bytes
    cells: tuple[tuple[Any, ...], ...] = ()


def as_csv(rows: Sequence[Sequence[Any]], mark: str = ";", end: str = "\n", encoding: str = "utf-8") -> bytes:
    """Write rows as a CSV."""
    import csv

    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=mark, lineterminator=end).writerows(rows)
    return stream.getvalue().encode(encoding, "replace")


def as_xlsx(rows: Sequence[Sequence[Any]], sheets: int = 1) -> bytes:
    """Write rows as the first sheet of a workbook, formulas as formulas."""
    import xlsxwriter

    stream = io.BytesIO()
    options = {"in_memory": True, "nan_inf_to_errors": True, "default_date_format": "dd/mm/yyyy"}
    with xlsxwriter.Workbook(stream, options) as book:
        book.set_properties({"created": datetime(*_DATE)})
        for number in range(sheets):
            sheet = book.add_worksheet(f"F{number}")
            for line, row in enumerate(rows):
                for column, value in enumerate(row):
                    if value is not None and value != "":
                        sheet.write(line, column, str(value) if isinstance(value, (list, dict)) else value)
    return stream.getvalue()


def as_ods(rows: Sequence[Sequence[Any]], repeat: int = 1) -> bytes:
    """Write rows as an ODS, whose last row is declared to be repeated."""
    from xml.sax.saxutils import escape

    lines = []
    for number, row in enumerate(rows):
        cells = "".join(
            f'<table:table-cell office:value-type="string"><text:p>{escape(str(c))}</text:p>'
            "</table:table-cell>"
            for c in row
        )
        more = f' table:number-rows-repeated="{repeat}"' if repeat > 1 and number == len(rows) - 1 else ""
        lines.append(f"<table:table-row{more}>{cells}</table:table-row>")
    names = "urn:oasis:names:tc:opendocument:xmlns"
    text = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content xmlns:office="{names}:office:1.0" '
        f'xmlns:table="{names}:table:1.0" xmlns:text="{names}:text:1.0"><office:body><office:spreadsheet>'
        f'<table:table table:name="F">{"".join(lines)}</table:table></office:spreadsheet></office:body>'
        "</office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = (
        f'<manifest:manifest xmlns:manifest="{names}:manifest:1.0"><manifest:file-entry '
        f'manifest:full-path="/" manifest:media-type="{kind}"/></manifest:manifest>'
    )
    members = {"mimetype": kind.encode(), "content.xml": text.encode("utf-8", "replace")}
    return as_zip({**members, "META-INF/manifest.xml": manifest.encode()})


def as_json(rows: Sequence[Sequence[Any]]) -> bytes:
    """Write rows as a JSON list of records."""
    records = [dict(zip(map(str, rows[0]), row, strict=False)) for row in rows[1:]]
    return json.dumps(records, default=str).encode()


def as_parquet(rows: Sequence[Sequence[Any]]) -> bytes:
    """Write rows as a Parquet of text."""
    import pandas as pd

    width = max(map(len, rows))
    header = [str(name) or f"_{n}" for n, name in enumerate([*rows[0], *[""] * (width - len(rows[0]))])]
    frame = pd.DataFrame([[str(c) for c in [*row, *[""] * (width - len(row))]] for row in rows[1:]])
    frame = frame.reindex(columns=range(width))
    frame.columns = pd.Index([f"{n}_{i}" if n in header[:i] else n for i, n in enumerate(header)])
    return frame.astype(str).to_parquet()  # type: ignore[no-any-return]


def as_zip(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Write a zip of these members, of a date that does not change."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, _DATE), content, method)
    return stream.getvalue()


def layer_bytes(frame: Any, name: str) -> bytes:  # noqa: ANN401 - a GeoDataFrame
    """Write a frame as geojson, gpkg, parquet, or zip (a shapefile), by the end of *name*."""
    from avs_coverage.reports.gpkg_file import gdal_options

    with (
        gdal_options(OGR_CURRENT_DATE=datetime(*_DATE).isoformat() + "Z"),
        tempfile.TemporaryDirectory() as folder,
    ):
        path = Path(folder) / name
        if path.suffix == ".parquet":
            frame.to_parquet(path)
        elif path.suffix == ".zip":
            frame.to_file(path.with_suffix(".shp"), engine="pyogrio", DBF_DATE_LAST_UPDATE="2024-01-01")
            return as_zip({p.name: p.read_bytes() for p in sorted(Path(folder).iterdir())})
        else:
            frame.to_file(path, engine="pyogrio")
        return path.read_bytes()


@cache
def communes() -> tuple[tuple[str, str, int, float, float], ...]:
    """Return code, name, inhabitants, longitude and latitude of the communes of the EPCI."""
    from avs_coverage import Territory

    frame = Territory.find(EPCI).communes
    rows = zip(frame.index, frame["nom"], frame["lon"], frame["lat"], strict=True)
    return tuple(
        (str(code), str(name), 100 + 7 * n, float(lon), float(lat))
        for n, (code, name, lon, lat) in enumerate(rows)
    )


def _structures() -> Cells:
    header = ["id", "nom", "type", "statut", "code_insee", "communes_desservies", "agrement_debut",
              "agrement_fin", "acf", "capacite", "longitude", "latitude", "source", "note"]  # fmt: skip
    rows: Cells = [header]
    for n, (code, name, _, lon, lat) in enumerate(communes()[:6]):
        area = ["epci", f"{code}|{NEXT}", "", name, NEXT, ""][n]
        kind, status = ["CS", "EVS"][n % 2], ["confirme", "a_confirmer", ""][n % 3]
        rows.append(
            [f"s{n}", f"Structure {name}", kind, status, code, area, f"20{10 + n}-01-01", "", "oui",
             100 * n, lon, lat, "liste", "é"]
        )  # fmt: skip
    return rows


def _tables() -> dict[str, Cells]:
    """Return the cells of every table, the headers first, kind → rows."""
    found = communes()
    grid = ["idcar_200m", "idcar_1km", "idcar_nat", "i_est_200", "i_est_1km", "lcog_geo", "ind", "men"]
    cells: Cells = [grid]
    for n, (code, *_) in enumerate(found):
        square = f"CRS3035RES200mN{2594600 - 200 * n}E{3811200 + 200 * n}"
        cells.append([square, "x", "x", n % 2, 0, code, 10.5 + n, 4])
    matrix: Cells = [["origine", "destination", "minutes", "km"]]
    matrix += [[code, target, n * 2.5, n] for n, (code, *_) in enumerate(found) for target in ("s0", "s1")]
    return {
        "structures": _structures(),
        "zones": [["structure", "commune"], ["s0", SEAT], ["s0", NEXT], ["s1", SEAT], ["s2", "Domérat"]],
        "population": [
            ["REG", "Région", "DEP", "CODARR", "CODCAN", "CODCOM", "COM", "Commune", "PMUN", "PCAP", "PTOT"],
            *([84, "Auvergne", "03", 2, 8, code[2:], code, name, n, 1, n + 1] for code, name, n, *_ in found),
        ],
        "qpv": [
            ["code_qp", "nom_qp", "population", "insee_com"],
            ["QN00304M", "Rive Gauche", 2000, SEAT], ["QN00302M", "Bien-Assis", "nd", SEAT],
            ["QP003004", "Ancien", 1500, SEAT],
        ],
        "indicateurs": [
            ["CODGEO", "LIBGEO", "P22_POP", "P22_POP0014", "MED21", "TP6021", "SUPERF"],
            *([code, name, n, n / 4, 18000 + n, "s" if n % 2 else 12.5, 20.7] for code, name, n, *_ in found),
        ],
        "carreaux": cells,
        "temps": matrix,
        "chiffres": [
            ["indicateur", "valeur", "annee", "qualificatif", "unite", "source", "territoire"],
            ["nb_cs", "20", 2022, "", "", "schéma", "Allier"],
            ["pct_communes_cs", "69,0 %", 2022, "près de", "%", "schéma", "03"],
            ["nb_evs", "2", 2022, "", "", "schéma", EPCI],
        ],
        "bpe": [
            ["AN", "NOMRS", "CNOMRS", "DEPCOM", "TYPEQU", "LAMBERT_X", "LAMBERT_Y", "LONGITUDE", "LATITUDE",
             "QUALITE_GEOLOC"],
            ["2025", "CENTRE SOCIAL", "_Z", SEAT, "D506", "", "", "2.6035", "46.3403", "11"],
            ["2025", "BOULANGERIE", "", SEAT, "B203", "", "", "2.6", "46.3", "11"],
            ["2025", "EVS DU LAC", "", NEXT, "D508", "", "", "2.55", "46.35", "33"],
        ],
        "inclusion": [
            ["source", "id", "nom", "commune", "code_insee", "longitude", "latitude", "reseaux_porteurs"],
            ["dora", "dora--a", "Centre A", "Montluçon", SEAT, "", "", "['fcsf']"],
            ["dora", "dora--b", "Espace de vie sociale", "Domérat", NEXT, "", "", "['caf']"],
            ["dora", "dora--c", "Caf", "Moulins", "03190", "", "", "['caf']"],
        ],
    }  # fmt: skip


LAYER_FORMATS = ("geojson", "gpkg", "parquet", "zip")


@cache
def frames() -> dict[str, Any]:
    """Return the GeoDataFrames of every layer, kind → frame: squares about the chefs-lieux, and points."""
    import geopandas as gpd
    from shapely.geometry import Point, box

    found = communes()
    squares = [box(lon - 0.02, lat - 0.015, lon + 0.02, lat + 0.015) for *_, lon, lat in found]
    codes, names = [one[0] for one in found], [one[1] for one in found]
    contours = gpd.GeoDataFrame({"code": codes, "nom": names, "population": 10}, geometry=squares, crs=4326)
    quarters = {"code_qp": ["QN00304M", "QN00302M"], "lib_qp": ["Rive Gauche", "x"], "insee_com": [SEAT] * 2}
    places = [box(2.58, 46.33, 2.60, 46.34), box(2.61, 46.33, 2.62, 46.34)]
    listed = _structures()
    # Names that a shapefile takes: ten characters.
    points = {
        name[:10]: [str(row[n]) for row in listed[1:]]
        for n, name in enumerate(listed[0])
        if n not in (5, 10, 11)
    }
    points["communes"] = [str(row[5]) for row in listed[1:]]
    return {
        "communes": contours,
        "qpv": gpd.GeoDataFrame(quarters, geometry=places, crs=4326),
        "structures": gpd.GeoDataFrame(points, geometry=[Point(r[10], r[11]) for r in listed[1:]], crs=4326),
    }


_SETTINGS = (
    f'territoire = "{EPCI}"\nregle = "declared"\ndate = "2024-12-31"\nstructures = "liste.csv"\n'
    'zones = "zones.csv"\npopulation = ["pop.csv"]\nindicateurs = ["ind.csv"]\nqpv = "qpv.csv"\n'
    'temps = "temps.csv"\nchiffres = "chiffres.csv"\n\n[colonnes]\nnom = "nom"\ntype = "type"\n'
)
_MAPPING = 'nom = "nom"\ntype = "type"\ncode_insee = "code_insee"\n'


def _manifest() -> bytes:
    """Return the manifest of a small export that nothing but its own list goes into."""
    record = {
        "schema": "avs-coverage/manifest", "version": 2,
        "outil": {"nom": "avs-coverage", "version": "0.1.0", "bibliotheques": {"numpy": "1"}},
        "territoire": {"code": EPCI, "nom": "x"}, "date": "2024-12-31", "regles": ["declared"],
        "options": {"population_par": "", "part_commune": 0.5, "sans_voisines": False, "osrm": "",
                    "a_confirmer_comptees": False, "grace_mois": 12, "colonnes": {}},
        "formats": ["csv", "json"], "csv": "excel-fr",
        "entrees": [{"role": "structures", "fichier": "liste.csv", "octets": 1, "sha256": "0" * 64,
        "colonnes": []}],
        "donnees_de_l_outil": [{"fichier": "epci.csv", "octets": 1, "sha256": "0" * 64}],
        "millesimes": {}, "sorties": [{"fichier": "communes.csv", "octets": 1, "sha256": "0" * 64}],
    }  # fmt: skip
    return json.dumps(record, indent=1).encode()


def _shipped(kind: str, rows: Cells) -> dict[str, bytes]:
    """Return the zips of INSEE under their own names and members, and one that swells three hundred times."""
    table = as_csv(rows, end="\r\n")
    if kind == "population":
        others = {"donnees_departements.csv": b"REG;DEP;PMUN\r\n84;03;333298\r\n"}
        return {"ensemble.zip": as_zip({"donnees_communes.csv": table, **others})}
    if kind == "bpe":
        shops = as_csv([rows[2]] * 50_000, end="\r\n")
        return {
            "BPE25.zip": as_zip({"BPE25.csv": table}),
            "BPE_gonflee.zip": as_zip({"BPE25.csv": table + shops}),
        }
    return {}


@cache
def seeds() -> tuple[Seed, ...]:
    """Return every seed, in an order that does not change."""
    found: list[Seed] = []
    for kind, rows in _tables().items():
        cells = tuple(map(tuple, rows))
        made = {"csv": as_csv(rows, "," if kind in ("carreaux", "inclusion") else ";"),
                "xlsx": as_xlsx(rows)}  # fmt: skip
        if kind in ("structures", "zones", "bpe", "population"):
            made["ods"] = as_ods(rows)
        if kind == "structures":
            made["json"] = as_json(rows)
        if kind in ("population", "indicateurs", "carreaux", "qpv", "bpe"):
            made["zip"] = as_zip({f"{kind}.csv": as_csv(rows), "lisez-moi.txt": b"Lisez-moi\n"})
        if kind in ("indicateurs", "carreaux", "structures", "bpe", "temps"):
            made["parquet"] = as_parquet(rows)
        found += [Seed(kind, f"{kind}.{end}", content, cells) for end, content in made.items()]
        found += [Seed(kind, name, content, cells) for name, content in _shipped(kind, rows).items()]
    for kind, frame in frames().items():
        for end in LAYER_FORMATS:
            found.append(Seed(kind, f"{kind}_geo.{end}", layer_bytes(frame, f"x.{end}")))
    found += [
        Seed("reglages", "avs.toml", _SETTINGS.encode()),
        Seed("correspondance", "colonnes.toml", _MAPPING.encode()),
        Seed("manifeste", "manifest.json", _manifest()),
    ]
    return tuple(found)


@cache
def seed(name: str) -> Seed:
    """Return the seed of that name."""
    return next(one for one in seeds() if one.name == name)
