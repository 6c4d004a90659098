"""The cases of the canaries: a hostile content, how it is packed and named, and the option it is given to."""

from __future__ import annotations

import gzip
import io
import stat
import tarfile
import zipfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.canaries.contents import World, contents, shapefile
from tools.fuzz.seeds import EPCI, as_zip, seed

EXTENSIONS = (
    "json", "geojson", "shp", "gpkg", "csv", "txt", "xlsx", "ods", "xls", "parquet", "zip", "vrt", "xml",
    "gml", "sqlite", "dat",
)  # fmt: skip
PACKINGS = ("nu", "zip", "zip_dans_zip", "tar", "gz", "lien_dans_zip", "chemins")
LIST = "liste.csv"
ROLES: dict[str, tuple[str, ...]] = {
    "check": ("check", "{}"),
    "--structures": ("structures", EPCI, "--structures", "{}", "--json"),
    "--service-areas": ("report", EPCI, "--structures", LIST, "--service-areas", "{}"),
    "--population": ("communes", EPCI, "--population", "{}", "--json"),
    "--communes": ("communes", EPCI, "--communes", "{}", "--json"),
    "--qpv": ("qpv", EPCI, "--qpv", "{}", "--json"),
    "--indicators": ("communes", EPCI, "--indicators", "{}", "--json"),
    "--travel-times": ("report", EPCI, "--structures", LIST, "--rule", "travel-time:15min",
                       "--travel-times", "{}"),
    "--figures": ("audit", EPCI, "--figures", "{}", "--json"),
    "--against": ("compare", EPCI, "--structures", LIST, "--against", "{}"),
    "--map": ("check", LIST, "--map", "{}"),
    "--by": ("groups", EPCI, "--by", "{}=structure", "--json"),
    "geocode": ("data", "geocode", "{}", "-o", "sortie.csv", "--mirror", "http://127.0.0.1:9"),
    "replay": ("replay", "{}"),
    "étude": ("report", "./etude", "--json"),
    "étude check": ("check", "./etude"),
    "manifeste": ("replay", "manifest.json"),
}  # fmt: skip
SIBLINGS = ("prj", "cpg", "dbf", "shx", "qix", "sbn", "shp.aux.xml", "vrt", "idm", "ind")
STUDY_KEYS = ("structures", "zones", "population", "communes", "qpv", "indicateurs", "temps", "chiffres")


@dataclass(frozen=True)
class Case:
    """A content, packed in a way, under a name that ends so, given to a role."""

    content: str
    packing: str
    extension: str
    role: str

    @property
    def label(self) -> str:
        return f"{self.content}/{self.packing}.{self.extension}/{self.role}"


@cache
def _contents(world: World) -> dict[str, bytes]:
    return contents(world)


def _names() -> list[str]:
    return list(_contents(World(1, Path("/outside"), Path("/cage"))))


def every_case() -> list[Case]:
    """Return the whole product: each content under each extension to ``check``, each to every option."""
    names = _names()
    found = [
        Case(name, packing, end, "check") for name in names for packing in ("nu", "zip") for end in EXTENSIONS
    ]
    found += [
        Case(name, packing, end, "check")
        for name in names
        for packing in ("zip_dans_zip", "tar", "gz", "lien_dans_zip", "chemins")
        for end in ("geojson", "zip")
    ]
    found += [
        Case(name, packing, end, role)
        for name in names
        for role in ROLES
        if role != "check"
        for packing, end in (("nu", _usual(name)), ("zip", "geojson"))
    ]
    return found + siblings() + paths()


def siblings() -> list[Case]:
    """Return shapefiles with one hostile file beside, or a link to a file outside, bare and in a zip."""
    return [
        Case(f"voisin {what} {end}", packing, "shp", role)
        for what in ("vrt_fichier", "vrt_http", "adresse", "lien")
        for end in SIBLINGS
        for packing in ("nu", "zip")
        for role in ("check", "--communes")
        if (what, packing) != ("lien", "zip")
    ]


def paths() -> list[Case]:
    """Return words that a geographical library would take for a server, given as the path of a file."""
    words = (
        "/vsicurl/{url}/x.geojson", "{url}/x.geojson", "/vsizip//vsicurl/{url}/x.zip", "WFS:{url}/w",
        "GeoJSON:{url}/x", "ESRIJSON:{url}/x", "OAPIF:{url}", "GMLAS:{url}/x.xml", "CSV:/vsicurl/{url}/x.csv",
        "PG:host=127.0.0.1 port={port}", "MYSQL:x,host=127.0.0.1,port={port}", "/vsistdin/",
        "/vsizip/{outside}/x.zip", "/vsicurl_streaming/{url}/x", "STACTA:{url}", "<OGRVRTDataSource/>",
    )  # fmt: skip
    given = [role for role, words_of_role in ROLES.items() if any("{}" in word for word in words_of_role)]
    return [Case(f"chemin {word}", "nu", "", role) for word in words for role in given]


def few_cases() -> list[Case]:
    """Return some dozens: one content of each kind at each door."""
    ways = (("nu", "geojson"), ("zip", "geojson"), ("zip", "shp"))
    chosen = ("vrt_fichier", "vrt_http", "vrt_exfiltration", "vrt_ecrit", "vrt_tube", "vrt_cite_geojson")
    found = [
        Case(name, *way, role)
        for name, role in zip(chosen, ("check", "--structures") * 3, strict=True)
        for way in ways
    ]
    found += [
        Case("vrt_sans_fin", "zip", "json", "check"),
        Case("vrt_fichier", "lien_dans_zip", "geojson", "check"),
    ]
    found += [Case("vrt_fichier", "zip", "geojson", role) for role in list(ROLES)[1:]]
    others = (
        "wfs", "gml_entite", "milliard", "geojson_crs", "stac", "xlsx_cible", "xlsx_entite", "ods_dde",
        "gpkg_vue_sans_ligne_features", "gpkg_virtual_ogr_features", "gpkg_colonne_features", "parquet_crs",
    )  # fmt: skip
    found += [Case(name, "nu", _usual(name), "check") for name in others]
    found += [
        Case("voisin lien dbf", "nu", "shp", "check"),
        Case("voisin vrt_http prj", "zip", "shp", "--communes"),
    ]
    return [*found, *paths()[:2]]


def _usual(name: str) -> str:
    """Return the extension under which a content would come."""
    kind = name.split("_", maxsplit=1)[0]
    usual = {"xlsx": "xlsx", "ods": "ods", "gpkg": "gpkg", "parquet": "parquet", "shx": "shp", "dbf": "shp"}
    return usual.get(kind, "geojson")


def _packed(content: bytes, packing: str, member: str, world: World) -> bytes:
    if packing == "nu":
        return content
    if packing == "gz":
        return gzip.compress(content, mtime=0)
    made = io.BytesIO()
    if packing == "tar":
        with tarfile.open(fileobj=made, mode="w") as archive:
            info = tarfile.TarInfo(member)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        return made.getvalue()
    if packing == "zip_dans_zip":
        return as_zip({"dedans.zip": as_zip({member: content}), member: as_zip({member: content})})
    with zipfile.ZipFile(made, "w") as archive:
        if packing == "lien_dans_zip":
            info = zipfile.ZipInfo(member)
            info.external_attr = (stat.S_IFLNK | 0o777) << 16
            archive.writestr(info, f"{world.outside}/canari.geojson")
        elif packing == "chemins":
            for name in (f"../dehors/{member}", f"{world.cage}/{member}", member, member.upper()):
                archive.writestr(name, content)
        else:
            archive.writestr(member, content)
    return made.getvalue()


def files_of(case: Case, world: World) -> tuple[dict[str, bytes | Path], str]:
    """Return the files of a case, a path standing for a link to it, and the name to give."""
    if case.content.startswith("chemin "):
        word = case.content.removeprefix("chemin ")
        return {}, word.format(url=world.url, port=world.port, outside=world.outside)
    if case.content.startswith("voisin "):
        _, what, end = case.content.split(" ")
        beside: bytes | Path = world.outside / "canari.dbf" if what == "lien" else _contents(world)[what]
        files: dict[str, bytes | Path] = {**shapefile(), f"x.{end}": beside}
        if case.packing == "zip":
            return {
                "x.zip": as_zip({name: body for name, body in files.items() if isinstance(body, bytes)})
            }, "x.zip"
        return files, "x.shp"
    content = _contents(world)[case.content]
    packed = _packed(content, case.packing, f"x.{case.extension}", world)
    is_archive = "zip" in case.packing or case.packing == "chemins"
    end = "zip" if is_archive else case.extension
    name = f"x.{end}"
    files = {name: packed}
    if case.role.startswith("étude"):
        lists = ("population", "indicateurs")
        lines = [f'{key} = ["{name}"]' if key in lists else f'{key} = "{name}"' for key in STUDY_KEYS]
        settings = f'territoire = "{EPCI}"\nregle = "declared"\n' + "\n".join(lines) + "\n"
        files = {f"etude/{name}": packed, "etude/avs.toml": settings.encode()}
    if case.role == "manifeste":
        text = seed("manifest.json").content.replace(b'"liste.csv"', f'"{name}"'.encode())
        files["manifest.json"] = text
    return files, name


def words_of(case: Case, name: str) -> tuple[str, ...]:
    """Return the command of a case."""
    return tuple(word.replace("{}", name) for word in ROLES[case.role])
