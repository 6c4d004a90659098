"""Commune names as people write them."""

from __future__ import annotations

import pytest

from avs_coverage.gazetteer import Gazetteer

GAZETTEER = Gazetteer()


@pytest.mark.parametrize(
    ("typed", "departement", "code"),
    [
        ("Montluçon", "03", "03185"),
        ("MONTLUCON", "03", "03185"),
        ("MontluÃ§on", "03", "03185"),  # UTF-8 read as cp1252
        ("  montlucon  ", "03", "03185"),
        ("VICHY CEDEX", "03", "03310"),
        ("Vichy Cedex 2", "03", "03310"),
        ("St-Pourçain-sur-Sioule", "03", "03254"),
        ("SAINT POURCAIN S/ SIOULE", "03", "03254"),
        ("Ste Thérence", "03", "03261"),
        ("Donjon", "03", "03103"),
        ("Donjon (Le)", "03", "03103"),
        ("le donjon", "03", "03103"),
        ("Bourbon l’Archambault", "03", "03036"),
        ("L'Haÿ-les-Roses", "94", "94038"),
        ("HAY LES ROSES (L')", "94", "94038"),
        ("Deneuille lez Chantelle", "03", "03096"),
        ("Abergement-Clémenciat (L')", "01", "01001"),
        ("Œuilly", "51", "51410"),
        ("OEUILLY", "51", "51410"),
        ("Vergné", "17", "17464"),
        ("La Vergne", "17", "17465"),
    ],
)
def test_a_name_means_one_commune_of_its_departement(typed, departement, code):
    assert [commune.code for commune in GAZETTEER.named(typed, [departement])] == [code]


@pytest.mark.parametrize("typed", ["Montlusson", "Vichi", "Moulin", "", "Saint", "Le", "Nulle-Part"])
def test_a_close_name_is_never_taken(typed):
    assert GAZETTEER.named(typed, ["03"]) == []


def test_a_close_name_is_proposed_with_its_code():
    assert GAZETTEER.close_names("Montlusson", ["03"])[0] == "Montluçon (03185)"


def test_every_commune_is_found_by_its_own_name_unless_two_bear_it():
    for departement in ("03", "17", "48", "2A", "974"):
        for commune in GAZETTEER.communes_of(departement).values():
            assert commune in GAZETTEER.named(commune.name, [departement]), commune
            assert commune in GAZETTEER.named(commune.name.upper(), [departement]), commune


def test_the_same_name_in_two_departements_is_two_communes():
    assert len(GAZETTEER.named("Sainte-Colombe", ["05", "17"])) == 2
