"""The views of one coverage: multiplicity, groups, weights, access, contributions."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avs_coverage import UsageError, contributions
from avs_coverage.access import communes_access, gini, remoteness, summarise_access, weighted_quantile
from avs_coverage.contributions import structure_contributions
from avs_coverage.gaps import zones
from avs_coverage.groups import by_group, grouping
from avs_coverage.indicators import Indicator
from avs_coverage.multiplicity import by_multiplicity
from avs_coverage.territory import Territory
from avs_coverage.territory_names import find_territory_name
from tests.conftest import SPEAKS_UTF8
from tests.test_radius import WORLD, cover, grid_of, placed
from tests.worlds import cover as cover_declared
from tests.worlds import structure, territory


def counts(values):
    """Make an indicator of the world's communes; None is secret."""
    numbers = pd.Series([np.nan if v is None else v for v in values], index=WORLD.communes.index, dtype=float)
    state = pd.Series(["secret" if v is None else "connu" for v in values], index=numbers.index)
    return Indicator("enfants", "enfants", "effectif", "enfants", "essai", "2022", "f.csv", numbers, state)


CS = structure("c", "CS", "03001", "complete", "03001 03002", world=WORLD)
EVS = structure("e", "EVS", "03002", "complete", "03002 03003", world=WORLD)


def test_multiplicity_adds_up_to_the_territory():
    # 03001: the CS; 03002: both; 03003: the EVS; 03004: none. 10, 20, 30 and 40 inhabitants; 1 to 4 km².
    made = by_multiplicity(cover_declared(WORLD, CS, EVS))
    assert [(f.measure, f.status, f.numerator, f.denominator) for f in made] == [
        ("communes", "blanche", 1, 4), ("communes", "simple", 2, 4), ("communes", "multiple", 1, 4),
        ("habitants", "blanche", 40, 100), ("habitants", "simple", 40, 100),
        ("habitants", "multiple", 20, 100),
        ("km2", "blanche", 4.0, 10.0), ("km2", "simple", 4.0, 10.0), ("km2", "multiple", 2.0, 10.0),
    ]  # fmt: skip
    assert all(f.is_closed for f in made)


def test_multiplicity_of_a_distance_counts_inhabitants_one_by_one():
    # Within 300 m, both reach the cell at 1,100 m; the EVS alone that at 1,500 m.
    cells = [(5, 0, 1, "03001"), (7, 0, 1, "03001"), (90, 0, 2, "03001")]
    world = replace(WORLD, grids=(grid_of(cells),))
    structures = placed([("CS", (1000, 100)), ("EVS", (1400, 100))])
    made = cover(world, *structures, rule="radius:300m", by="grid")
    found = {f.status: f.numerator for f in by_multiplicity(made) if f.measure == "habitants"}
    # 03001 has 10 inhabitants for a weight of 4: half within reach, a quarter of both.
    assert found == {"blanche": 95, "simple": 5 - 3, "multiple": 3}


def test_a_count_takes_the_place_of_inhabitants_over_the_communes_that_know_it():
    made = cover_declared(WORLD, CS, EVS)
    figures = {f.status: f for f in made.weighted(counts([4, 5, None, 7]))}
    assert {s: (f.numerator, f.denominator) for s, f in figures.items()} == {
        "cs": (9, 16), "evs_seul": (0, 16), "avs": (9, 16), "aucune": (7, 16),
    }  # fmt: skip


def test_groups_add_up_and_a_commune_without_one_is_said(tmp_path):
    (tmp_path / "ctg.csv").write_text("code_insee;CTG\n03001;Nord\n03002;Nord\n03003;Sud\n", encoding="utf-8")
    made = cover_declared(WORLD, CS, EVS)
    found = by_group(made, grouping(WORLD, f"{tmp_path / 'ctg.csv'}=CTG"))
    assert [(g.key, g.communes, g.figure("habitants", "avs").numerator) for g in found] == [
        ("Nord", 2, 30), ("Sud", 1, 30), ("sans groupe", 1, 0),
    ]  # fmt: skip
    with pytest.raises(UsageError) as caught:
        grouping(WORLD, "bassin")
    assert caught.value.faults[0].code == "AVS-203"


@pytest.mark.parametrize("by", ["epci", "canton", "densite", "departement", "region"])
def test_groups_of_a_real_departement_add_up_to_the_unit(run, by):
    made = json.loads(run("groups", "allier", "--by", by, "--radius", "10km", "--json").stdout)["groups"]
    whole = json.loads(run("report", "allier", "--radius", "10km", "--json").stdout)["synthese"]
    for figure in whole:
        rows = [r for r in made if (r["mesure"], r["statut"]) == (figure["mesure"], figure["statut"])]
        assert sum(r["numerateur"] for r in rows) == pytest.approx(figure["numerateur"], abs=1e-6)
        assert sum(r["denominateur"] for r in rows) == pytest.approx(figure["denominateur"], abs=1e-6)


def test_distances_are_those_of_a_ruler():
    rows = communes_access(cover_declared(WORLD, CS, EVS))
    # Chefs-lieux at 1, 2, 3, 4 km; the CS at 1, the EVS at 2.
    km = [tuple(map(r.shown, (r.cs_far, r.evs_far, r.avs_far))) for r in rows]
    assert km == [(0, 1, 0), (1, 0, 0), (2, 1, 1), (3, 2, 2)]
    cs, _, either = summarise_access(rows, 1.5)
    # 10, 20, 30, 40 inhabitants at 0, 1, 2, 3 km of the CS.
    assert cs.mean == 2.0
    assert cs.quantiles == {0.1: 0.0, 0.25: 1.0, 0.5: 2.0, 0.75: 3.0, 0.9: 3.0}
    # Beyond 1.5 km: 30 people by a third, 40 by the whole of it.
    assert cs.fgt == pytest.approx((0.7, 0.3 / 3 + 0.4, 0.3 / 9 + 0.4), abs=1e-6)
    assert either.fgt[0] == 0.4


def test_without_a_structure_of_a_kind_nothing_is_said_of_it():
    rows = communes_access(cover_declared(WORLD, CS))
    cs, evs, either = summarise_access(rows, 10)
    assert (evs.mean, evs.quantiles, evs.fgt, evs.gini) == (None, None, None, None)
    assert either.mean == cs.mean


PEOPLE = st.lists(st.tuples(st.integers(0, 30), st.integers(1, 9)), min_size=1, max_size=8)


@given(people=PEOPLE)
def test_summaries_are_those_of_the_inhabitants_one_by_one(people):
    values, weights = (np.array(column, dtype=float) for column in zip(*people, strict=True))
    everyone = np.repeat(values, weights.astype(int))
    differences = np.abs(everyone[:, None] - everyone[None, :]).mean()
    expected = differences / (2 * everyone.mean()) if everyone.mean() else 0
    assert gini(values, weights) == pytest.approx(expected, abs=1e-9)
    for share in (0.1, 0.5, 0.9):
        quantile = weighted_quantile(values, weights, share)
        assert quantile == np.sort(everyone)[int(np.ceil(share * len(everyone) - 1e-9)) - 1]
    assert remoteness(values, weights, 10, 0) == pytest.approx((everyone > 10).mean())
    assert remoteness(values, weights, 10, 1) == pytest.approx((np.maximum(everyone - 10, 0) / 10).mean())


def test_contributions_say_who_is_served_alone_and_by_whom_else():
    found = {row.structure.id: row for row in structure_contributions(cover_declared(WORLD, CS, EVS))}
    assert (found["c"].served, found["c"].alone, found["c"].overlaps) == (30, 10, (("e", 20),))
    assert (found["e"].served, found["e"].alone, found["e"].overlaps) == (50, 30, (("c", 20),))


DRAWN = st.lists(
    st.tuples(st.sampled_from(["CS", "EVS"]), st.tuples(st.integers(0, 9000), st.just(100))), max_size=5
)


@pytest.mark.full
@settings(max_examples=50)
@given(drawn=DRAWN, radius_m=st.sampled_from([300, 2000]))
def test_contributions_agree_with_the_figures(drawn, radius_m):
    cells = [
        (column, 0, 1, code) for column, code in zip(range(0, 60, 3), ["03001", "03002"] * 10, strict=True)
    ]
    world = replace(WORLD, grids=(grid_of(cells),))
    made = cover(world, *placed(drawn), rule=f"radius:{radius_m}m", by="grid")
    rows = structure_contributions(made)
    figure = next(f for f in made.figures() if (f.measure, f.status) == ("habitants", "avs"))
    # Each is rounded on its own: a structure and a commune may each be half an inhabitant off.
    assert sum(row.alone for row in rows) <= figure.numerator + len(rows) + 4
    assert max((row.served for row in rows), default=0) <= figure.numerator + 4
    for row in rows:
        without = cover(
            world,
            *(s for s in placed(drawn) if s.id != row.structure.id),
            rule=f"radius:{radius_m}m",
            by="grid",
        )
        lost = figure.numerator - next(
            f.numerator for f in without.figures() if (f.measure, f.status) == ("habitants", "avs")
        )
        assert abs(lost - row.alone) <= 4


def test_pages_and_files_of_the_new_commands(run, tmp_path):
    for name in ("groups", "access", "contributions"):
        page = run(name, "allier").stdout.decode()
        assert "Allier (03)" in page
        done = run(name, "allier", "--csv", f"{name}.csv")
        assert done.returncode == 0
        assert (tmp_path / f"{name}.csv").stat().st_size > 100
        assert run(name, "lozere").returncode == 0
    assert "peut être plus proche" in run("access", "allier").stdout.decode()
    assert run("access", "allier", "--threshold", "0").returncode == 2


def test_a_gap_names_the_structures_next_to_it_and_the_quarters_in_it(run):
    rows = json.loads(run("zones", "allier", "--rule", "implantation", "--json").stdout)["zones"]
    # Moulins has a quarter and no known structure; Avermes, next to it, has one.
    zone = next(row for row in rows if "03190" in row["communes"])
    assert "QP003003" in zone["qpv"]
    assert "03-CS-10" in zone["structures_voisines"]
    made = cover_declared(WORLD, CS)
    assert [zone.around for zone in zones(made)] == [(), ()]


def test_the_neighbours_of_a_gap_are_those_that_touch_it():
    world = territory(
        {code: "" for code in ("03001", "03002", "03003")}, [("03001", "03002"), ("03002", "03003")]
    )
    one = structure("c", "CS", "03001", "complete", "03001", world=world)
    (gap,) = zones(cover_declared(world, one))
    assert [code for code, _ in gap.communes] == ["03003", "03002"]
    assert gap.around == ("c",)


def test_overlaps_beyond_a_million_pairs_are_refused_not_kept(monkeypatch):
    monkeypatch.setattr(contributions, "MAX_PAIRS", 2)
    world = territory({"03001": "A"})
    three = [structure(name, "CS", "03001", "complete", "03001", world) for name in "abc"]
    with pytest.raises(UsageError, match="plus de 2 couples"):
        structure_contributions(cover(world, *three))
    assert [one.overlaps for one in structure_contributions(cover(world, *three[:2]))] == [
        (("b", 10),), (("a", 10),)
    ]  # fmt: skip


def test_overlaps_counted_a_few_at_a_time_are_those_counted_at_once(monkeypatch):
    world = territory(dict.fromkeys(("03001", "03002", "03003", "03004"), "A"))
    served = {"a": "03001 03002 03004", "b": "03002 03003 03004", "c": "03001 03004", "d": "03004"}
    many = [structure(n, "CS", "03001", "complete", codes, world) for n, codes in served.items()]
    made = cover_declared(world, *many)
    at_once = structure_contributions(made)
    monkeypatch.setattr(contributions, "_PAIRS_AT_ONCE", 1)
    assert structure_contributions(made) == at_once
    assert {one.structure.id: dict(one.overlaps) for one in at_once} == {
        "a": {"b": 60, "c": 50, "d": 40}, "b": {"a": 60, "c": 40, "d": 40},
        "c": {"a": 50, "b": 40, "d": 40}, "d": {"a": 40, "b": 40, "c": 40},
    }  # fmt: skip


MEASURED = """
import sys
from avs_coverage.commands import main_program
from tools.fuzz.pool import peak_megabytes
code = main_program(sys.argv[1:])
print(peak_megabytes(), file=sys.stderr)
sys.exit(code)
"""
"""A command that tells its own peak of memory: what the system says of a child counts its parent's too."""


@pytest.mark.full
@pytest.mark.skipif(sys.platform == "win32", reason="the peak of memory is not told there")
def test_the_contributions_of_a_country_fit_in_half_a_gigabyte(tmp_path):
    communes = Territory.of(find_territory_name("france")).communes
    seats = random.Random(2).choices(list(communes.index), weights=list(communes["population"]), k=4000)
    rows = (f"S{rank};{'CS' if rank % 2 else 'EVS'};{code}" for rank, code in enumerate(seats))
    (tmp_path / "l.csv").write_text("\n".join(("nom;type;code_insee", *rows)), encoding="utf-8")
    command = [sys.executable, "-c", MEASURED, "contributions", "france", "--structures", "l.csv",
               "--rule", "radius:20km", "--json"]  # fmt: skip
    environment = {**os.environ, **SPEAKS_UTF8}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, check=True)
    assert 100 < int(done.stderr.split()[-1]) < 500
