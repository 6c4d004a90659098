"""Every département under every rule, on made structures of every awkward kind: sums hold to the unit."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

from avs_coverage import Coverage, Inventory, Report, Structure, Territory, get_rule
from avs_coverage.contributions import structure_contributions
from avs_coverage.embedded import read_csv
from avs_coverage.gaps import GAP
from avs_coverage.gazetteer import departement_of
from avs_coverage.multiplicity import KINDS, by_multiplicity
from avs_coverage.projection import epsg_of
from avs_coverage.qpv import official_qpv
from tests.worlds import DAY

ALL = [row["code"] for row in read_csv("departements.csv")]
FEW = ["03", "2A", "974"]  # the embedded inventory's, a code with a letter, one overseas
THE_REST = [code for code in ALL if code not in FEW]
RULES = ["declared", "implantation", "radius:5km", "radius:2km", "travel-time:15min"]
REACH_M = {"radius:5km": 5000, "radius:2km": 2000, "travel-time:15min": 15 / 60 * 50_000 / 1.3}
"""What the README says of each distance; a road is 1.3 times the straight line, driven at 50 km/h."""


@cache
def country():
    """Return the communes of France, as named tuples by code, and the neighbours of each."""
    france = Territory.find("france")
    around: dict[str, list[str]] = {}
    for code, other in france.neighbours[["code", "voisin"]].itertuples(index=False):
        around.setdefault(code, []).append(other)
    return france.rows, around


def seated(rank, kind, seat, **more):
    rows, _ = country()
    row = rows[seat]
    communes = tuple(more.pop("communes", ()))
    return Structure(
        id=f"{kind}-{rank:02}",
        name=f"Structure fictive {rank}",
        type=kind,
        seat=seat,
        seat_name=row.nom,
        seat_epci=row.epci,
        x_m=float(row.x_m) + more.pop("east", 0),
        y_m=float(row.y_m),
        communes=communes,
        communes_epci=tuple(rows[code].epci for code in communes),
        **more,
    )


def made_structures(territory: Territory) -> list[Structure]:
    """Return 26 made structures of a département, or 27 where it has a QPV: of each kind a list may hold."""
    draw = random.Random(territory.name.code)
    rows, around = country()
    codes = list(territory.rows)
    beyond = sorted({n for code in codes for n in around.get(code, []) if n not in territory.rows})
    rim = sorted({code for code in codes if any(n not in territory.rows for n in around.get(code, []))})
    twice = draw.choice(codes)
    quarters = [qpv for qpv in official_qpv(territory, DAY) if set(qpv.communes) & set(codes)]

    def area(seat, known="complete"):  # the seat and all that touch it, across the border or not
        return seat, {"area": known, "communes": [seat, *around.get(seat, [])]}

    recipes = [
        *(area(seat) for seat in draw.choices(codes, k=6)),
        *(area(seat, draw.choice(["complete", "partielle"])) for seat in draw.choices(rim or codes, k=4)),
        *(area(seat) for seat in draw.choices(beyond or codes, k=3)),  # seated elsewhere, serving here
        *((seat, {}) for seat in draw.choices(codes, k=3)),  # unknown area: the EPCI is possible
        *(area(seat, "estimee") for seat in draw.choices(codes, k=2)),
        *[(twice, {"east": 700, "has_point": True})] * 2,  # two at one address
        *(  # in a QPV, and serving it
            (next(c for c in qpv.communes if c in rows), {"qpv": (qpv.code,), "east": 150, "has_point": True})
            for qpv in quarters[:1]
        ),
        (draw.choice(codes), {"status": "a_confirmer"}),  # does not count
        (draw.choice(codes), {"end": DAY.replace(year=DAY.year - 1)}),  # closed
    ]
    made = [seated(n, "EVS" if n % 3 else "CS", seat, **more) for n, (seat, more) in enumerate(recipes)]
    for rank in (90, 91):  # no coordinates: no seat, but communes that it names
        named = draw.sample(codes, min(2, len(codes)))
        made.append(replace(seated(rank, "EVS", codes[0], communes=named), seat="", x_m=None, y_m=None))
    for known in ("complete", "inconnue"):  # nothing known at all
        made.append(Structure(f"NUL-{known}", "Structure fictive", "CS", name_known=False, area=known))
    return made


def covers(structure: Structure, rule: str, territory: Territory) -> set[str]:
    """Return the communes that a structure covers for certain, worked out one by one."""
    seat = {structure.seat} - {""}
    if rule == "implantation":
        reached = seat
    elif rule == "declared":
        named = set(structure.communes) if structure.area in ("complete", "partielle") else set()
        reached = named if structure.area == "complete" else named | seat
    else:
        reached = seat if rule.startswith("radius") else set()
        if structure.seat:
            epsg = epsg_of(departement_of(structure.seat))
            reached = reached | {
                code
                for code, row in territory.rows.items()
                if epsg_of(row.departement) == epsg
                and np.hypot(row.x_m - structure.x_m, row.y_m - structure.y_m) <= REACH_M[rule]
            }
    return reached & set(territory.rows)


def compute(territory, structures, rule):
    inventory = Inventory(tuple(structures), frozenset(territory.communes["departement"]), "essai", "essai")
    return Coverage.compute(territory, inventory, get_rule(rule), DAY)


def values(figures):
    return {(f.measure, f.status): (f.numerator, f.denominator, f.lower, f.upper) for f in figures}


def check_figures(coverage: Coverage):
    """Covered and uncovered are the whole, brackets hold, and the parts of EPCI add up."""
    communes = coverage.territory.communes
    whole = {"communes": len(communes), "habitants": int(communes["population"].sum())}
    # Each sum of km² is rounded to 0.001: three of them may miss the whole by 0.0015.
    whole["km2"] = pytest.approx(float(communes["superficie_km2"].sum()), abs=0.002)
    found = values(coverage.figures())
    for measure, total in whole.items():
        cs, evs, avs, none = (found[measure, status] for status in ("cs", "evs_seul", "avs", "aucune"))
        for numerator, denominator, lower, upper in (cs, evs, avs, none):
            assert denominator == total
            assert 0 <= lower <= numerator <= upper
            assert upper <= denominator + 0.001
        assert avs[0] + none[0] == total
        assert avs[2] + none[3] == total
        assert avs[3] + none[2] == total
        assert cs[0] + evs[0] == pytest.approx(avs[0], abs=0.002 if measure == "km2" else 0)
    parts = Report(coverage).epci
    assert sum(part.communes for part in parts) == whole["communes"]
    assert sum(part.population for part in parts) == whole["habitants"]
    for key, expected in found.items():
        sums = tuple(map(sum, zip(*(values(part.figures)[key] for part in parts), strict=True)))
        assert sums == (pytest.approx(expected, abs=0.001 * len(parts)) if key[0] == "km2" else expected)
    by_count = {(f.status, f.measure): f for f in by_multiplicity(coverage)}
    assert all(f.lower <= f.numerator <= f.upper for f in by_count.values())
    for measure, total in whole.items():
        none, one, more = (by_count[name, measure].numerator for name in KINDS)
        assert min(none, one, more) >= 0
        assert none + one + more == total
        assert none == pytest.approx(found[measure, "aucune"][0], abs=0.001)


def check_zones(coverage: Coverage):
    """Zones hold each uncovered commune once; two zones blanches never touch."""
    frame = coverage.communes
    uncovered = frame[frame["statut"] == "aucune"]
    zones = Report(coverage).zones
    listed = [code for zone in zones for code, _ in zone.communes]
    assert sorted(listed) == list(uncovered.index)
    assert sum(zone.population for zone in zones) == uncovered["population"].sum()
    if not coverage.rule.name.startswith("radius"):  # a seat covers its commune, not always the chef-lieu
        assert sum(zone.population for zone in zones) == values(coverage.figures())["habitants", "aucune"][0]
    rank_of = {code: zone.rank for zone in zones if zone.kind == GAP for code, _ in zone.communes}
    assert set(rank_of) == set(frame.index[frame["statut_majorant"] == "aucune"])
    pairs = coverage.territory.neighbours
    left, right = pairs["code"].map(rank_of), pairs["voisin"].map(rank_of)
    both = left.notna() & right.notna()
    assert (left[both] == right[both]).all()


def simple(coverage: Coverage) -> int:
    return next(
        f.numerator for f in by_multiplicity(coverage) if (f.status, f.measure) == ("simple", "habitants")
    )


def check_contributions(coverage: Coverage):
    """What each structure serves alone is what its loss would leave, and all of them the simple cover."""
    rows = structure_contributions(coverage)
    found = values(coverage.figures())["habitants", "avs"][0]
    assert all(0 <= row.alone <= row.served <= found for row in rows)
    assert all(people <= row.served for row in rows for _, people in row.overlaps)
    assert sum(row.alone for row in rows) == simple(coverage)
    assert found <= sum(row.served for row in rows)
    most = max(rows, key=lambda row: row.alone)
    others = [s for s in coverage.inventory.structures if s.id != most.structure.id]
    without = replace(coverage.inventory, structures=tuple(others))
    lost = Coverage.compute(coverage.territory, without, coverage.rule, coverage.on)
    assert found - values(lost.figures())["habitants", "avs"][0] == most.alone
    return rows


def check_departement(code: str):
    territory = Territory.find(code)
    structures = made_structures(territory)
    counted = [s for s in structures if s.is_open(DAY) and s.status == "confirme"]
    assert len(structures) - len(counted) == 2
    draw = random.Random(f"{code} autre ordre")
    shuffled = draw.sample(structures, len(structures))
    more = seated(99, "EVS", draw.choice(list(territory.rows)), area="complete", communes=())
    more = replace(more, communes=(more.seat,), communes_epci=(more.seat_epci,))
    reached: dict[str, set[str]] = {}
    figures = {}
    for rule in RULES:
        coverage = compute(territory, structures, rule)
        reached[rule] = set().union(*(covers(s, rule, territory) for s in counted))
        assert set(coverage.communes.index[coverage.covered("AVS")]) == reached[rule]
        figures[rule] = values(coverage.figures())
        check_figures(coverage)
        check_zones(coverage)
        rows = check_contributions(coverage)

        other = compute(territory, shuffled, rule)
        assert other.figures() == coverage.figures()
        pd.testing.assert_frame_equal(other.communes, coverage.communes)
        assert Report(other).zones == Report(coverage).zones
        assert structure_contributions(other) == rows

        added = compute(territory, [*structures, more], rule)
        assert (added.covered("AVS") | ~coverage.covered("AVS")).all()
        assert added.covered("AVS")[territory.communes.index.get_loc(more.seat)]
        before, after = figures[rule], values(added.figures())
        for measure in ("communes", "habitants", "km2"):
            assert all(a >= b for a, b in zip(after[measure, "avs"], before[measure, "avs"], strict=True))
            assert after[measure, "cs"] == before[measure, "cs"]  # an EVS takes nothing from a CS
    assert reached["radius:2km"] <= reached["radius:5km"]
    two, five = figures["radius:2km"], figures["radius:5km"]
    assert all(two["habitants", status][0] <= five["habitants", status][0] for status in ("cs", "avs"))
    served = [qpv for s in counted for qpv in s.qpv]
    views = {view.qpv.code: view.status for view in Report(coverage).qpv}
    assert {qpv for qpv, status in views.items() if status == "avec_structure"} == set(served)
    assert bool(served) == bool(views)


@pytest.mark.parametrize("code", FEW)
def test_a_few_departements_under_every_rule(code):
    check_departement(code)


@pytest.mark.full
@pytest.mark.parametrize("code", THE_REST)
def test_every_departement_under_every_rule(code):
    check_departement(code)
