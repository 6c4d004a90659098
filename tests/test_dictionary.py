"""One dictionary describes every column that leaves the tool, and nothing else."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from avs_coverage.dictionary import KINDS, describe_column, describe_indicator, dictionary
from avs_coverage.embedded import read_csv
from avs_coverage.indicators import Indicator
from avs_coverage.reports.geo_layers import layers
from avs_coverage.tables import STAMP_COLUMNS, tables_of

VIEW_OF_LAYER = {"zones_blanches": "zones", "couverture_a_preciser": "zones"}


@pytest.fixture(scope="module")
def views(allier):
    return {view.name: view for view in tables_of(allier)}


@pytest.fixture(scope="module")
def held(views, allier):
    """Return the columns of each view, as tables and layers hold them."""
    found = {name: set(view.columns) for name, view in views.items()}
    for layer in layers(allier):
        name = VIEW_OF_LAYER.get(layer.name, layer.name)
        found.setdefault(name, set()).update(column.name for column in layer.columns)
    return found


def test_every_column_of_a_table_or_of_a_layer_is_described_and_no_row_is_there_for_nothing(held):
    used = set()
    for view, names in held.items():
        for name in names:
            assert describe_column(name, view).name == name
            used.add((view, name) if (view, name) in dictionary() else ("", name))
    assert used == set(dictionary())


def test_no_row_of_the_dictionary_stands_twice():
    rows = [(view, row["colonne"]) for row in read_csv("dictionary.csv") for view in row["vue"].split("|")]
    assert len(rows) == len(set(rows)) == len(dictionary())


def test_a_layer_describes_its_columns_as_the_table_does(allier):
    for layer in layers(allier):
        view = VIEW_OF_LAYER.get(layer.name, layer.name)
        assert list(layer.columns) == [describe_column(column.name, view) for column in layer.columns]


def test_a_column_says_what_it_means(held):
    for view, names in held.items():
        for one in (describe_column(name, view) for name in names):
            assert one.kind in KINDS
            assert one.label[0].isupper()
            assert "_" not in one.label
            # « premier jour », « son nom »: a meaning stands alone, wherever it is read
            assert len(one.meaning.split()) > 2, (view, one)
            assert not one.meaning.endswith(".")
            assert one.kind not in ("entier", "nombre") or one.unit or one.name == "rang", (view, one)


def test_no_two_columns_of_a_view_have_one_label(held):
    for view, names in held.items():
        labels = [describe_column(name, view).label.casefold() for name in names]
        assert sorted(labels) == sorted(set(labels)), view


def test_a_column_comes_from_a_source_that_the_report_can_name(held, allier):
    vintages = allier.coverage.territory.vintages
    for view, names in held.items():
        assert all(describe_column(name, view).source_text(vintages) for name in names)


def test_values_are_of_the_kind_that_the_dictionary_says(views):
    types = {
        "code": (str, list), "texte": (str,), "annee": (int,), "entier": (int,), "nombre": (int, float),
        "part": (float, int), "coordonnee": (float,), "date": (str,), "oui_non": (bool,),
        "liste": (list, tuple, str), "paires": (dict,),
    }  # fmt: skip
    for view in views.values():
        for record in view.records:
            assert set(record) >= set(view.columns)
            for name in view.columns:
                value, kind = record[name], describe_column(name, view.name).kind
                if value is None:
                    continue
                assert type(value) in types[kind], (view.name, name, value)
                if kind == "date":
                    date.fromisoformat(value)
                if kind == "part":
                    assert 0 <= value <= 1


def test_an_indicator_is_described_by_its_nature():
    """A class is text: a data package that calls it a number is refused by whoever reads it."""
    states = pd.Series(["connu"], index=["03185"])
    for nature, kind in (("classe", "texte"), ("effectif", "nombre"), ("inconnue", "nombre")):
        one = Indicator("CTG", "Convention", nature, "", "Caf", "2024", "f.csv", states, states)
        value, state = describe_indicator(one)
        assert (value.name, value.kind, value.meaning) == ("CTG", kind, "Convention ; Caf ; 2024")
        assert (state.name, state.kind) == ("CTG_etat", "texte")


def test_every_row_carries_the_columns_of_the_stamp(allier, views):
    assert tuple(allier.stamp) == STAMP_COLUMNS
    for view in views.values():
        assert set(view.columns) >= set(STAMP_COLUMNS) or view.name == "structures"
