"""Write command lines: any options and values for every registered command, from what typer knows of them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from random import Random
from typing import Any

from tools.fuzz.seeds import EPCI, SEAT, seeds
from tools.fuzz.services import FETCHED, MIRROR

_WORDS = (
    "", " ", "x", "0", "-1", "1", "5", "2,5", "1e999", "nan", "inf", "-inf", "9" * 400, "é", "\u202e",
    "\udcff", "😀",
    "{}", "{value}", "%s", "[red]x", "a=b", "=", ",", ",,", ":", "--", "-", "--json", "..", "a" * 300, "'",
    '"', "a\nb",
    "\x1b[31m", "*", "|", ";", "2022", "2022-12-31", "AVS-301",
)  # fmt: skip
_BY_METAVAR: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "TERRITOIRE": ((EPCI, EPCI, "allier", "./"), ("03", "Montluçon Communauté", ".", "./absent", "saint",
        "48")),
    "TERRITOIRE…": ((EPCI, "allier"), ("48", ".", "x")),
    "RÈGLE": (("declared", "implantation", "radius:5km", "travel-time:15min", "radius:0,5km", "DECLARED"),
              ("radius:0km", "radius:1e9km", "radius:nan", "radius", "travel-time:-1min", "travel-time:x",
               "declared,implantation", "declared,declared", "radius:2km,radius:5km", "radius:5")),
    "DATE": (("2022", "2022-12-31", "31/12/2022"), ("2022-02-31", "0001-01-01", "9999-12-31", "10000",
        "hier")),
    "DISTANCES": (("2km", "2km,5km", "300m"), ("0km", "-1km", "1e9km", "nan", "5", "2km,2km")),
    "LIEU": (("chef-lieu",), ("grid", "area", "GRID")),
    "PART": (("0,5", "1", "0.0001"), ("0", "1,1", "nan", "inf", "-1")),
    "ADRESSE": (("http://127.0.0.1:9",), ("127.0.0.1:9", "http://", "ftp://127.0.0.1",
        "http://127.0.0.1:99999",
                "http://[", "file:///etc/hostname", "http://127.0.0.1:9/?a=b#c")),
    "ANNÉE": (("2015", "2022", "2026"), ("0", "99999", "1900", "2030")),
    "CODE": (("AVS-301", "AVS-907"), ("avs-301", "301", "AVS-999", "AVS-9")),
    "COLONNE": (("P22_POP", "P22_POP0014"), ("MED21", "zz")),
    "COLONNES": (("nom=nom,type=type", "nom=nom", "colonnes.toml"),
                 ("nom=", "=nom", "x=y", "nom=a,nom=b", "absent.toml", "liste.csv")),
    "DOSSIER": (("sortie", "a/b/c"), ("liste.csv", ".", "avs.toml/x")),
    "FORMAT": (("excel-fr", "standard"), ("EXCEL-FR",)),
    "FORMATS": (("csv", "json", "xlsx", "csv,json", "geojson", "gpkg", "parquet", "html", "markdown"),
        ("csv,csv", "xls")),
    "GROUPE": (("epci", "canton", "densite", "departement", "region"),
               ("zones.csv=structure", "indicateurs.csv=LIBGEO", "groupes.csv", "absent.csv=x", "=")),
    "KM": (("10", "0,001"), ("0", "-1", "1e9")),
    "KM|MIN": (("5", "0,1"), ("0", "1e9")),
    "MÈTRES": (("300", "0,1"), ("0", "-1", "1e12")),
    "TYPE": (("cs", "evs", "only-evs"), ("CS", "only-cs")),
    "COMMUNE|QPV|STRUCTURE": ((SEAT, "Montluçon", "QN00304M", "Domérat"),
                              ("s0", "S0", "montlucon", "Structure", "nulle part", "Structure Montluçon")),
    "MANIFESTE": (("manifest.json",), ("absent.json", "liste.csv", ".")),
    "NOM": (FETCHED, ("", "geocodage", "COMMUNES", "qpv")),
    "[NOM]": (FETCHED, ("", "geocodage", "x")),
    "[TERRITOIRE]": ((EPCI, EPCI, "allier"), ("region:84", "france", "75", "./", "x")),
    "LISTE": (("adresses.csv", "liste.csv"), ("structures.ods", "absent.csv", ".")),
    "SORTIE.csv": (("sortie.csv", "a/b.csv"), ("sortie", "liste.csv", ".")),
    "[=possible]": (("possible", "certain"), ("x",)),
}  # fmt: skip
_OUTPUTS = {
    "--csv": ("sortie", "sortie.csv", "a/b.csv"),
    "--output": ("sortie", "sortie2", "carte.svg", "carte.png", "sortie.csv"),
}  # fmt: skip
_FILES_OF_OPTIONS = {
    "--structures": ("liste.csv", "liste.csv", "structures.xlsx", "structures.ods", "structures.json",
        "bpe.csv",
                     "structures_geo.geojson", "structures_geo.gpkg", "inclusion.csv"),
    "--service-areas": ("zones.csv",), "--population": ("population.csv", "population.zip"),
    "--communes": ("communes_geo.geojson", "communes_geo.zip", "communes_geo.parquet", "communes_geo.gpkg"),
    "--qpv": ("qpv.csv", "qpv_geo.geojson", "qpv_geo.gpkg"),
    "--indicators": ("indicateurs.csv", "carreaux.csv", "indicateurs.csv=P22_POP0014",
        "indicateurs.csv=zz,P22_POP"),
    "--travel-times": ("temps.csv",), "--figures": ("chiffres.csv",), "--against": ("liste.csv",
        "structures.xlsx"),
}  # fmt: skip


@cache
def _commands() -> dict[tuple[str, ...], list[Any]]:
    """Return the parameters of every command, those of a group too, by the words that name it."""
    import typer

    from avs_coverage.commands import app

    group: Any = typer.main.get_command(app)
    found = {(name,): command for name, command in sorted(group.commands.items())}
    for name, command in list(found.items()):
        found |= {(*name, inner): one for inner, one in sorted(getattr(command, "commands", {}).items())}
    return {name: list(command.params) for name, command in found.items()}


def _value(param: Any, rng: Random) -> str:  # noqa: ANN401 - typer's own types are private
    option, metavar = max(param.opts, key=len), param.metavar or ""
    if rng.random() < 0.03:
        return rng.choice(_WORDS)
    if option in _OUTPUTS:
        return rng.choice([*_OUTPUTS[option], *_OUTPUTS[option], "liste.csv", "."])
    if metavar.startswith("FICHIER") or option in _FILES_OF_OPTIONS:
        usual = _FILES_OF_OPTIONS.get(option, ())
        if usual and rng.random() < 0.92:
            return rng.choice(usual)
        return rng.choice([*(one.name for one in seeds()), "absent.csv", ".", "a" * 300, "liste.csv/x", ""])
    if option == "--mirror" and rng.random() < 0.8:
        return MIRROR
    good, odd = _BY_METAVAR.get(metavar, (_WORDS, _WORDS))
    return rng.choice(good if rng.random() < 0.85 else odd)


def asks_json(line: Sequence[str]) -> bool:
    """Tell whether a command line has ``--json`` as an option, not as the value of the one before."""
    params = next((_commands()[tuple(line[:n])] for n in (2, 1) if tuple(line[:n]) in _commands()), [])
    valued = {name for param in params if not getattr(param, "is_flag", False) for name in param.opts}
    return any(word == "--json" and before not in valued for before, word in pairwise(line))


def command_line(rng: Random) -> tuple[str, ...]:
    """Return a command line of a registered command: some of its options, each with a value drawn."""
    name = rng.choice(list(_commands()))
    if rng.random() < 0.01:
        return tuple(rng.choice([*_WORDS, "--version", "--help", "reprot"]) for _ in range(rng.randrange(3)))
    words: list[str] = []
    for param in _commands()[name]:
        is_argument = param.param_type_name == "argument"
        count = rng.choice([1, 1, 2, 3]) if param.multiple or param.nargs == -1 else 1
        if is_argument:
            if rng.random() < 0.98:
                words += [_value(param, rng) for _ in range(count)]
        elif param.required or rng.random() < 0.12:
            option = rng.choice(param.opts)
            if getattr(param, "is_flag", False):
                words.append(option)
            elif option == "--uncovered":
                words.append(rng.choice([option, f"{option}={_value(param, rng)}"]))
            else:
                for _ in range(count):
                    words += [option, _value(param, rng)]
    if rng.random() < 0.03:
        words.insert(rng.randrange(len(words) + 1), rng.choice(["--zz", "--dat", "-h", *_WORDS]))
    return (*name, *words)
