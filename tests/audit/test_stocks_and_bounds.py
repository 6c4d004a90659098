"""What is printed beside figures of coverage: stocks and flows, whole lists, numbers of structures."""

from __future__ import annotations

import json

import pytest

from avs_coverage import Files, Territory
from avs_coverage.audit_bounds import seat_bound
from tests.audit.helpers import audited, codes, own, rows, screen

# --- stocks and flows


def sums(made):
    return [(f.new.code, f.new.year, *(int(one.value) for one in (f.before, f.new, f.after)), f.closed)
            for f in made.flows]  # fmt: skip


def test_what_allier_prints_of_new_agreements_adds_up(allier_audit):
    assert sums(allier_audit) == [
        ("nb_evs_nouveaux", 2020, 8, 1, 9, 0),
        ("nb_evs_nouveaux", 2021, 9, 1, 10, 0),
        ("nb_evs_nouveaux", 2022, 10, 2, 12, 0),
        ("nb_cs_nouveaux", 2022, 19, 1, 20, 0),
        ("nb_cs_acf_nouveaux", 2022, 11, 6, 17, 0),
    ]
    assert not any(conflict.theme == "flux" for conflict in allier_audit.conflicts)
    made = rows(allier_audit)
    assert made["nb_evs_annee", 2020].possible == (9, 9)  # 8 + 1 at most, 10 - 1 at least
    assert made["nb_evs_annee", 2019].possible == (8, None)  # 9 - 1 at least
    assert made["nb_cs_acf_nouveaux", 2022].possible == (6, None)  # 17 - 11
    assert made["nb_cs_acf", 2022].possible == (17, 17)  # 85 % of 20, and 11 + 6
    page = screen(allier_audit, "allier")
    assert "Espaces de vie sociale : 8 (2019) + 1 = 9, le nombre publié pour 2020 : tient" in page
    assert "11 (2018) + 6 = 17" in page


def test_more_than_the_stock_and_what_is_new_cannot_be():
    printed = own("nb_evs", "8", 2019), own("nb_evs_nouveaux", "1", 2020), own("nb_evs", "10", 2020)
    made = audited("creuse", *printed)
    (found,) = made.conflicts
    assert (found.theme, found.year) == ("flux", 2020)
    assert codes(found) == [["nb_evs 10", "nb_evs 8", "nb_evs_nouveaux 1"]]
    assert [row.arithmetic for row in made.rows] == ["incoherent"] * 3
    page = screen(made, "creuse")
    assert "8 EVS (2019)" in page
    assert "ne tient pas" in page


def test_fewer_than_the_stock_and_what_is_new_are_closures():
    made = audited(
        "creuse", own("nb_cs", "8", 2019), own("nb_cs_nouveaux", "1", 2020), own("nb_cs", "7", 2020)
    )
    assert made.conflicts == ()
    assert [one.closed for one in made.flows] == [2]
    assert {row.arithmetic for row in made.rows} == {"coherent"}
    assert "il y aurait 2 sorties, qui ne sont pas dites" in screen(made, "creuse")


def test_a_year_without_its_stock_is_gone_through():
    printed = [own("nb_evs", "8", 2019), own("nb_evs", "12", 2021)]
    printed += [own("nb_evs_nouveaux", "1", year) for year in (2020, 2021)]
    (found,) = audited("creuse", *printed).conflicts
    assert codes(found) == [["nb_evs 12", "nb_evs 8", "nb_evs_nouveaux 1", "nb_evs_nouveaux 1"]]
    held = [*printed[:1], own("nb_evs", "10", 2021), *printed[2:]]
    assert audited("creuse", *held).conflicts == ()
    # With no new agreement printed for a year, nothing links its stock to the one before.
    assert audited("creuse", own("nb_evs", "8", 2019), own("nb_evs", "12", 2020)).conflicts == ()


def test_new_agreements_are_compared_with_the_openings_of_the_inventory(allier_audit):
    made = rows(allier_audit)
    counts = {year: made["nb_evs_nouveaux", year].finding.measured for year in (2020, 2021, 2022)}
    assert {year: (one.lower, one.value, one.upper) for year, one in counts.items()} == {
        2020: (1, 1, None), 2021: (1, 1, None), 2022: (2, 2, None),
    }  # fmt: skip


# --- one row a figure


@pytest.mark.parametrize("territory", ["allier", "77", "france", "94"])
def test_a_number_that_a_source_prints_twice_is_one_row(territory):
    made = [row.to_record() for row in audited(territory).rows]
    said = [(r["annee"], r["libelle"], r["valeur_publiee"], r["source"]) for r in made]
    assert len(set(said)) == len(said)


def test_the_stocks_of_2022_have_one_row(allier_audit):
    year = [row.figure.code for row in allier_audit.rows if row.figure.year == 2022]
    assert year.count("nb_cs") == year.count("nb_evs") == 1
    assert not {"nb_cs_annee", "nb_evs_annee"} & set(year)
    assert ("nb_cs_annee", 2021) in rows(allier_audit)


# --- lists given as whole


def test_two_communes_of_the_inventory_are_not_among_the_five_named(allier_audit):
    assert [(one.code, one.structures, one.listed) for one in allier_audit.unnamed] == [
        ("03048", ("03-EVS-02",), 5), ("03064", ("03-EVS-04",), 5),
    ]  # fmt: skip
    cerilly, chateau = allier_audit.unnamed
    assert (cerilly.verdict, cerilly.possible) == ("non_verifiable", ())
    assert (chateau.verdict, chateau.possible) == ("compatible", ("03-CS-03", "03-CS-10"))
    assert "10 CS publiés non identifiés" in cerilly.lacks
    page = screen(allier_audit, "allier")
    assert "Elle ne nomme pas 2 autres communes que l'inventaire tient pour telles :" in page
    # To each commune its own CS, and its own verdict.
    first, second = (
        next(line for line in page.splitlines() if f"({code}), " in line) for code in ("03048", "03064")
    )
    assert "desservie par Polymorphe ; peut-être aussi par un CS que l'inventaire n'a pas (" in first
    assert first.endswith("Verdict : non vérifiable.")
    assert "Chevagnes" not in first
    assert "peut-être aussi par des CS dont la zone n'est pas connue (" in second
    assert "Chevagnes et Centre social d'Avermes) ou par un CS" in second
    assert second.endswith("Verdict : compatible.")


def listed(tmp_path, served):
    """20 CS over all the communes but six: the five named, and Cérilly; an EVS at each of *served*."""
    alone = ["03082", "03084", "03100", "03102", "03138", "03048"]
    communes = [code for code in Territory.find("allier").communes.index if code not in alone]
    lines = ["nom;type;code_insee;premier_agrement;communes_desservies"]
    areas = [("CS", communes[rank::20]) for rank in range(20)] + [("EVS", [code]) for code in served]
    lines += [f"S{rank};{kind};{area[0]};2015;{'|'.join(area)}" for rank, (kind, area) in enumerate(areas)]
    path = tmp_path / "liste.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return Files(structures=path)


def test_a_whole_inventory_refutes_a_list_that_leaves_a_commune_out(tmp_path):
    five = ["03082", "03084", "03100", "03102", "03138"]
    # Twelve EVS are published: seven more where a CS is too.
    more = sorted(set(Territory.find("allier").communes.index) - {*five, "03048"})[:7]
    held = audited("allier", files=listed(tmp_path, [*five, *more]))
    assert held.unnamed == ()
    made = audited("allier", files=listed(tmp_path, [*five, "03048", *more[:6]]))
    assert [(one.name, one.verdict) for one in made.unnamed] == [("Cérilly", "incompatible")]
    assert "Cérilly, non nommée parmi les communes evs_seul" in [one.told for one in made.failing_communes]


# --- numbers of structures


def test_67_structures_seated_in_seine_et_marne_hardly_have_70_percent_of_its_inhabitants():
    made = audited("77")
    (bound,) = made.bounds
    assert (bound.structures, bound.population, bound.least) == (67, 1_468_108, 1_020_336)
    assert round(100 * bound.inhabitants / bound.population, 1) == 67.4
    assert bound.verdict == "tres_improbable"  # of 2019, by the populations of 2023
    row = rows(made)["pct_hab_avs", 2019]
    assert row.finding.verdict == "non_verifiable"
    assert (
        "communes de siège : très improbable (67 structures : 67,4 % au plus"
        in row.finding.reason.replace("\u202f", " ")
    )
    assert "très improbable. Ce serait une preuve avec les populations" in screen(made, "77")


@pytest.mark.parametrize(
    ("year", "code", "printed", "bound", "verdict"),
    [
        # Montluçon 33 147, Vichy 25 115, Moulins 19 206: 77 468 of 333 298, 23,24 %.
        (2023, "pct_hab_communes_avec_structure", "24", "exclu", "incompatible"),
        (2023, "pct_hab_communes_avec_structure", "23", "possible", "non_verifiable"),
        (2023, "pct_hab_avs", "24", "exclu", "non_verifiable"),  # its zones may be wider than seats
        (2022, "pct_hab_communes_avec_structure", "24", "tres_improbable", "non_verifiable"),
        (2023, "hab_communes_avs", "77469", "exclu", "non_verifiable"),
        (2023, "hab_communes_avs", "77468", "possible", "non_verifiable"),
    ],
)
def test_a_bound_proves_only_with_the_populations_of_the_year(year, code, printed, bound, verdict):
    territory = Territory.find("allier")
    figures = own("nb_cs", "3", year), own("nb_evs", "0", year), own(code, printed, year)
    found = seat_bound(territory, figures[-1], figures)
    assert (found.structures, found.inhabitants, found.verdict) == (3, 77_468, bound)
    row = audited("allier", *figures).rows[-1]
    assert row.finding.verdict == verdict, row.finding.reason


def test_without_the_two_numbers_of_structures_nothing_is_bounded():
    share = own("pct_hab_avs", "70", 2023)
    territory = Territory.find("allier")
    assert seat_bound(territory, share, [share, own("nb_cs", "3", 2023)]) is None
    assert seat_bound(territory, share, [share, own("nb_structures", "3", 2023)]).structures == 3
    assert seat_bound(territory, share, [share, own("nb_structures", "400", 2023)]) is None


def test_the_document_holds_sums_bounds_and_communes(run):
    made = json.loads(run("audit", "allier", "--json").stdout)
    assert made["stocks_et_flux"][0] == {
        "indicateur": "nb_evs_nouveaux", "annee": 2020, "annee_avant": 2019, "avant": 8, "nouveaux": 1,
        "apres": 9, "sorties": 0,
    }  # fmt: skip
    assert [one["nom"] for one in made["communes_non_nommees"]] == ["Cérilly", "Château-sur-Allier"]
    (bound,) = json.loads(run("audit", "77", "--json").stdout)["bornes"]
    assert (bound["commune_du_siege"], round(bound["part_au_plus"], 3)) == ("tres_improbable", 0.674)
