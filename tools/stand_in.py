"""Answer as the official services do, on this machine alone, from the tool's own data: to try and to test.

python -m tools.stand_in 8765
avs-coverage data fetch communes allier --mirror http://127.0.0.1:8765
avs-coverage data geocode liste.csv -o liste_situee.csv --mirror http://127.0.0.1:8765
"""

from __future__ import annotations

import csv
import io
import json
import sys
import zipfile
from collections.abc import Mapping
from email.parser import BytesParser
from email.policy import HTTP
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import parse_qs, urlsplit

import geopandas as gpd
import numpy as np
import pandas as pd

from avs_coverage.embedded import read_boundaries, read_csv
from avs_coverage.gazetteer import Gazetteer, departement_of, parent_of_arrondissement
from avs_coverage.projection import epsg_of, unproject
from avs_coverage.qpv import departement_of_qpv, embedded_quarters
from avs_coverage.qpv_perimeters import embedded_perimeters
from avs_coverage.territory import Territory

_GAZETTEER = Gazetteer()
_INSEE_HEADER = "REG;Région;DEP;CODARR;CODCAN;CODCOM;COM;Commune;PMUN;PCAP;PTOT"


class StandIn(ThreadingHTTPServer):
    """The services on one loopback port: each path answers as on the machine whose place it takes."""

    daemon_threads = True

    def __init__(self, port: int = 0, handler: type[BaseHTTPRequestHandler] | None = None) -> None:
        super().__init__(("127.0.0.1", port), handler or Answers)

    @property
    def url(self) -> str:
        """Return the address to give to ``--mirror``."""
        return f"http://127.0.0.1:{self.server_port}"


class Answers(BaseHTTPRequestHandler):
    """Give what a service would give for a path and query."""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: ANN401
        """Keep silent."""

    def do_GET(self) -> None:
        """Answer one request."""
        found = content(self.path)
        if found is None:
            self.give(404, b"{}", {"Content-Type": "application/json"})
        else:
            self.give(200, *found)

    def do_POST(self) -> None:
        """Answer one form."""
        form = form_of(self.headers["Content-Type"], self.rfile.read(int(self.headers["Content-Length"])))
        if urlsplit(self.path).path.endswith("/geocodage/search/csv"):
            self.give(200, geocoded(form), {"Content-Type": "text/csv; charset=utf-8"})
        else:
            self.give(404, b"{}", {"Content-Type": "application/json"})

    def give(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        """Send a whole answer."""
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


@cache
def content(path: str) -> tuple[bytes, dict[str, str]] | None:
    """Return the body and headers of an answer; None where the service has none."""
    parts = urlsplit(path)
    words = parts.path.strip("/").split("/")
    if words[0] == "departements" and words[2:] == ["communes"]:
        return _communes(words[1], {name: values[0] for name, values in parse_qs(parts.query).items()})
    if parts.path.endswith("/ensemble.zip"):
        return _zip({"donnees_communes.csv": _populations(), "metadonnees_communes.csv": b"COD;LIB\n"})
    if parts.path.endswith("/942d4ee8-8142-4556-8ea1-335537ce1119"):
        name = "GEOJSON/QP2024_France_Hexagonale_Outre_Mer_WGS84.geojson"
        return _zip({name: _quarters(), "SHP/lisez-moi.txt": b"."})
    if parts.path.endswith("/BPE25.zip"):
        return _zip({"BPE25.csv": _equipment()})
    if parts.path.endswith(".7z"):
        return admin_express(commune_layer()), {"Content-Type": "application/x-7z-compressed"}
    return None


def _communes(departement: str, query: Mapping[str, str]) -> tuple[bytes, dict[str, str]]:
    territory = Territory.find(departement)
    rows: list[dict[str, Any]] = [
        {"nom": row.nom, "code": code, "population": int(row.population), "codeEpci": row.epci,
         "surface": None if row.superficie_km2 != row.superficie_km2 else round(100 * row.superficie_km2, 2),
         "centre": {"type": "Point", "coordinates": [round(row.lon, 4), round(row.lat, 4)]},
         "mairie": {"type": "Point", "coordinates": [round(row.lon + 0.01, 6), row.lat]}}
        for code, row in territory.rows.items()
    ]  # fmt: skip
    fields = query.get("fields", "nom,code").split(",")
    if query.get("format") == "geojson":  # one geometry alone, never among the properties
        fields = [name for name in fields if name not in ("centre", "mairie")]
    kept = [{name: row[name] for name in row if name in (*fields, "nom", "code")} for row in rows]
    if query.get("format") != "geojson":
        return _json(kept)
    shapes: Mapping[str, Any] = {
        code: {"type": "Point", "coordinates": [row.lon, row.lat]} for code, row in territory.rows.items()
    }
    if query.get("geometry") == "contour":
        frame = territory.boundaries().to_crs(4326)
        shapes = {code: shape.__geo_interface__ for code, shape in frame.geometry.items()}
    features = [
        {"type": "Feature", "properties": row, "geometry": shapes[str(row["code"])]}
        for row in kept
        if row["code"] in shapes
    ]
    return _json({"type": "FeatureCollection", "features": features})


def form_of(kind: str, body: bytes) -> dict[str, list[str]]:
    """Return the fields of a multipart form, files as text."""
    message: Any = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
    found: dict[str, list[str]] = {}
    for part in message.iter_parts():
        name = str(part.get_param("name", header="content-disposition"))
        found.setdefault(name, []).append(part.get_payload(decode=True).decode("utf-8"))
    return found


def geocoded(form: Mapping[str, list[str]]) -> bytes:
    """Return the table of a form with what the service adds to it.

    A number is found 500 m from the chef-lieu, a street without one 200 m from it; a lone name is the
    commune; where the filters leave nothing, nothing is found and the status is ``not-found``.
    """
    delimiter = form["delimiter"][0]
    rows = list(csv.DictReader(io.StringIO(form["data"][0], newline=""), delimiter=delimiter))
    made = io.StringIO()
    fields = [*rows[0], *form["result_columns"], "result_status"]
    writer = csv.DictWriter(made, fields, delimiter=delimiter, extrasaction="ignore", lineterminator="\r\n")
    writer.writeheader()
    for row in rows:
        text, postcode, citycode = (row[form[name][0]] for name in ("columns", "postcode", "citycode"))
        writer.writerow({**row, **_located(text, postcode, citycode)})
    return made.getvalue().encode()


def _located(text: str, postcode: str, citycode: str) -> dict[str, str]:
    code = citycode or {
        "75": f"751{postcode[3:]}",
        "69": f"6938{postcode[4:]}",
        "13": f"132{postcode[3:]}",
    }.get(postcode[:2], "")
    commune = _GAZETTEER.get(parent_of_arrondissement(code) or code)
    if commune is None:
        return {"result_status": "not-found"}
    kind = "housenumber" if text[:1].isdigit() else "street" if " " in text else "municipality"
    metres = {"housenumber": 500, "street": 200}.get(kind, 0)
    epsg = epsg_of(departement_of(commune.code))
    lon, lat = unproject(np.array([commune.x_m + metres]), np.array([commune.y_m]), epsg)
    return {
        "longitude": f"{lon[0]:.6f}", "latitude": f"{lat[0]:.6f}", "result_type": kind, "result_status": "ok",
        "result_score": {"housenumber": "0.93", "street": "0.81"}.get(kind, "0.95"),
        "result_label": f"{text} {postcode} {commune.name}", "result_citycode": code,
    }  # fmt: skip


def _populations() -> bytes:
    lines = [_INSEE_HEADER]
    for code, row in Territory.find("france").rows.items():
        if not code.startswith("976"):
            lines.append(
                f"{row.region};;{row.departement};;;{code[2:]};{code};{row.nom};{row.population};0;{row.population}"
            )
    return "\r\n".join(lines).encode()


def _quarters() -> bytes:
    """Return the quarters of 2024, with their embedded perimeters."""
    departements = [row["code"] for row in read_csv("departements.csv")]
    found = embedded_perimeters({code for code in embedded_quarters(departements) if code.startswith("QN")})
    parts = []
    for epsg in sorted({epsg_of(departement_of_qpv(code)) for code in found}):
        here = {code: one.shape for code, one in found.items() if epsg_of(departement_of_qpv(code)) == epsg}
        parts.append(gpd.GeoSeries(here, crs=epsg).to_crs(4326))
    shapes = pd.concat(parts).sort_index()
    columns = {"departement": [departement_of_qpv(code) for code in shapes.index], "code": shapes.index}
    return str(gpd.GeoDataFrame(columns, geometry=shapes.to_numpy(), crs=4326).to_json()).encode()


def commune_layer() -> gpd.GeoDataFrame:
    """Return the layer ``commune`` of ADMIN EXPRESS 4.0, from the embedded contours."""
    territory = Territory.find("france")
    projections = {epsg_of(code) for code in territory.name.departements}
    parts = [read_boundaries(epsg, territory.name.departements).to_crs(4326) for epsg in projections]
    frame = pd.concat(parts).set_index("code").sort_index()
    known = territory.communes.loc[frame.index]
    columns = {
        "cleabs": [f"COMMUNE_{code}" for code in frame.index], "code_insee": frame.index,
        "nom_officiel": known["nom"], "nom_officiel_en_majuscules": known["nom"].str.upper(),
        "statut": "Commune simple", "population": known["population"],
        "code_insee_du_departement": known["departement"], "code_insee_de_la_region": known["region"],
        "codes_siren_des_epci": known["epci"].replace("", "NR"),
        "superficie_cadastrale": 100 * known["superficie_km2"],
    }  # fmt: skip
    return gpd.GeoDataFrame(columns, geometry=frame.geometry, crs=4326).reset_index(drop=True)


def admin_express(communes: gpd.GeoDataFrame) -> bytes:
    """Return a 7z as IGN ships it: a GeoPackage among folders, with a note beside it."""
    import py7zr

    made, root = io.BytesIO(), "ADMIN-EXPRESS-COG-CARTO_4-0__GPKG_WGS84G_FRA_2025-01-01"
    with TemporaryDirectory() as folder:
        path = Path(folder) / "ADE-COG-CARTO_4-0_GPKG_WGS84G_FRA-ED2025-01-01.gpkg"
        communes.to_file(path, layer="commune", driver="GPKG", GEOMETRY_NAME="geometrie")
        points = communes[["nom_officiel", "code_insee"]].rename(
            columns={"code_insee": "code_insee_de_la_commune"}
        )
        inside = gpd.GeoDataFrame(points, geometry=communes.geometry.representative_point(), crs=4326)
        inside.to_file(path, layer="chef_lieu_de_commune", driver="GPKG", GEOMETRY_NAME="geometrie")
        with py7zr.SevenZipFile(made, "w", filters=[{"id": py7zr.FILTER_LZMA2, "preset": 0}]) as opened:
            opened.writestr("Licence Ouverte", f"{root}/LISEZ-MOI.txt")
            opened.write(path, f"{root}/ADMIN-EXPRESS/1_DONNEES_LIVRAISON/{path.name}")
    return made.getvalue()


def _equipment() -> bytes:
    """Return two made structures of Allier, a shop, and structures where more than 5,000 people live."""
    header = "AN;NOMRS;CNOMRS;DEPCOM;TYPEQU;LONGITUDE;LATITUDE;QUALITE_GEOLOC"
    rows = ["2025;CS D'ESSAI;;03185;D506;2.6050;46.3400;11", "2025;EVS D'ESSAI;;03310;D508;3.4200;46.1300;11",
            "2025;BOULANGERIE;;03190;B203;3.3300;46.5600;11"]  # fmt: skip
    for code, row in Territory.find("france").rows.items():
        if row.population > 5_000 and row.departement != "03":
            kind = "D506" if row.population > 10_000 else "D508"
            rows.append(f"2025;{row.nom.upper()};;{code};{kind};{row.lon:.4f};{row.lat:.4f};11")
    return "\n".join([header, *rows, ""]).encode()


def _json(value: Any) -> tuple[bytes, dict[str, str]]:  # noqa: ANN401
    return json.dumps(value, ensure_ascii=False).encode(), {"Content-Type": "application/json; charset=utf-8"}


def _zip(members: Mapping[str, bytes]) -> tuple[bytes, dict[str, str]]:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in members.items():
            archive.writestr(zipfile.ZipInfo(name, (2025, 1, 1, 0, 0, 0)), body, zipfile.ZIP_DEFLATED)
    tag = f'"{len(made.getvalue())}"'
    return made.getvalue(), {"Content-Type": "application/zip", "ETag": tag}


if __name__ == "__main__":
    server = StandIn(int(sys.argv[1]) if len(sys.argv) > 1 else 8765)
    print(
        f"les services officiels, sur {server.url} : avs-coverage data fetch … --mirror {server.url}",
        flush=True,
    )
    server.serve_forever()
