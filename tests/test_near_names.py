"""Near names: the index proposes what comparing every name would put first."""

from __future__ import annotations

import pytest

from avs_coverage import near_names
from avs_coverage.gazetteer import Gazetteer
from avs_coverage.near_names import NearNames

MISSPELT = (
    ("Saint-Pourçain-sur-Sioulle", "Saint-Pourçain-sur-Sioule (03254)"),
    ("Montlucon-", "Montluçon (03185)"),
    ("Bourbon l'Archambaud", "Bourbon-l'Archambault (03036)"),
    ("Yzeurre", "Yzeure (03321)"),
    ("Pourçain-sur-Sioule", "Saint-Pourçain-sur-Sioule (03254)"),
    ("Lapalise", "Lapalisse (03138)"),
)


@pytest.fixture(scope="module")
def gazetteer():
    everywhere = Gazetteer().departements
    return Gazetteer(everywhere), everywhere


@pytest.mark.parametrize(("typed", "meant"), MISSPELT)
def test_a_misspelt_name_is_proposed_among_all_those_of_france(gazetteer, typed, meant):
    names, everywhere = gazetteer
    assert meant in names.close_names(typed, everywhere)
    assert meant in names.close_names(typed, ["03"])


def test_the_first_proposed_is_that_of_comparing_every_name(gazetteer, monkeypatch):
    names, everywhere = gazetteer
    keys = [key for departement in everywhere for key, _ in names._keyed(departement)]
    typed = [f"{key[:3]}x{key[3:]}" for key in keys[::1500] if len(key) > 8]
    near = NearNames(keys)
    found = [keys[near.like(one, 1)[0]] for one in typed]
    monkeypatch.setattr(near_names, "_ALL_UP_TO", len(keys))
    assert found == [keys[near.like(one, 1)[0]] for one in typed]
    assert len(typed) > 10


def test_nothing_is_like_nothing():
    assert NearNames([]).like("moulins", 3) == []
    assert NearNames(["moulins"]).like("", 3) == []


def test_names_mean_what_they_meant(gazetteer):
    names, everywhere = gazetteer
    assert [c.code for c in names.named("Vergné", ["17"])] == ["17464"]
    assert [c.code for c in names.named("La Vergne", ["17"])] == ["17465"]
    assert [c.code for c in names.named("Donjon", ["03"])] == ["03103"]
    assert [c.code for c in names.named("VICHY CEDEX 2", ["03"])] == ["03310"]
    assert [c.code for c in names.named("MontluÃ§on", everywhere)] == ["03185"]
