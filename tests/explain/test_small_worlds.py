"""Small worlds: each quality of area, each date and each level of a link has its sentence."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest

from avs_coverage import Report, build_report, find_territory_name, get_rule
from avs_coverage.coverage import Coverage
from avs_coverage.explain import Explainer
from avs_coverage.inventory import Inventory
from avs_coverage.reports.explain_commune import commune_sections
from avs_coverage.reports.explain_words import (
    about_minutes,
)
from avs_coverage.rules import RuleSettings
from tests.explain.helpers import WORLD, explained, page, section_of, text_of, whole
from tests.test_radius import grid_of
from tests.test_travel_time_rule import matrix
from tests.worlds import DAY, structure


@pytest.mark.parametrize(
    ("area", "communes", "said"),
    [
        ("complete", "03002", "« Structure c » (CS) la compte dans sa zone d'intervention."),
        ("partielle", "03002", "la compte parmi les communes connues de sa zone d'intervention."),
        ("estimee", "03002", "la desservirait, d'après une zone d'intervention estimée"),
        ("inconnue", "", "On ne connaît pas toute la zone d'intervention de « Structure c » (CS)"),
    ],
)
def test_each_quality_of_area_has_its_sentence(area, communes, said):
    cs = structure("c", "CS", "03001", area, communes, WORLD)
    assert said in section_of(explained(cs), "03002")


def test_a_commune_named_in_an_area_said_to_be_unknown_is_said_so():
    cs = structure("c", "CS", "03001", "inconnue", "03004", WORLD)
    assert "dit la zone inconnue" in section_of(explained(cs), "03004")


def test_several_structures_agree_in_number():
    both = [structure(id, "CS", "03001", world=WORLD) for id in ("c", "d")]
    text = section_of(explained(*both), "03001")
    assert "« Structure c » (CS) et « Structure d » (CS) y ont leur siège." in text
    assert "qui partent de communes" in section_of(explained(*both), "03002")


def test_more_certain_structures_than_a_sentence_holds_are_counted():
    many = [structure(f"c{n}", "CS", "03001", world=WORLD) for n in range(9)]
    made = explained(*many)
    assert "et 3 de plus y ont leur siège" in section_of(made, "03001")
    assert len(made.commune("03001").to_record()["structures"]) == 9


def test_part_of_the_inhabitants_within_reach_is_said_with_what_it_is_made_of():
    cells = [(5, 0, 1, "03001"), (50, 0, 1, "03001"), (90, 0, 1, "03001"), (10, 0, 4, "03002")]
    world = replace(WORLD, grids=(grid_of(cells),))
    world.__dict__.update(neighbours=WORLD.neighbours, epci_outside={})
    near = replace(structure("c", "CS", "03003", world=world), x_m=1100.0, y_m=100.0)
    settings = RuleSettings("grid", 0.5)
    made = explained(near, rule="radius:300m", world=world, settings=settings)
    found = made.commune("03001")
    (first, by_rule, *_) = commune_sections(made.report, found)
    assert found.main.status == "aucune"
    assert "33,3" in text_of(by_rule)
    assert "(3 sur 10)" in text_of(by_rule)
    assert by_rule.title.endswith(": non couverte")
    assert "trop peu de ses habitants" in text_of(first)
    assert found.main.enough is None  # the cells would have to be asked one by one


def test_a_matrix_gives_its_own_minutes_and_what_it_leaves_out_is_said():
    cs, evs = structure("c", "CS", "03001", world=WORLD), structure("e", "EVS", "03004", world=WORLD)
    times = matrix(("03001", "c", 0.0), ("03002", "c", 9.4), ("03003", "c", 30.0), ("03004", "c", 50.0))
    made = explained(cs, evs, rule="travel-time:10min", settings=RuleSettings(travel_times=times))
    assert "À portée, par la route : « Structure c » (CS, à 9 min)." in section_of(made, "03002")
    assert "Le fichier ne donne pas ce trajet" in section_of(made, "03003")
    found = made.commune("03003")
    assert (found.main.nearest.id, found.main.minutes, found.main.enough) == ("c", 30.0, 30.0)


def test_without_an_inventory_nothing_is_said_to_be_uncovered():
    made = explained(departements=())
    document = page(made, made.commune("03001"))
    text = whole(document)
    assert "On ne sait pas si" in text
    assert "non couverte." not in text.replace("non couverte n'est pas", "")
    assert "--structures" in text
    assert made.commune("03001").main.status == ""


def test_closed_future_and_unconfirmed_structures_say_why_they_do_not_count():
    made = explained(
        structure("a", "CS", "03001", world=WORLD, end=DAY.replace(year=2020)),
        structure("b", "CS", "03001", world=WORLD, first=DAY.replace(year=2025)),
        structure("c", "CS", "03001", world=WORLD, status="a_confirmer"),
        structure("d", "CS", "03001", world=WORLD),
    )
    said = {
        "a": ("fermee", "s'est terminé le 31/12/2020"),
        "b": ("pas_encore_ouverte", "ne commence que le 31/12/2025"),
        "c": ("a_confirmer", "« à confirmer »"),
        "d": ("", "couvre avec certitude 1 commune"),
    }
    for id, (reason, words) in said.items():
        found = made.structure(id)
        assert found.reason == reason
        assert words in whole(page(made, found))


def test_a_commune_next_to_a_covered_one_is_told_whose_area_could_extend():
    cs = structure("c", "CS", "03001", "complete", "03001", WORLD)
    made = explained(cs)
    (sections,) = [commune_sections(made.report, made.commune("03002"))]
    assert "« Structure c » (CS), qui couvre déjà Commune 03001" in text_of(sections[-1])


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_a_commune_covered_in_part_says_what_covers_it(share):
    # 5 of the 12 inhabitants of 03001 are near the CS, 5 near the EVS; the CS sits in 03002, near nobody.
    cells = [(5, 0, 5, "03001"), (50, 0, 5, "03001"), (90, 0, 2, "03001"), (120, 0, 4, "03002")]
    world = replace(WORLD, grids=(grid_of(cells),))
    world.__dict__.update(neighbours=WORLD.neighbours, epci_outside={})
    cs = replace(structure("c", "CS", "03002", world=world), x_m=1100.0, y_m=100.0)
    evs = replace(structure("e", "EVS", "03003", world=world), x_m=10100.0, y_m=100.0)
    settings = RuleSettings("grid", share)
    made = explained(cs, evs, rule="radius:300m", world=world, settings=settings)
    said = {
        code: text_of(commune_sections(made.report, made.commune(code))[0]) for code in ("03001", "03002")
    }
    words = "83,3\u202f% de ses habitants sont à portée de « Structure c » (CS) et « Structure e » (EVS)."
    assert (f"est couverte : {words}" in said["03001"]) == (share < 0.9)
    assert "est couverte : « Structure c » (CS) y a son siège." in said["03002"]
    statuses = made.report.coverage.communes["statut"]
    assert [made.commune(code).main.status for code in statuses.index] == list(statuses)


def test_a_structure_that_may_not_have_been_open_yet_establishes_nothing():
    cs = structure("c", "CS", "03001", "complete", "03001", WORLD, start=None)
    inventory = Inventory((cs,), frozenset(["03"]), "essai", "essai", DAY.replace(year=2030))
    made = Explainer(Report(Coverage.compute(WORLD, inventory, get_rule("declared"), DAY)))
    text = whole(page(made, made.commune("03001")))
    assert "couverte (centre social), d'après un lieu ou une date que rien n'établit" in text
    assert "on ne sait pas si « Structure c » (CS) était déjà en activité" in text
    assert "certitude" not in text + whole(page(made, made.structure("c")))


def test_a_quarter_served_by_structures_that_may_not_have_been_open_yet_says_so():
    made = Explainer(build_report(find_territory_name("03"), "declared", date(2018, 12, 31)))
    found = made.quarter("QP003001")
    text = whole(page(made, found))
    assert "« Accorderie » (EVS), d'après une date que rien n'établit." in text
    assert "étaient déjà en activité à cette date" in text
    assert found.to_record()["structures_desservant_non_etablies"] == ["03-CS-09", "03-EVS-05"]


def test_estimated_durations_establish_nothing_and_are_rounded_on_their_side_of_the_threshold():
    cs = replace(structure("c", "CS", "03001", world=WORLD), has_point=True, position_error_m=0.0)
    made = explained(cs, rule="travel-time:600min")
    assert {tie.basis for tie in made.commune("03002").main.ties} == {"duree_estimee"}
    text = whole(page(made, made.commune("03002")))
    assert "est couverte par « Structure c » (CS), d'après une durée estimée." in text
    assert "certitude" not in text
    for minutes in (0.4, 2.6, 4.9, 12.6, 14.9, 15.0, 15.1, 17.4, 61.0, 95.5):
        said = about_minutes(minutes, 15)
        hours, rest = re.search(r"(?:(\d+) h ?)?(\d*)", said.removeprefix("environ ")).groups()
        value = 0 if said == "moins de 5 min" else int(hours or 0) * 60 + int(rest or 0)
        assert (value > 15) == (minutes > 15)
        assert abs(value - minutes) <= 2.5


@pytest.mark.parametrize("rule", ["declared", "implantation", "radius:5km"])
def test_a_commune_is_told_who_covered_it_before_and_who_will(rule):
    before = structure("a", "CS", "03001", "complete", "03001", WORLD, end=date(2021, 12, 31))
    later = structure("b", "EVS", "03001", "complete", "03001", WORLD, first=date(2024, 3, 1))
    maybe = structure("u", "EVS", "03001", world=WORLD, status="a_confirmer", end=date(2020, 1, 1))
    made = explained(before, later, maybe, rule=rule)
    found = made.commune("03001")
    text = whole(page(made, found))
    assert "« Structure a » (CS), qui y avait son siège, l'a couverte jusqu'au 31/12/2021." in text
    assert "« Structure b » (EVS), qui y aura son siège, la couvrira à partir du 01/03/2024." in text
    assert found.main.status == "aucune"
    told = found.to_record()["regles"][0]["structures_fermees_ou_a_venir"]
    assert [(row["structure"], row["agrement_fin"], row["etabli"]) for row in told] == [
        ("a", "2021-12-31", True), ("b", None, True),
    ]  # fmt: skip
    if rule != "radius:5km":
        assert made.commune("03004").main.other_dates == ()


def test_other_dates_are_the_links_of_a_day_when_those_structures_are_open():
    ended = replace(structure("a", "CS", "03001", world=WORLD), end=date(2015, 6, 30))
    made, then = explained(ended), explained(ended, on=date(2015, 6, 30))
    for code in WORLD.communes.index:
        assert [(t.structure.id, t.basis, t.level) for t in made.commune(code).main.other_dates] == [
            (t.structure.id, t.basis, t.level) for t in then.commune(code).main.ties
        ]
    assert "l'a peut-être couverte jusqu'au 30/06/2015" in whole(page(made, made.commune("03002")))
