"""A user's own published figures: what is read, set aside and refused, with every fault at once."""

from __future__ import annotations

import pytest

from avs_coverage import find_territory_name, read_figures
from avs_coverage.errors import InputError
from avs_coverage.loaders.examine import nature_of
from avs_coverage.readings import ROUNDED

ALLIER = find_territory_name("allier")


@pytest.fixture
def read(write):
    return lambda content, territory=ALLIER: read_figures(write(content, "chiffres.csv"), territory)


@pytest.fixture
def faults(read):
    def _faults(content):
        with pytest.raises(InputError) as caught:
            read(content)
        return [(fault.line, fault.column, fault.code) for fault in caught.value.faults]

    return _faults


def test_figures_are_read_as_printed_and_rows_of_elsewhere_set_aside(read):
    found = read(
        "Indicateur;Valeur publiée;Année;Qualificatif;Source;Territoire\n"
        "pct_communes_cs;69,0 %;2022;;Mon schéma;Allier\n"
        "NB_CS;1 020;2022;près de;;03\n"
        "nb_cs;43;2019;;;Seine-et-Marne\n"
        ";;;;;\n"
    )
    share, count = found.figures
    assert (share.code, share.year, share.text, share.unit, share.source) == (
        "pct_communes_cs", 2022, "69.0", "%", "Mon schéma",
    )  # fmt: skip
    # 69.0 says more than 69: 219 of 317 is 69.1 %.
    assert share.printed.counts(317, ROUNDED) == (219, 218)
    assert (count.text, count.qualifier_code, count.given_in) == ("1020", "pres_de", "chiffres.csv, ligne 3")
    assert count.source == "chiffres.csv"
    assert (found.rows_read, found.rows_used, len(found.set_aside)) == (4, 2, 2)
    assert "Seine-et-Marne (77)" in found.set_aside[0].what


def test_every_fault_is_said_at_once(faults):
    assert faults(
        "indicateur;valeur;annee;qualificatif;unite;territoire\n"
        "pct_communes;69;2022;;;\n"
        "nb_cs;20,5;2022;;;\n"
        "nb_cs;-3;2022;;;\n"
        "pct_hab_avs;172;22;;;\n"
        "nb_evs;environ 12;2022;presque;;\n"
        "nb_cs;85;2022;;%;\n"
        "nb_cs;20;2022;;;Nulle part\n"
        "nb_cs;;;;;\n"
        "nb_cs;#N/A;2022;;;\n"
        "nb_cs;20;2022;;;;de trop\n"
    ) == [
        (2, "indicateur", "AVS-390"),
        (3, "valeur", "AVS-319"),
        (4, "valeur", "AVS-319"),
        (5, "annee", "AVS-393"),
        (5, "valeur", "AVS-392"),
        (6, "valeur", "AVS-319"),
        (6, "qualificatif", "AVS-313"),
        (7, "unite", "AVS-313"),
        (8, "territoire", "AVS-401"),
        (9, "valeur", "AVS-391"),
        (9, "annee", "AVS-391"),
        (10, "valeur", "AVS-336"),
        (11, "G", "AVS-306"),
    ]


def test_needed_columns_are_asked_for(faults):
    assert faults("indicateur;valeur\nnb_cs;20\n") == [(1, "annee", "AVS-304")]
    assert faults("a;b\n1;2\n") == [(0, "", "AVS-303")]


def test_a_file_without_any_figure_of_the_territory_is_refused(faults):
    assert faults("indicateur;valeur;annee;territoire\nnb_cs;20;2022;77\n") == [(0, "", "AVS-394")]


def test_an_unknown_indicator_comes_with_close_ones(read):
    with pytest.raises(InputError) as caught:
        read("indicateur;valeur;annee\npct_commune_cs;69;2022\n")
    assert "pct_communes_cs" in caught.value.faults[0].hint


def test_a_share_below_one_percent_is_doubted_unless_it_says_percent(read):
    found = read("indicateur;valeur;annee\npct_communes_cs;0.69;2022\npct_communes_avs;0,5 %;2022\n")
    assert [(w.code, w.line) for w in found.warnings] == [("AVS-942", 2)]
    assert [figure.text for figure in found.figures] == ["0.69", "0.5"]


def test_a_workbook_is_read_alike(write, tmp_path):
    import xlsxwriter

    with xlsxwriter.Workbook(tmp_path / "chiffres.xlsx") as book:
        sheet = book.add_worksheet()
        for line, row in enumerate([("indicateur", "valeur", "annee"), ("nb_cs", 20, 2022)]):
            sheet.write_row(line, 0, row)
    (figure,) = read_figures(tmp_path / "chiffres.xlsx", ALLIER).figures
    assert (figure.text, figure.year) == ("20", 2022)


def test_check_knows_the_file_by_its_headers(write):
    # The unit « CS » is also a type of structure: the headers decide.
    assert nature_of(write("indicateur;valeur;annee;unite\nnb_cs;20;2022;CS\n", "x.csv")) == "chiffres"


def test_a_count_with_three_zeros_behind_a_sign_is_refused_and_not_read_as_a_thousandth(tmp_path):
    path = tmp_path / "chiffres.csv"
    path.write_text("indicateur;valeur;annee\nhab_communes_cs;879.000;2021\n", encoding="utf-8")
    with pytest.raises(InputError) as raised:
        read_figures(path, None)
    assert [fault.code for fault in raised.value.faults] == ["AVS-319"]


def test_too_many_figures_are_refused_at_once(tmp_path):
    path = tmp_path / "chiffres.csv"
    rows = "".join(f"nb_cs;{rank};2021\n" for rank in range(501))
    path.write_text(f"indicateur;valeur;annee\n{rows}", encoding="utf-8")
    with pytest.raises(InputError) as raised:
        read_figures(path, None)
    assert [fault.code for fault in raised.value.faults] == ["AVS-397"]
