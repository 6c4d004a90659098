"""What a user names in a territory: found by code or by name, or refused with what to type."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from avs_coverage import Territory, TerritoryError, find_subject
from avs_coverage.inventory import EMPTY, Inventory, Structure

ON = date(2022, 12, 31)


def find(report, text, structures=None, on=ON):
    inventory = report.coverage.inventory
    if structures is not None:
        inventory = replace(inventory, structures=tuple(structures))
    found = find_subject(text, report.coverage.territory, inventory, on)
    return found.kind, found.code


def refused(report, text, structures=None, on=ON):
    with pytest.raises(TerritoryError) as raised:
        find(report, text, structures, on)
    assert raised.value.exit_code == 4
    (fault,) = raised.value.faults
    return fault.code, fault.hint


@pytest.mark.parametrize(
    ("text", "kind", "code"),
    [
        ("03190", "commune", "03190"),
        ("3190", "commune", "03190"),  # the zero that a spreadsheet took away
        ("moulins", "commune", "03190"),
        ("Moulins (03190)", "commune", "03190"),
        (" commune:MOULINS ", "commune", "03190"),
        ("Donjon", "commune", "03103"),  # Le Donjon
        ("St Pourçain sur Sioule", "commune", "03254"),
        ("QP003003", "qpv", "QP003003"),
        ("qp003003", "qpv", "QP003003"),
        ("Moulins-Sud (QP003003)", "qpv", "QP003003"),
        ("Moulins-Sud", "qpv", "QP003003"),  # in force, not QN00303M of the same name
        ("qpv:moulins sud", "qpv", "QP003003"),
        ("Moulins sud (les Champins)", "qpv", "QP003003"),  # as the schéma prints it
        ("Cœur d'Agglo", "qpv", "QP003001"),
        ("QN00303M", "qpv", "QN00303M"),  # not in force, but named by its code
        ("Fontbouillant", "qpv", "QP003005"),  # not the MJC whose name holds the word
        ("03-CS-01", "structure", "03-CS-01"),
        ("03-cs-01", "structure", "03-CS-01"),
        ("structure:03-CS-01", "structure", "03-CS-01"),
        ("polymorphe", "structure", "03-EVS-02"),
        ("La Passerelle", "structure", "03-CS-09"),  # « Centre social La Passerelle »
        ("Avermes", "commune", "03013"),  # and not the centre social d'Avermes
        ("Centre social d'Avermes", "structure", "03-CS-10"),
        ("structure:Avermes", "structure", "03-CS-10"),
        ("la farandole", "structure", "03-CS-01"),  # whole words of one structure's name alone
        ("structure:jaligny", "structure", "03-CS-06"),
    ],
)
def test_a_thing_is_found_by_its_code_or_its_name(allier, text, kind, code):
    assert find(allier, text) == (kind, code)


def test_communes_quarters_and_structures_are_found_by_what_the_tool_says_to_type(allier):
    for code, name in allier.coverage.territory.communes["nom"].iloc[::7].items():
        assert find(allier, code) == ("commune", code)
        assert find(allier, f"{name} ({code})") == ("commune", code)
    for view in allier.qpv:
        assert find(allier, f"qpv:{view.qpv.name}") == ("qpv", view.qpv.code)
    for structure in allier.coverage.inventory.structures:
        assert find(allier, f"structure:{structure.id}") == ("structure", structure.id)
        assert find(allier, structure.name) == ("structure", structure.id)


def test_a_code_of_an_earlier_cog_is_todays_commune(allier):
    found = find_subject("03123", allier.coverage.territory, allier.coverage.inventory, ON)
    assert (found.code, found.former) == ("03158", "03123")  # Haut-Bocage, since 2016


def test_the_quarter_in_force_is_that_of_the_date(allier):
    assert find(allier, "Moulins-Sud", on=date(2024, 6, 1)) == ("qpv", "QN00303M")
    # Before 2015 no generation is in force: both bear the name.
    code, hint = refused(allier, "Moulins-Sud", on=date(2014, 1, 1))
    assert code == "AVS-405"
    assert "qpv:QN00303M" in hint
    assert "qpv:QP003003" in hint


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Moulin", "Moulins (commune:03190)"),
        ("Nevers", "avs-coverage explain 58 58194"),
        ("58194", "avs-coverage explain 58 58194"),
        ("75118", "avs-coverage explain 75 75056"),  # an arrondissement of Paris
        ("QN04801N", "avs-coverage explain 48 QN04801N"),
        ("xyzzy", "avs-coverage structures 03"),
        ("", "avs-coverage structures 03"),
        ("commune:03-CS-01", "donnez une commune"),
        ("structure:Moulins", "donnez une commune"),
        ("99999", "donnez une commune"),
        ("Vichy (03190)", "proches"),  # the name and the code contradict each other
        ("Vichy (QP003003)", "proches"),
    ],
)
def test_what_is_unknown_is_refused_with_close_names_or_the_right_territory(allier, text, said):
    code, hint = refused(allier, text)
    assert code == "AVS-404"
    assert said in hint


def test_one_name_for_a_commune_a_quarter_and_a_structure_is_refused_with_what_to_type(allier):
    made = [
        Structure("a", "Moulins", "CS"),
        Structure("b", "Fontbouillant", "EVS"),
        Structure("03185", "Autre", "EVS"),
    ]
    assert refused(allier, "Moulins", made) == (
        "AVS-405", "écrivez commune:03190 (commune Moulins) ; structure:a (structure Moulins)",
    )  # fmt: skip
    assert refused(allier, "fontbouillant", made)[1].startswith("écrivez qpv:QP003005")
    assert "structure:03185" in refused(allier, "03185", made)[1]
    for text in ("commune:03190", "structure:a", "qpv:QP003005", "structure:03185"):
        kind, _, code = text.partition(":")
        assert find(allier, text, made) == (kind, code)


def test_two_structures_of_one_name_are_told_apart_by_their_ids(allier):
    made = [Structure("a", "Le Pré vert", "EVS"), Structure("b", "LE PRE VERT", "EVS")]
    code, hint = refused(allier, "le pré vert", made)
    assert code == "AVS-405"
    assert "structure:a" in hint
    assert "structure:b" in hint
    assert find(allier, "b", made) == ("structure", "b")


def test_in_an_epci_a_commune_of_the_same_departement_is_elsewhere():
    epci = Territory.find("200071140")  # CA Moulins Communauté
    assert find_subject("moulins", epci, EMPTY, ON).code == "03190"
    with pytest.raises(TerritoryError, match="Vichy") as raised:
        find_subject("Vichy", epci, EMPTY, ON)
    assert "avs-coverage explain 03 03310" in raised.value.faults[0].hint


def test_a_name_that_many_bear_is_refused_with_some_and_a_count():
    france = Territory.find("france")
    with pytest.raises(TerritoryError) as raised:
        find_subject("qpv:Centre ville", france, Inventory((), frozenset(), "", ""), date(2025, 6, 1))
    assert " de plus" in raised.value.faults[0].hint
    with pytest.raises(TerritoryError) as raised:
        find_subject("Saint-Denis", france, EMPTY, ON)
    assert "commune:93066" in raised.value.faults[0].hint
    assert "commune:97411" in raised.value.faults[0].hint


@pytest.mark.parametrize("text", ["jaligny", "farando", "centre"])
def test_words_of_a_name_are_only_proposed_where_they_may_mean_something_else(allier, text):
    code, hint = refused(allier, text)  # a commune's name, a part of a word, several structures
    assert code == "AVS-404"
    if text == "jaligny":
        assert "commune:03132" in hint
        assert "structure:03-CS-06" in hint
