"""Rule ``travel-time``: a matrix as it is, or an estimate that says it is one."""

from __future__ import annotations

import json
from dataclasses import replace

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from avs_coverage.access import communes_access_by_time
from avs_coverage.coverage import Coverage
from avs_coverage.inventory import Inventory
from avs_coverage.loaders.travel_times import TravelTimes
from avs_coverage.rules import RuleSettings, get_rule
from tests.worlds import DAY, brackets, structure, territory

WORLD = territory({"03001": "A", "03002": "A", "03003": "", "03004": ""})
"""Chefs-lieux at 1, 2, 3 and 4 km on one line; 10, 20, 30 and 40 inhabitants."""


def matrix(*rows):
    frame = pd.DataFrame(rows, columns=["origine", "destination", "minutes"]).assign(km=float("nan"))
    return TravelTimes("temps.csv", frame, len(rows), len(rows), (), ())


def cover(*structures, times=None, rule="travel-time:10min"):
    inventory = Inventory(structures, frozenset({"03"}), "essai", "essai")
    return Coverage.compute(WORLD, inventory, get_rule(rule, RuleSettings(travel_times=times)), DAY)


def test_a_matrix_is_taken_as_it_is():
    cs, evs = structure("c", "CS", "03001", world=WORLD), structure("e", "EVS", "03004", world=WORLD)
    times = matrix(
        ("03001", "c", 0.0), ("03002", "c", 10.0), ("03003", "c", 10.1), ("03004", "c", float("nan")),
        ("03004", "e", 0.0), ("03003", "e", 12.0),
    )  # fmt: skip
    # 10 minutes is within reach, 10.1 is not; no road from 4; the EVS serves its own commune alone.
    assert brackets(cover(cs, evs, times=times)) == {
        "cs": (2, 2, 2), "evs_seul": (1, 1, 1), "avs": (3, 3, 3), "aucune": (1, 1, 1),
    }  # fmt: skip


def test_a_structure_is_found_by_its_id_its_name_or_the_commune_of_its_seat():
    cs = structure("c", "CS", "03001", world=WORLD)
    for key in ("c", "Structure c", "03001"):
        rows = [(code, key, float(n)) for n, code in enumerate(WORLD.communes.index)]
        assert brackets(cover(cs, times=matrix(*rows), rule="travel-time:2min"))["cs"] == (3, 3, 3)


def test_its_own_row_says_more_than_that_of_its_commune():
    cs = structure("c", "CS", "03001", world=WORLD)
    rows = [(code, "03001", 5.0) for code in WORLD.communes.index] + [("03002", "c", 50.0)]
    # Its own row gives 50 minutes from the second commune and nothing else: only its seat is covered.
    assert brackets(cover(cs, times=matrix(*rows)))["cs"] == (1, 1, 1)


def test_a_commune_that_the_matrix_leaves_out_is_only_possibly_covered():
    cs = structure("c", "CS", "03001", world=WORLD)
    times = matrix(("03001", "c", 1.0), ("03002", "c", 30.0))
    made = cover(cs, times=times)
    assert brackets(made)["cs"] == (1, 1, 3)
    assert made.rule.hypothesis


def test_a_structure_that_the_matrix_leaves_out_covers_its_seat_for_certain_and_what_is_near_perhaps():
    cs = structure("c", "CS", "03001", world=WORLD)
    times = matrix(*((code, "x", 1.0) for code in WORLD.communes.index))
    # In a minute at 130 km/h one is 2.17 km away: the chefs-lieux at 1 and 2 km, not that at 3.
    made = cover(cs, times=times, rule="travel-time:1min")
    assert brackets(made)["cs"] == (1, 1, 3)
    said = " ".join(made.rule.caveats(made))
    assert "1 structure absente de temps.csv (Structure c)" in said
    assert "1 destination n'est ni une structure comptée ni une commune : x" in said


def test_a_destination_is_a_commune_whatever_its_writing():
    """3001 and 03001 are one commune, like 2a004 and 2A004; 03001 stands before what stands for it."""
    cs = structure("c", "CS", "03001", world=WORLD)
    for written in ("3001", "03001"):
        rows = [(code, written, 5.0) for code in WORLD.communes.index]
        assert brackets(cover(cs, times=matrix(*rows)))["cs"] == (4, 4, 4)
    assert matrix(("03001", "2a004", 1.0)).by_commune == {"2A004": {"2a004"}}
    # Pont-Farcy (14513) is in Tessy-Bocage (50592), which stands in the file itself.
    assert matrix(("03001", "14513", 1.0), ("03001", "50592", 2.0)).by_commune == {"50592": {"50592"}}


def test_a_name_that_two_structures_bear_is_not_used():
    one, other = (structure(code, "CS", seat, world=WORLD) for code, seat in (("a", "03001"), ("b", "03004")))
    other = replace(other, name=one.name)
    rows = [(code, one.name, 5.0) for code in WORLD.communes.index]
    made = cover(one, other, times=matrix(*rows))
    assert brackets(made)["cs"][0] == 2  # their seats
    assert "plusieurs structures portent ce nom" in " ".join(made.rule.caveats(made))


def test_an_estimate_is_the_straight_line_lengthened_and_says_so():
    # 1 km × 1.3 at 50 km/h is 1.56 minutes.
    cs = structure("c", "CS", "03001", world=WORLD)
    assert brackets(cover(cs, rule="travel-time:1.55min"))["cs"] == (1, 1, 1)
    made = cover(cs, rule="travel-time:1.57min")
    assert brackets(made)["cs"] == (2, 2, 2)
    assert "estimée" in made.rule.label
    assert made.rule.parameters["vitesse_kmh"] == 50


@given(
    minutes=st.lists(st.sampled_from([1.0, 5.0, 9.0, 20.0, float("nan")]), min_size=4, max_size=4),
    most=st.sampled_from([1, 5, 10]),
)
def test_a_longer_duration_never_covers_less(minutes, most):
    cs = structure("c", "CS", "03001", world=WORLD)
    times = matrix(*((code, "c", m) for code, m in zip(WORLD.communes.index, minutes, strict=True)))
    short, long = (
        brackets(cover(cs, times=times, rule=f"travel-time:{n}min"))["cs"][1] for n in (most, 2 * most)
    )
    assert short <= long
    # The seat is covered whatever the matrix says of it.
    assert short == 1 + sum(m <= most for m in minutes[1:])


def test_several_thresholds_in_one_run_with_a_matrix(run, tmp_path):
    rows = ["origine;destination;minutes", "03185;03185;0", "03101;03185;7", "03190;03185;55", "03310;03185;"]
    (tmp_path / "temps.csv").write_text("\n".join(rows), encoding="utf-8")
    result = run(
        "report", "allier", "--rule", "travel-time:5min,travel-time:10min,travel-time:1h",
        "--travel-times", "temps.csv", "--json",
    )  # fmt: skip
    made = json.loads(result.stdout)
    rows = [*made["synthese"], *(row for rule in made["autres_regles"] for row in rule["synthese"])]
    counts = [r["numerateur"] for r in rows if (r["mesure"], r["statut"]) == ("communes", "cs")]
    # CS have their seat in 8 communes; Domérat (03101) is at 7 minutes of Montluçon, Moulins at 55.
    assert counts == [8, 9, 10]


def test_the_nearest_structure_by_time_is_not_the_nearest_by_distance():
    """From 03002 the CS of 03001 is 9 minutes away and that of 03004 4; nothing joins 03003 to a CS."""
    one, other = structure("a", "CS", "03001", world=WORLD), structure("b", "CS", "03004", world=WORLD)
    evs = structure("e", "EVS", "03003", world=WORLD)
    times = matrix(
        ("03001", "a", 0.0), ("03002", "a", 9.0), ("03002", "03004", 4.0), ("03003", "a", float("nan")),
        ("03003", "e", 1.0), ("03004", "b", 0.0), ("03001", "b", 0.0),
    )  # fmt: skip
    made = cover(one, other, evs, times=times)
    found = {
        row.code: (row.cs, row.cs_far, row.evs, row.avs_far) for row in communes_access_by_time(made, times)
    }
    # The structure b has a row of its own: that of the commune of its seat, 03004, does not count.
    assert found["03002"] == ("a", 9.0, "", 9.0)
    assert found["03001"] == ("a", 0.0, "", 0.0)
    assert found["03003"] == ("", None, "e", 1.0)
    assert communes_access_by_time(made, times)[0].to_record()["cs_min"] == 0.0


def test_access_takes_a_matrix(run, tmp_path):
    text = "origine;destination;minutes\n03185;03185;0\n03101;03185;7\n"
    (tmp_path / "temps.csv").write_text(text, encoding="utf-8")
    made = json.loads(run("access", "allier", "--travel-times", "temps.csv", "--json").stdout)
    rows = {row["code_insee"]: row for row in made["access"]}
    assert (rows["03101"]["cs_min"], rows["03310"]["cs_min"]) == (7.0, None)
    assert made["synthese"][0]["seuil_min"] == 20
    page = run("access", "allier", "--travel-times", "temps.csv").stdout.decode()
    assert "Durées du fichier temps.csv" in page
