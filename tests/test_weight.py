"""Option ``--weight``: a count by commune in place of inhabitants."""

from __future__ import annotations

import json
import re

import pandas as pd
import pytest

from avs_coverage.access import communes_access, summarise_access
from avs_coverage.gaps import ranked_by, zones
from avs_coverage.groups import by_group
from avs_coverage.indicators import Indicator
from tests.worlds import cover, structure, territory

WORLD = territory({"03001": "A", "03002": "A", "03003": "B", "03004": "B"}, [("03001", "03002")])
"""10, 20, 30 and 40 inhabitants at 1, 2, 3 and 4 km; 1 and 2 are neighbours, 3 and 4 stand alone."""


def children(**values):
    made = pd.Series({f"0300{code[1]}": value for code, value in values.items()}, dtype=float)
    state = pd.Series("connu", index=made.index)
    return Indicator("enfants", "enfants", "effectif", "", "x.csv", "", "x.csv", made, state)


def test_zones_are_ranked_by_the_weight_and_say_where_it_is_unknown():
    made = cover(WORLD, structure("c", "CS", "03004", world=WORLD), rule="implantation")
    assert [zone.population for zone in zones(made)] == [30, 30]
    ranked = ranked_by(zones(made), made, children(c1=9, c3=5))
    assert [(zone.communes[0][0], zone.weight, zone.weight_unknown) for zone in ranked] == [
        ("03002", 9.0, 1), ("03003", 5.0, 0),
    ]  # fmt: skip
    assert [zone.rank for zone in ranked] == [1, 2]
    last = ranked_by(zones(made), made, children(c3=0))
    assert [zone.weight for zone in last] == [0.0, None]


def test_groups_add_up_to_the_weight_of_the_territory():
    made = cover(WORLD, structure("c", "CS", "03004", world=WORLD), rule="implantation")
    counts = children(c1=1, c2=2, c3=3, c4=4)
    groups = pd.DataFrame({"key": WORLD.communes["epci"], "name": WORLD.communes["epci"]})
    found = {group.key: group.figure("enfants", "cs") for group in by_group(made, groups, counts)}
    assert [(found[key].numerator, found[key].denominator) for key in "AB"] == [(0.0, 3.0), (4.0, 7.0)]
    whole = next(figure for figure in made.weighted(counts) if figure.status == "cs")
    assert (whole.numerator, whole.denominator) == (4.0, 10.0)


def test_distances_are_those_of_the_weight():
    """From 4 km the chefs-lieux are 3, 2, 1 and 0 km away; all children live in the first commune."""
    made = cover(WORLD, structure("c", "CS", "03004", world=WORLD), rule="implantation")
    rows = communes_access(made)
    assert summarise_access(rows, 10)[0].mean == pytest.approx(1.0)  # (30 + 40 + 30 + 0) / 100
    assert summarise_access(rows, 10, children(c1=5))[0].mean == 3.0


def test_the_commands_take_a_count_and_refuse_anything_else(run, tmp_path):
    (tmp_path / "i.csv").write_text("code_insee;enfants;taux\n03185;12;1,5\n03310;8;2,5\n", encoding="utf-8")
    given = ("allier", "--indicators", "i.csv", "--weight", "enfants")
    found = json.loads(run("zones", *given, "--json").stdout)["zones"]
    assert {"poids", "poids_inconnu"} <= set(found[0])
    groups = json.loads(run("groups", *given, "--json").stdout)["groups"]
    totals = [row["denominateur"] for row in groups if (row["mesure"], row["statut"]) == ("enfants", "avs")]
    assert sum(value or 0 for value in totals) == 20
    assert json.loads(run("access", *given, "--json").stdout)["poids"] == "enfants"
    assert "enfants" in run("zones", *given).stdout.decode()
    for name, code in (("taux", "AVS-217"), ("absent", "AVS-217")):
        done = run("zones", "allier", "--indicators", "i.csv", "--weight", name)
        assert (done.returncode, code in done.stderr.decode()) == (2, True)
    assert "AVS-204" in run("zones", "allier", "--weight", "x").stderr.decode()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("taux", "rien ne dit que ses valeurs s'additionnent"),
        ("MED21", "c'est une médiane"),
        ("TP6021", "c'est un taux"),
        ("CTG", "c'est une classe"),
        ("absent", "aucune colonne lue n'a ce nom"),
    ],
)
def test_a_column_that_is_no_count_is_told_why_and_what_may_weigh(run, tmp_path, name, said):
    lines = [
        "code_insee;enfants;taux;MED21;TP6021;CTG",
        "03185;12;1,5;18500;26;oui",
        "03310;8;2;19000;20;non",
    ]
    (tmp_path / "i.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    error = run("zones", "allier", "--indicators", "i.csv", "--weight", name).stderr.decode()
    assert "AVS-217" in error
    assert said in error
    assert "effectifs lus : enfants" in error
    # Of a file without any count: the option is there, and it is not what is missing.
    (tmp_path / "j.csv").write_text("\n".join(re.sub(";(enfants|12|8);", ";", one) for one in lines) + "\n")
    error = run("zones", "allier", "--indicators", "j.csv", "--weight", name).stderr.decode()
    assert "AVS-217" in error
    assert said in error
    assert "aucune colonne lue n'est un effectif" in error


def test_a_count_of_a_commune_without_inhabitants_is_covered_with_it():
    world = territory({"1": "A", "2": "A"}, population={"1": 0, "2": 10})
    made = cover(world, structure("a", "CS", "1", "complete", "1 2", world))
    index = made.territory.communes.index
    counts = Indicator(
        "exploitations",
        "",
        "effectif",
        "",
        "",
        "",
        "",
        pd.Series([4.0, 10.0], index),
        pd.Series("connu", index),
    )
    figures = {f.status: f.numerator for f in made.weighted(counts)}
    assert figures == {"cs": 14, "evs_seul": 0, "avs": 14, "aucune": 0}


def test_whole_numbers_of_unknown_nature_may_be_asked_for(run, tmp_path):
    (tmp_path / "i.csv").write_text("code_insee;truc;taux\n03185;12;1,5\n03310;8;2\n", encoding="utf-8")
    words = "demandez cette colonne : --indicators FICHIER=truc"
    assert words in run("zones", "allier", "--indicators", "i.csv", "--weight", "truc").stderr.decode()
    assert run("zones", "allier", "--indicators", "i.csv=truc", "--weight", "truc").returncode == 0
    assert (
        "demandez" not in run("zones", "allier", "--indicators", "i.csv", "--weight", "taux").stderr.decode()
    )
