from __future__ import annotations

import pytest

from avs_coverage import Territory, TerritoryError, find_territory_name
from avs_coverage.embedded import read_csv


@pytest.mark.parametrize(
    ("typed", "kind", "code"),
    [
        ("allier", "departement", "03"),
        ("ALLIER", "departement", "03"),
        (" l'Allier ", "departement", "03"),
        ("03", "departement", "03"),
        ("3", "departement", "03"),
        ("003", "departement", "03"),
        ("FR-03", "departement", "03"),
        ("Allier (03)", "departement", "03"),
        ("seine et marne", "departement", "77"),
        ("SEINE-ET-MARNE", "departement", "77"),
        ("Val-de-Marne", "departement", "94"),
        ("val de marne", "departement", "94"),
        ("2a", "departement", "2A"),
        ("02B", "departement", "2B"),
        ("Corse du Sud", "departement", "2A"),
        ("971", "departement", "971"),
        ("la réunion", "departement", "974"),
        ("Reunion", "departement", "974"),
        ("cote d'or", "departement", "21"),
        ("cotes d’armor", "departement", "22"),
        ("Côtes-du-Nord", "departement", "22"),
        ("Loire-Inférieure", "departement", "44"),
        ("Loire", "departement", "42"),
        ("Rhône", "departement", "69"),
        ("mayotte", "departement", "976"),
        ("Paris", "departement", "75"),
        ("84", "departement", "84"),
        ("departement:84", "departement", "84"),
        ("region:84", "region", "84"),
        ("région:auvergne rhone alpes", "region", "84"),
        ("region:la réunion", "region", "04"),
        ("Corse", "region", "94"),
        ("bretagne", "region", "53"),
        ("france", "france", "FR"),
        ("200071082", "epci", "200071082"),
        ("CA Montluçon Communauté", "epci", "200071082"),
        ("montlucon communaute", "epci", "200071082"),
        ("pays de lapalisse", "epci", "240300491"),
        ("Métropole du Grand Paris", "epci", "200054781"),
        ("epci:moulins communauté", "epci", "200071140"),
    ],
)
def test_a_territory_is_found_however_typed(typed, kind, code):
    found = find_territory_name(typed)
    assert (found.kind, found.code) == (kind, code)


def test_every_departement_is_found_by_its_code_and_by_its_name():
    for row in read_csv("departements.csv"):
        for typed in (row["code"], row["nom"], row["nom"].upper(), f"{row['nom']} ({row['code']})"):
            assert find_territory_name(typed).code == row["code"], typed


def test_every_epci_is_found_by_its_siren_and_by_its_name_unless_two_bear_it():
    for row in read_csv("epci.csv"):
        assert find_territory_name(row["siren"]).code == row["siren"]
        if row["nom"] == "CC des Quatre Rivières":
            with pytest.raises(TerritoryError) as caught:
                find_territory_name(f"epci:{row['nom']}")
            assert caught.value.faults[0].code == "AVS-402"
        else:
            assert find_territory_name(f"epci:{row['nom']}").code == row["siren"]


@pytest.mark.parametrize(
    ("typed", "code", "proposed"),
    [
        ("alier", "AVS-401", "Allier (03)"),
        ("Ile-et-Vilaine", "AVS-401", "Ille-et-Vilaine (35)"),
        ("loir", "AVS-401", "Loire (42)"),
        ("20", "AVS-401", "2A et 2B"),
        ("03185", "AVS-401", "code de commune"),
        ("Allier (63)", "AVS-401", "Allier (03)"),
        ("99", "AVS-401", "département"),
        ("", "AVS-401", "allier"),
        ("   ", "AVS-401", "allier"),
        ("quatre rivieres", "AVS-402", "247000623"),
        ("./allier", "AVS-403", "territoire"),
        (".\\allier", "AVS-403", "territoire"),
    ],
)
def test_an_unknown_or_ambiguous_territory_is_refused_with_what_to_type(typed, code, proposed):
    with pytest.raises(TerritoryError) as caught:
        find_territory_name(typed)
    fault = caught.value.faults[0]
    assert fault.code == code
    assert proposed in fault.hint


def test_an_epci_across_the_border_has_all_its_communes_and_a_departement_names_the_others():
    moulins = Territory.find("CA Moulins Communauté")
    assert sorted(set(moulins.communes["departement"])) == ["03", "58"]
    assert len(moulins.communes) == 44
    outside = Territory.find("03").epci_outside
    assert outside["200071140"] == ["Dornes (58104)", "Saint-Parize-en-Viry (58259)"]
    assert len(outside["200071884"]) == 41  # Le Grand Charolais has 44, of which 3 in Allier
    assert set(outside) == {"200071140", "200071884"}


def test_boundaries_come_in_the_projection_of_the_territory():
    allier = Territory.find("03").boundaries()
    assert (len(allier), allier.crs.to_epsg()) == (317, 2154)
    assert Territory.find("974").boundaries().crs.to_epsg() == 2975


def test_named_rows_are_those_of_pandas():
    from avs_coverage.territory import named_rows

    communes = Territory.find("allier").communes
    assert list(map(tuple, named_rows(communes))) == list(map(tuple, communes.itertuples()))
    assert next(named_rows(communes))._fields == ("Index", *communes.columns)
