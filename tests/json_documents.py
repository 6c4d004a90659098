"""The JSON documents that the tests of the schemas look at: commands, and the files that they read."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from avs_coverage import Territory, cache
from avs_coverage.commands import main_program
from avs_coverage.commands.streams import prepare_streams

LISTED = """\
id;nom;type;statut;code_insee;siege;zone;longitude;latitude;communes_desservies;qpv_desservis;agrement_debut;\
agrement_fin;acf;acf_debut;ps_jeunes;ps_jeunes_debut;itinerant;gestionnaire;population_zone;capacite;note;source;nom_connu;premier_agrement;annee_creation;fermeture
A;Alpha;CS;;03185;;;2.6;46.34;03185|03101;QP003001|QN00306M;2015;;oui;2016;oui;2017-09-01;non;commune;45000;60;sûr;site;oui;2012;2011;
B;Beta;CS;;03310;;;;;03310|03095|15014;QP003003|QP063001;2019;30/06/2021;oui;;non;;oui;;;40;;;;2018;;31/05/2021
C;Gamma;CS;;03310;deduit;partielle;;;03310;;01/07/2021;;non;;;;;;900;;;;;;2021;
D;Delta;EVS;;03095;;estimee;;;03095;QP003002;01/09/2020;;;;;;;;;20;;;;;;
E;Epsilon;EVS;;03138;;;;;;QP003001;2030;;;;;;;;;;;;non;;;
F;Zeta;EVS;a_confirmer;03048;;;;;;;;;;;;;;;;;;;;;
G;Eta;CS;;;inconnu;;;;;;;;;;;;;;;30;;;;;;
H;Theta;CS;;03190;;;3.333;46.567;;QP003004;;;;;;;;;;;;;;;;
I;Iota;EVS;;15014;;;;;03190;;;;;;;;;;;;;;;;
J;Kappa;CS;;15101;;;;;15101;;;;;;;;;;;;;;;;
K;Lambda;EVS;;;;;;;03190;;;31/12/2020;;;;;;;;;;;;;
L;Mu;EVS;;58104;;inconnue;;;;;;;;;;;;;5000;;;;;;;
total;;;;;;;;;;;;;;;;;;;;;;
"""
"""Allier: Montluçon 03185, Domérat 03101, Vichy 03310, Cusset 03095, Lapalisse 03138, Moulins 03190."""
PLACED = """\
id;nom;type;code_insee;zone;longitude;latitude;population_zone;agrement_debut
A;Alpha;CS;94081;;2.3935;48.7915;;
B;Beta;EVS;94081;inconnue;;;5;2030
C;Gamma;CS;;;;;2000;
"""
OF_QUARTERS = (
    '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"code_qp":"QN09426M","lib_qp":"Q",'
    '"insee_com":"94081"},"geometry":{"type":"Polygon","coordinates":[[[2.39,48.79],[2.40,48.79],[2.40,48.80],'
    "[2.39,48.80],[2.39,48.79]]]}}]}"
)
LAPALISSE = sorted(Territory.find("240300491").codes)
FILES = {
    "liste.csv": LISTED,
    "val.csv": PLACED,
    "avant.csv": "id;nom;type;code_insee;communes_desservies\n"
    "A;Alpha;CS;03185;03185\nZ;Zêta;EVS;03310;03310\n",
    "apres.csv": "id;nom;type;code_insee;communes_desservies\nA;Alpha;CS;03185;03185|03101|03190\n",
    "cantal.csv": "nom;type;code_insee\nNu;CS;15014\n",
    "partout.csv": "id;nom;type;code_insee;communes_desservies\nP;Pi;CS;;03118\n",
    "zones.csv": "structure;commune\nA;03190\n",
    "qpv.geojson": OF_QUARTERS,
    "dossier.csv": "CODGEO;P22_POP;P22_POP0014;P22_POP75P;C22_FAM;C22_FAMMONO;C22_COUPAENF;C22_MEN;"
    "C22_MENPSEUL;MED21;TP6021\n03185;33000;5000.5;5200;8000;2000;2500;18000;9000;18500;26\n"
    "03310;25000;3000;4400;6000;1500;1800;14000;7600;19000;s\n",
    "cog2015.csv": "CODGEO;P12_POP;TP6012;tx\n"
    "03158;300;10;4\n03123;200;12;5\n03153;500;14;6\n03168;900;9;1\n",
    "lozere.csv": "code_insee;enfants\n48095;900\n",
    "taux2015.csv": "code_insee;tx\n03158;4\n03123;5\n03153;6\n",
    "caf.csv": "numcomdo;dtreffre;indfoy_ndur\n"
    + "".join(f"{code};2024-12;9\n" for code in range(75102, 75121)),
    "indicateurs.csv": "code_insee;enfants;densite;taux_x\n"
    "03185;5000;urbain;s\n03310;nd;urbain;12,5\n03095;7;rural;3\n",
    "temps.csv": "origine;destination;minutes\n"
    "03185;A;4\n03101;A;14\n03190;A;\n03310;C;3\n99999;A;3\n03123;A;9\n",
    "durees.csv": "origine;destination;minutes\n"
    + "".join(f"{code};{id};{rank}.5\n" for rank, code in enumerate(LAPALISSE) for id in ("C", "D")),
    "creuse.csv": "indicateur;valeur;annee\nnb_cs;15;2021\npct_cs_acf;86;2021\nnb_cs_acf;12;2021\n"
    "nb_cs;15;2020\npct_cs_acf;87;2020\nnb_cs_acf;12;2020\n"
    # More than there were and are new: a sum that cannot hold.
    "nb_evs;8;2020\nnb_evs_nouveaux;1;2021\nnb_evs;11;2021\n",
    "chiffres.csv": "indicateur;valeur;annee;qualificatif;territoire\n"
    "nb_cs;5;2022;;\nnb_cs_acf;6;2022;;\npct_communes_cs;12,5;2022;environ;\nnb_cs;9;2022;;creuse\n"
    "hab_communes_cs;900000;2022;;\nhab_avs;200000;2022;;\npct_hab_avs;60;2022;;\n"
    "nb_qpv;8;2022;moins_de;\n",
    "inconnus.csv": "code_qp;lib_qp;insee_com\nQN00399N;Sans périmètre;03185\n",
    "groupes.csv": "code_insee;CTG\n03185;Montluçon\n99999;ailleurs\n",
    "fautes.csv": "nom;type;code_insee\n" + "Maison;xx;99999\n" * 150,
    "note.txt": "rien d'un tableau",
}
OWN = "allier --structures liste.csv"
DATED = f"{OWN} --date 2022-12-31"
TERRITORIES = ("allier", "77", "48", "corse", "200071082", "./etude", DATED)
"""Two départements with no list, a region of two, an EPCI, a study of made data, and a list that has all."""
LISTINGS = (
    "communes", "groups", "access", "supply", "contributions", "history", "qpv", "zones", "structures",
    "audit",
)  # fmt: skip
RULES = "declared,implantation,radius:5km,travel-time:15min"
"""The rules of a report."""
OF_ALL = (
    *(f"{name} {OWN if place == DATED and name in ('history', 'audit') else place}" for place in TERRITORIES
      for name in LISTINGS),
    *(f"report {place} --rule {RULES}" for place in TERRITORIES),
)  # fmt: skip
WITH_OPTIONS = (
    "report allier --indicators indicateurs.csv",
    "report allier --indicators dossier.csv --indicators cog2015.csv",
    f"report {DATED} --service-areas zones.csv --no-neighbours --include-unconfirmed",
    "report 85",
    "report 48 --indicators lozere.csv",
    "report 75 --indicators caf.csv",
    "report allier --indicators taux2015.csv --structures partout.csv",
    "report 240300491 --structures cantal.csv --date 2022-12-31",
    f"report {DATED} --rule travel-time:15min --travel-times temps.csv",
    "report 94 --structures val.csv --qpv qpv.geojson",
    "communes allier --indicators indicateurs.csv",
    "communes allier --uncovered=possible",
    "communes 85",
    "communes allier --rule travel-time:15min --travel-times temps.csv",
    f"groups {DATED} --by groupes.csv=CTG",
    "groups allier --by densite --indicators indicateurs.csv --weight enfants",
    f"access {DATED} --travel-times temps.csv",
    f"access {DATED} --indicators indicateurs.csv --weight enfants",
    f"zones {DATED} --indicators indicateurs.csv --weight enfants",
    "zones allier --structures partout.csv --indicators indicateurs.csv --weight enfants",
    "access allier --structures partout.csv",
    f"access {DATED.replace('allier', '240300491')} --travel-times durees.csv",
    f"supply {DATED} --enhanced",
    "qpv 94 --structures val.csv --qpv qpv.geojson",
    f"qpv {OWN} --date 2026 --qpv inconnus.csv",
    f"report {OWN} --date 2026 --qpv inconnus.csv",
    "report 976 --date 2025-03-01",
    "audit allier --figures chiffres.csv --strict",
    "audit creuse --figures creuse.csv",
    "audit 240300491 --structures cantal.csv",
    f"audit {OWN} --figures chiffres.csv",
    f"history {OWN} --from 2019 --to 2022",
    "compare allier creuse",
    f"compare {OWN} --against avant.csv",
    "compare allier --structures avant.csv --against liste.csv --rule radius:5km",
    "compare allier --structures avant.csv --against apres.csv",
    "compare ./etude 94 --rule radius:5km",
)
BY_SERVER = (
    f"report {DATED.replace('allier', '240300491')} --rule declared,travel-time:15min --osrm",
    f"report {DATED.replace('allier', '240300491')} --rule travel-time:15min --osrm",
    f"history {OWN.replace('allier', '240300491')} --rule travel-time:15min --osrm",
)
"""The address of a server follows."""
EXPLAINED = (
    *(f"explain {DATED.replace('allier', 'allier ' + name)}" for name in (
        "moulins", "03185", "03138", "03048", "QP003001", "QP003003", "structure:A", "structure:B",
        "structure:C", "structure:E", "structure:F", "structure:G", "structure:H", "structure:I",
        "structure:J")),
    f"explain {DATED.replace('allier', 'allier QN00306M')}",
    f"explain {DATED.replace('allier', 'allier moulins')} --rule travel-time:15min --travel-times temps.csv",
    "explain 48 mende",
    "explain allier moulins",
    "explain allier lapalisse",
    "explain allier moulins --date 2015-12-31",
    "explain allier QP003001 --date 2010-12-31",
    "explain 240300491 lapalisse --structures cantal.csv --date 2022-12-31",
    "explain ./etude 48095 --rule radius:5km,travel-time:15min",
    "explain 75 paris",
    "explain 94 QN09426M --structures val.csv --qpv qpv.geojson",
    f"explain {OWN.replace('allier', 'allier QN00399N')} --date 2026 --qpv inconnus.csv",
    "explain 94 94081 --structures val.csv --rule radius:1km",
    "explain 94 structure:B --structures val.csv",
    "explain allier structure:03-CS-01",
)  # fmt: skip
CHECKS = (*(f"check {name} --territory allier" for name in FILES), "check etude")
REFUSED = (
    ("report nowhere", 4),
    ("report allier --structures fautes.csv", 3),
    ("report allier --structures absent.csv", 3),
    ("explain allier nulle-part", 4),
    ("supply allier", 3),
    ("zones allier --csv absent/zones.csv", 5),
    ("zones allier --csv liste.csv", 5),
    ("report", 2),
    ("report allier --jsn", 2),
    ("report allier --rule", 2),
    ("report allier en trop", 2),
    ("report allier --rule ailleurs", 2),
    ("report allier --date hier", 2),
    ("rapport allier", 2),
    ("export allier", 2),
)
"""Commands that fail, with their exit code."""


@dataclass(frozen=True)
class Said:
    """What a command with ``--json`` wrote: its exit code, stdout and stderr."""

    command: str
    code: int
    out: str
    err: str

    @cached_property
    def document(self) -> dict[str, Any]:
        return json.loads(self.out)

    @property
    def name(self) -> str:
        return self.document["schema"].removeprefix("avs-coverage/")


def fill_cache() -> None:
    """Put in the cache a file that is whole, one that was changed since, and a record that says nothing."""
    for scope, name in (("03", "gardé"), ("48", "changé")):
        with cache.locked(f"populations-{scope}", print) as part:
            part.write_text(name, encoding="utf-8")
            print_of = cache.sha256_of(part)
            said = ("titre", "producteur", "Licence Ouverte 2.0", "2026", ("http://127.0.0.1/x",))
            file = f"populations-{scope}.{print_of[:12]}.csv"
            record = cache.Record("populations", scope, *said, "2026-11-26", file, 6, print_of)
            cache.put(part, record)
    record.path.write_text("autre", encoding="utf-8")
    (cache.cache_dir() / "mairies-region-94.record.json").write_text("{", encoding="utf-8")


def say(arguments: Sequence[str]) -> Said:
    """Run a command in this process and keep what it says."""
    streams = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="") for _ in range(2)]
    with contextlib.redirect_stdout(streams[0]), contextlib.redirect_stderr(streams[1]):
        prepare_streams()
        code = main_program(arguments)
    for stream in streams:
        stream.flush()
    out, err = (stream.buffer.getvalue().decode() for stream in streams)  # type: ignore[attr-defined]
    return Said(" ".join(arguments), code, out, err)
