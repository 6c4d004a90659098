"""Declared zone populations: beside the inhabitants of the communes, and as a bound of what is possible."""

from __future__ import annotations

import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from avs_coverage.multiplicity import by_multiplicity
from avs_coverage.zone_populations import declared_populations
from tests.worlds import brackets, cover, structure, territory

WORLD = territory({"03001": "A", "03002": "A", "03003": "A", "03004": "B", "03005": "B", "03006": ""})
"""10, 20, 30, 40, 50 and 60 inhabitants; EPCI A: 60, B: 90."""


def declaring(number, *more, **words):
    return replace(structure(*more, world=WORLD, **words), area_population=number)


def inhabitants(coverage):
    return brackets(coverage, "habitants")


def test_a_declared_population_bounds_what_an_unknown_area_may_cover():
    """The seat, 03001, has 10; with 25 declared, at most 15 of the 50 others of its EPCI are covered."""
    made = cover(WORLD, declaring(25, "a", "CS", "03001"))
    assert inhabitants(made) == {
        "cs": (10, 10, 25), "evs_seul": (0, 0, 0), "avs": (10, 10, 25), "aucune": (185, 200, 200),
    }  # fmt: skip
    assert brackets(made)["cs"] == (1, 1, 3)  # communes: it may be any of them
    assert "1 structure" in made.rule.caveats(made)[0]


def test_one_that_declares_nothing_leaves_its_group_open():
    """EPCI A stays open for the CS that says nothing; in B, 45 declared less the 40 of the seat add 5."""
    silent, bounded = structure("s", "CS", "03002", world=WORLD), declaring(45, "b", "EVS", "03004")
    made = cover(WORLD, silent, declaring(12, "a", "CS", "03001"), bounded)
    found = inhabitants(made)
    assert found["cs"] == (30, 30, 60)
    assert found["avs"] == (70, 70, 60 + 45)
    assert found["evs_seul"] == (40, 40, 45)
    assert found["aucune"] == (210 - 105, 140, 140)


def test_no_more_than_the_communes_hold_and_no_less_than_is_certain():
    assert inhabitants(cover(WORLD, declaring(9999, "a", "CS", "03001")))["cs"] == (10, 10, 60)
    assert inhabitants(cover(WORLD, declaring(3, "a", "CS", "03001")))["cs"] == (10, 10, 10)


def test_two_structures_of_a_group_add_what_each_declares():
    """Two CS in B with 40 and 50 at their seats and 45 and 52 declared: 5 + 2 at most, of nothing left."""
    made = cover(WORLD, declaring(15, "a", "CS", "03001"), declaring(24, "b", "CS", "03002"))
    # Of the 30 of 03003, 5 + 4 at most.
    assert inhabitants(made)["cs"] == (30, 30, 39)


def test_by_epci_the_majorants_add_up():
    from avs_coverage.epci import by_epci

    made = cover(WORLD, declaring(25, "a", "CS", "03001"), declaring(45, "b", "EVS", "03004"))
    uppers = [row.figure("habitants", "avs").upper for row in by_epci(made)]
    assert sum(uppers) == inhabitants(made)["avs"][2] == 25 + 45


def test_the_sum_counts_each_commune_once_and_says_the_overlap():
    """Areas {1, 2} and {2, 3}: 35 and 50 declared; 60 inhabitants once, 80 with those of 2 twice."""
    one = declaring(35, "a", "CS", "03001", area="complete", communes="03001 03002")
    other = declaring(50, "b", "EVS", "03003", area="complete", communes="03002 03003")
    unknown = declaring(99, "c", "CS", "03004")
    rows, total = declared_populations(cover(WORLD, one, other, unknown))
    assert [(row.structure.id, row.declared, row.inhabitants, row.is_whole) for row in rows] == [
        ("a", 35, 30, True), ("b", 50, 50, True), ("c", 99, 40, False),
    ]  # fmt: skip
    assert (total.structures, total.declared, total.inhabitants, total.repeated) == (2, 85, 60, 80)


@given(
    seats=st.lists(st.sampled_from(sorted(WORLD.communes.index)), min_size=1, max_size=5),
    numbers=st.lists(st.one_of(st.none(), st.integers(0, 120)), min_size=5, max_size=5),
    kinds=st.lists(st.sampled_from(["CS", "EVS"]), min_size=5, max_size=5),
)
def test_declaring_narrows_and_never_moves_the_figure(seats, numbers, kinds):
    made = [
        declaring(n, f"s{i}", k, seat)
        for i, (seat, n, k) in enumerate(zip(seats, numbers, kinds, strict=False))
    ]
    silent = [replace(one, area_population=None) for one in made]
    bounded, free = (inhabitants(cover(WORLD, *of)) for of in (made, silent))
    for status, (lower, figure, upper) in bounded.items():
        assert lower <= figure <= upper
        assert figure == free[status][1]
        assert free[status][0] <= lower
        assert upper <= free[status][2]


def test_the_report_shows_them(run, tmp_path):
    (tmp_path / "s.csv").write_text(
        "nom;type;code_insee;communes_desservies;population_zone\nA;CS;03185;03185|03101;40000\nB;EVS;03310;;26000\n",
        encoding="utf-8",
    )
    page = run("report", "allier", "--structures", "s.csv").stdout.decode()
    assert "POPULATIONS DE ZONE DÉCLARÉES" in page
    assert "borné par la population de zone" in page
    made = json.loads(run("report", "allier", "--structures", "s.csv", "--json").stdout)
    assert made["populations_de_zone"]["synthese"]["population_declaree"] == 40000
    assert [row["zone_entiere"] for row in made["populations_de_zone"]["structures"]] == [True, False]


def test_an_evs_that_serves_for_sure_is_bounded_by_nothing_where_its_cs_is_only_deduced():
    # The EVS serves 1 for sure; the CS there is deduced: its 10 inhabitants may be those of an EVS alone.
    world = territory({"1": "A", "2": "A", "3": "B"})
    made = cover(
        world,
        structure("e", "EVS", "1", "complete", "1", world),
        structure("d", "CS", "1", "complete", "", world, seat_quality="deduit", area_population=5),
        structure("c", "CS", "2", "inconnue", "", world, area_population=25),
        structure("f", "CS", "1", world=world, seat_quality="deduit"),
    )
    assert brackets(made)["evs_seul"] == (0, 0, 1)
    assert brackets(made, "habitants")["evs_seul"][2] >= 10


def test_what_a_deduced_seat_serves_does_not_use_up_what_it_declares():
    # a: seat deduced at 1 (10 inhabitants), perhaps serving 3 (30); it declares 35. If it is not at 1,
    # it may serve the whole of 3.
    world = territory({"1": "A", "2": "A", "3": "A"})
    made = cover(
        world,
        structure("a", "CS", "1", "estimee", "3", world, seat_quality="deduit", area_population=35),
        structure("b", "EVS", "1", "complete", "1", world),
    )
    assert brackets(made, "habitants")["avs"] == (10, 10, 40)
    assert brackets(made, "habitants")["aucune"] == (20, 50, 50)
    none = next(f for f in by_multiplicity(made) if (f.measure, f.status) == ("habitants", "blanche"))
    assert (none.lower, none.upper) == (20, 50)
