"""The years of a territory: a made list worked out by hand, the real one of Allier, and what is refused."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from avs_coverage import Territory, coverage_history, get_rule, load_structures
from avs_coverage.changes import CAUSES
from avs_coverage.figure import MEASURES
from avs_coverage.history import ROW_COLUMNS, usual_years
from avs_coverage.inventory import Inventory
from avs_coverage.report import Report
from avs_coverage.reports.history_page import history_document
from avs_coverage.reports.terminal import print_document
from tests.worlds import structure, territory

ALLIER = Territory.find("allier")
MADE = """\
id;nom;type;code_insee;communes_desservies;premier_agrement;agrement_fin;acf;acf_debut;ps_jeunes;ps_jeunes_debut
A;Alpha;CS;03185;03185|03101;;;oui;;;
B;Beta;CS;03310;03310|03095;2019;30/06/2021;;2020-05-01;non;
C;Gamma;CS;03310;03310;01/07/2021;;non;;;2022-09-01
D;Delta;EVS;03095;03095;01/09/2020;;;;;
E;Epsilon;EVS;03138;03138;2015;31/12/2020;;;;
F;Zeta;EVS;03048;03048;01/03/2020;30/10/2020;;;;
G;Eta;CS;03190;03190|03013;01/01/2022;;;;;
H;Theta;EVS;03013;03013;01/01/2022;;;;;
"""
"""Montluçon 33 147 and Domérat 8 622 inhabitants, Vichy 25 115, Cusset 13 316, Lapalisse 3 138, Cérilly
1 316, Moulins 19 206, Avermes 4 074."""


@pytest.fixture
def made(tmp_path):
    path = tmp_path / "liste.csv"
    path.write_text(MADE, encoding="utf-8")
    inventory = load_structures(path, ALLIER.name)
    return coverage_history(ALLIER, inventory, get_rule("declared"), 2019, 2022)


def parts(year):
    return [(c.status, c.structures, c.gained, c.lost, c.inhabitants) for c in year.changes]


def numerators(year, measure):
    return tuple(year.figure(measure, status).numerator for status in ("cs", "evs_seul", "avs", "aucune"))


def test_counts_openings_and_closures_are_those_worked_out_by_hand(made):
    assert [(y.count.cs, y.count.evs, y.undated) for y in made] == [
        (2, 1, (1, 0)), (2, 2, (1, 0)), (2, 1, (1, 0)), (3, 2, (1, 0)),
    ]  # fmt: skip
    assert [[s.id for s in y.opened] for y in made] == [["B"], ["F", "D"], ["C"], ["G", "H"]]
    # E ends on 31 December 2020 and is open that day; F opens and closes in 2020.
    assert [[s.id for s in y.ended] for y in made] == [[], ["F"], ["E", "B"], []]
    assert (
        {y.closed for y in made} == {y.lapsed for y in made} == {()}
    )  # the list says of none that it closed
    assert [y.count.published_cs for y in made] == [19, 19, 19, 20]


def test_agreements_are_those_held_at_the_end_of_each_year(made):
    # A: yes without a date, every year. B: from May 2020, closed in 2021. C: no. G: not said.
    rows = [(y.acf.yes, y.acf.no, y.acf.unknown, y.acf.undated) for y in made]
    assert rows == [(1, 1, 0, 1), (2, 0, 0, 1), (1, 1, 0, 1), (1, 1, 1, 1)]
    # A: not said. B: no. C: from September 2022, no before. G: not said.
    rows = [(y.ps_jeunes.yes, y.ps_jeunes.no, y.ps_jeunes.unknown, y.ps_jeunes.undated) for y in made]
    assert rows == [(0, 1, 1, 0), (0, 1, 1, 0), (0, 1, 1, 0), (1, 0, 2, 0)]
    assert [y.acf.published for y in made] == [None, None, None, 17]


def test_coverage_and_its_changes_are_those_worked_out_by_hand(made):
    assert [numerators(y, "communes")[:3] for y in made] == [(4, 1, 5), (4, 1, 5), (3, 1, 4), (5, 1, 6)]
    # CS: Montluçon, Domérat, Vichy, Cusset; less Cusset in 2021; Moulins and Avermes more in 2022.
    cs = 33_147 + 8_622 + 25_115 + 13_316
    assert [numerators(y, "habitants")[0] for y in made] == [cs, cs, cs - 13_316, cs - 13_316 + 23_280]
    assert parts(made[0]) == [
        ("cs", ("B",), ("03095", "03310"), (), 38_431),
        ("avs", ("B",), ("03095", "03310"), (), 38_431),
    ]
    assert parts(made[1]) == []  # Cusset had a CS already when Delta opened
    assert parts(made[2]) == [
        # Gamma takes Vichy over and leaves Cusset, where Delta is then alone.
        ("cs", ("B",), (), ("03095",), -13_316),
        ("evs_seul", ("B",), ("03095",), (), 13_316),
        ("evs_seul", ("E",), (), ("03138",), -3_138),
        ("avs", ("E",), (), ("03138",), -3_138),
    ]
    assert parts(made[3]) == [
        ("cs", ("G",), ("03013", "03190"), (), 23_280),
        ("avs", ("G",), ("03190",), (), 19_206),
        ("avs", ("G", "H"), ("03013",), (), 4_074),
    ]


def test_rows_of_the_table_add_up_from_year_to_year(run, tmp_path):
    (tmp_path / "liste.csv").write_text(MADE, encoding="utf-8")
    typed = ("history", "allier", "--structures", "liste.csv", "--from", "2019", "--to", "2022")
    assert run(*typed, "--csv", "h.csv", "--csv-dialect", "standard").returncode == 0
    rows = list(csv.DictReader(io.StringIO((tmp_path / "h.csv").read_text("utf-8"), newline="")))
    assert list(rows[0])[: len(ROW_COLUMNS)] == list(ROW_COLUMNS)
    # Each row rests on its own year.
    assert all(row["date"] == f"{row['annee']}-12-31" for row in rows)
    assert {row["completude"] for row in rows if row["annee"] == "2019"} == {"CS=2/19|EVS=1/8"}
    figures, changes = {}, {}
    for row in rows:
        key = (int(row["annee"]), row["mesure"], row["statut"])
        if row["ligne"] == "couverture":
            figures[key] = float(row["valeur"])
        elif row["ligne"] == "variation" and row["statut"]:
            assert row["structures"]
            changes[key] = changes.get(key, 0) + float(row["valeur"])
    for year in (2020, 2021, 2022):
        for measure in MEASURES:
            for status in CAUSES:
                key = (year, measure, status)
                was = figures[year - 1, measure, status]
                assert figures[key] - was == pytest.approx(changes.get(key, 0), abs=0.001)
    told = json.loads(run(*typed, "--json").stdout)
    assert len(told["history"]) == len(rows)
    assert [year["ouvertures"] for year in told["annees"]] == [["B"], ["F", "D"], ["C"], ["G", "H"]]
    last = told["annees"][3]
    acf = {name: last["acf"][name] for name in ("oui", "sans_date", "non", "non_renseigne", "publie")}
    assert acf == {"oui": 1, "sans_date": 1, "non": 1, "non_renseigne": 1, "publie": 17}
    assert "17 CS et 10 EVS publiés" in last["hors_fourchette"]
    assert {"structures": ["G", "H"], "statut": "avs"}.items() <= last["variations"][2].items()


def test_the_page_says_the_parts_and_their_sum(run, tmp_path):
    (tmp_path / "liste.csv").write_text(MADE, encoding="utf-8")
    text = run("history", "allier", "--structures", "liste.csv", "--to", "2022").stdout.decode()
    text = text.replace("\N{NARROW NO-BREAK SPACE}", " ")
    assert text.startswith("Évolution de 2015 à 2022 — Allier (03)")  # Epsilon opens in 2015
    assert "+2 communes couvertes par un CS (de 3 à 5), +23 280 habitants (de 66 884 à 90 164)." in text
    assert "-1 commune couverte par un CS (de 4 à 3), -13 316 habitants (de 80 200 à 66 884)." in text
    assert (
        "Fins d'agrément, renouvellement non connu (2) : Epsilon (EVS, Lapalisse) ; Beta (CS, Vichy)." in text
    )
    assert "0 commune couverte par un EVS seul (1 comme avant)" in text
    assert "Aucun changement connu en 2016, 2017 et 2018." in text
    assert (
        "1 structure sans date de premier agrément est tenue pour ouverte chaque année (1 CS, 0 EVS)" in text
    )


def test_the_years_of_allier_stand_beside_the_published_ones(allier):
    coverage = allier.coverage
    years = coverage_history(ALLIER, coverage.inventory, coverage.rule, 2019, 2022)
    assert tuple(year.count for year in years) == allier.years
    assert [(y.count.cs, y.count.evs, y.count.published_cs, y.count.published_evs) for y in years] == [
        (9, 4, 19, 8), (9, 5, 19, 9), (9, 6, 19, 10), (10, 8, 20, 12),
    ]  # fmt: skip
    assert [numerators(y, "communes")[2] for y in years] == [10, 11, 12, 15]
    assert years[-1].coverage.figures() == coverage.figures()
    assert [[s.id for s in y.opened] for y in years] == [
        [], ["03-EVS-01"], ["03-EVS-02"], ["03-CS-10", "03-EVS-03", "03-EVS-04"],
    ]  # fmt: skip
    assert {year.undated for year in years} == {(9, 4)}
    assert [(y.acf.yes, y.acf.undated, y.acf.unknown) for y in years] == [(6, 6, 3)] * 3 + [(6, 6, 4)]


WORLD = territory({"03001": "A", "03002": "A", "03003": "", "03004": ""})
days = st.none() | st.dates(date(2018, 1, 1), date(2023, 12, 31))


@settings(max_examples=15)
@given(
    drawn=st.lists(
        st.tuples(
            st.sampled_from(["CS", "EVS"]), st.sampled_from(list(WORLD.communes.index)), *[days] * 4,
            st.booleans(), st.sampled_from(["confirme", "confirme", "a_confirmer"]),
        ),
        max_size=6,
    ),
    rule=st.sampled_from(["declared", "implantation", "radius:1km", "travel-time:2min"]),
)  # fmt: skip
def test_each_year_is_the_one_before_with_what_opened_and_closed(drawn, rule):
    structures = [
        structure(
            f"s{rank}", kind, seat, world=WORLD, first=first, start=start, end=end, closed_on=closed_on,
            in_grace=in_grace and end is not None and closed_on is None, status=status,
        )
        for rank, (kind, seat, first, start, end, closed_on, in_grace, status) in enumerate(drawn)
        if min(filter(None, (end, closed_on)), default=date.max)
        >= min(filter(None, (first, start)), default=date.min)
    ]  # fmt: skip
    inventory = Inventory(tuple(structures), frozenset({"03"}), "essai", "essai")
    years = coverage_history(WORLD, inventory, get_rule(rule), 2017, 2025)
    backwards = Inventory(tuple(reversed(structures)), frozenset({"03"}), "essai", "essai")
    again = coverage_history(WORLD, backwards, get_rule(rule), 2017, 2025)
    assert [y.to_record() for y in again] == [y.to_record() for y in years]
    for before, after in pairwise(years):
        for kind in ("cs", "evs"):
            opened, closed = (
                sum(s.type == kind.upper() for s in found)
                for found in (after.opened, (*after.closed, *after.ended))
            )
            assert getattr(after.count, kind) == getattr(before.count, kind) + opened - closed
        for status in CAUSES:
            for measure in MEASURES:
                moved = sum(c.amount(measure) for c in after.changes if c.status == status)
                gone = before.figure(measure, status).numerator
                assert after.figure(measure, status).numerator == pytest.approx(gone + moved, abs=1e-6)
        assert all(s.is_open(after.coverage.on) for s in after.lapsed)
        dated = {s.id for s in (*after.opened, *after.closed, *after.ended)}
        assert all(set(change.structures) <= dated for change in after.changes)
    assert years[-1].changes == years[0].changes == ()


def test_the_usual_years_go_ten_back_at_most():
    old = structure("a", "CS", "03001", world=WORLD, first=date(1998, 5, 1))
    inventory = Inventory((old,), frozenset({"03"}), "essai", "essai")
    made = territory({"48001": ""}, departement="48")
    assert list(usual_years(made, inventory, date(2022, 12, 31))) == []  # not one of this territory
    assert list(usual_years(WORLD, inventory, date(2022, 12, 31)))[:1] == [2013]
    assert list(usual_years(WORLD, inventory, date(2022, 12, 30)))[-1] == 2021


def screen(report, years, width):
    stream = io.StringIO()
    console = Console(file=stream, width=width, force_terminal=True, color_system=None, highlight=False)
    print_document(history_document(report, years), console)
    return stream.getvalue()


@pytest.mark.parametrize("width", [40, 80, 160])
def test_no_line_is_wider_than_the_screen(width, allier, made):
    whole = coverage_history(ALLIER, allier.coverage.inventory, allier.coverage.rule, 2019, 2022)
    for report, years in ((allier, whole), (Report(made[-1].coverage), made)):
        lines = screen(report, years, width).splitlines()
        assert max(map(len, lines)) <= width
        assert "\n".join(lines).count("CE QUI A CHANGÉ EN") >= 3


def test_parts_too_many_for_a_screen_still_add_up_in_it():
    codes = list(ALLIER.communes.index)[:20]
    structures = tuple(
        structure(code, "CS", code, "complete", code, first=date(2022, 1, 1)) for code in codes
    )
    inventory = Inventory(structures, frozenset({"03"}), "essai", "essai")
    years = coverage_history(ALLIER, inventory, get_rule("declared"), 2022, 2022)
    text = screen(Report(years[0].coverage), years, 160)
    assert "+20 communes couvertes par un CS (de 0 à 20)" in text
    assert text.count("8 autres parts") == 2
    assert "et 8 de plus" in text  # the openings


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (("--date", "2022"), "AVS-210"),
        (("--from", "19"), "quatre chiffres"),
        (("--from", "1949"), "de 1950"),
        (("--to", "demain"), "AVS-203"),
        (("--from", "2021", "--to", "2020"), "2020 au plus"),
        (("--from", "1950"), "50 ans au plus"),
        (("--to", "2023"), "l'état au 31/12/2022"),
        (("--rule", "declared,implantation"), "AVS-215"),
    ],
)
def test_years_that_make_no_sense_are_refused(run, typed, said):
    result = run("history", "allier", *typed)
    assert result.returncode == 2
    assert said in result.stderr.decode()
    assert result.stdout == b""


def test_without_an_inventory_only_what_is_published_is_said(run):
    text = run("history", "seine-et-marne").stdout.decode()
    assert "la couverture est inconnue" in text
    assert re.search(r"2019 +43 +24\n", text)
    assert "aucun nombre publié" in run("history", "lozere").stdout.decode()
    told = json.loads(run("history", "lozere", "--json").stdout)
    (year,) = told["annees"]
    assert (year["annee"], year["nb_cs"], year["acf"]["oui"], year["nb_cs_publie"]) == (
        2025,
        None,
        None,
        None,
    )
    counts = {row["mesure"]: row["valeur"] for row in told["history"] if row["ligne"] == "structures"}
    assert set(counts.values()) == {None}


def test_a_list_for_a_part_of_france_has_its_history(run, tmp_path):
    (tmp_path / "liste.csv").write_text(MADE, encoding="utf-8")
    typed = ("history", "france", "--structures", "liste.csv", "--from", "2021", "--to", "2022", "--json")
    told = json.loads(run(*typed).stdout)
    assert [(y["annee"], y["nb_cs"], y["nb_evs"]) for y in told["annees"]] == [(2021, 2, 1), (2022, 3, 2)]


def test_a_study_folder_has_its_history_up_to_the_year_before_its_date(run):
    run("init", "allier", "etude", "--example")
    told = json.loads(run("history", "./etude", "--json").stdout)
    assert told["fictif"] is True
    assert told["annees"][-1]["annee"] == 2025
    assert told["annees"][-1]["acf"]["sans_date"] == 0
    yes = [year["acf"]["oui"] for year in told["annees"]]
    assert yes == sorted(yes)
    assert yes[0] < yes[-1]


AGREED = """id;nom;type;code_insee;communes_desservies;premier_agrement;agrement_fin;acf_debut;ps_jeunes_debut
A;Alpha;CS;03185;03185;2010-01-01;2020-06-30;2012-01-01;
B;Beta;CS;03310;03310;2010-01-01;;2021-09-01;2022-01-01
C;Gamma;EVS;03190;03190;;;;
"""


def test_each_agreement_gained_or_lost_names_its_centre(run, tmp_path):
    # ACF: Alpha's ends with it in 2020, Beta's begins in 2021; PS jeunes: Beta's in 2022.
    (tmp_path / "liste.csv").write_text(AGREED, encoding="utf-8")
    typed = ("history", "allier", "--structures", "liste.csv", "--from", "2019", "--to", "2022")
    made = json.loads(run(*typed, "--json").stdout)
    acf = [(y["annee"], y["acf"]["oui"], y["acf"]["gagnes"], y["acf"]["perdus"]) for y in made["annees"]]
    assert acf == [(2019, 1, [], []), (2020, 0, [], ["A"]), (2021, 1, ["B"], []), (2022, 1, [], [])]
    assert [y["ps_jeunes"]["gagnes"] for y in made["annees"]] == [[], [], [], ["B"]]
    rows = [r for r in made["history"] if r["ligne"] == "variation" and r["mesure"].endswith("_oui")]
    assert [(r["annee"], r["mesure"], r["valeur"], r["noms_structures"]) for r in rows] == [
        (2020, "acf_oui", -1, ["Alpha"]),
        (2021, "acf_oui", 1, ["Beta"]),
        (2022, "ps_jeunes_oui", 1, ["Beta"]),
    ]  # fmt: skip
    page = run(*typed).stdout.decode()
    assert "ACF : +1 CS (Beta)." in page
    assert "ACF : -1 CS (Alpha)." in page


def test_what_is_not_dated_opens_the_brackets_of_past_years_whoever_gave_the_list(run, tmp_path):
    (tmp_path / "liste.csv").write_text(AGREED, encoding="utf-8")
    typed = ("history", "allier", "--structures", "liste.csv", "--from", "2020", "--to", "2022")
    made = json.loads(run(*typed, "--json").stdout)
    brackets = {
        (row["annee"], row["statut"]): (row["minorant"], row["valeur"], row["majorant"])
        for row in made["history"]
        if (row["ligne"], row["mesure"]) == ("couverture", "communes")
    }
    # Gamma may have opened in any year: on the last one it is there.
    assert brackets[2020, "avs"] == brackets[2021, "avs"] == (1, 2, 2)
    assert brackets[2022, "avs"] == (2, 2, 2)
    counts = {(r["annee"], r["mesure"]): (r["minorant"], r["valeur"], r["majorant"]) for r in made["history"]}
    assert counts[2020, "nb_evs"] == (0, 1, 1)
    assert counts[2022, "nb_evs"] == (1, 1, 1)
    page = run(*typed).stdout.decode()
    assert "hors structures sans date d'agrément" in page
    assert "Hors fourchette en 2020, 2021 et 2022" not in page  # not the same text each year
    assert "Hors fourchette en 2022 : 19 CS et 11 EVS publiés mais non identifiés" in page
