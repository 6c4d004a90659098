"""A renewal is no opening, the end of an agreement no closure: what each list may say of a day, by hand."""

from __future__ import annotations

import json
from datetime import date

import pytest

from avs_coverage import Files, Territory, build_report, coverage_history, find_territory_name, get_rule
from avs_coverage.agreements import as_described, months_before, own_date, renewals_taken_for_openings
from avs_coverage.inventory import Inventory
from avs_coverage.study import RuleOptions
from tests.worlds import DAY, brackets, cover, structure, territory

WORLD = territory({str(rank): "A" for rank in range(1, 6)})
ALLIER = find_territory_name("allier")
NOW = date(2026, 1, 1)


def listed(*structures, **more):
    return Inventory(structures, frozenset({"03"}), "essai", "essai", **more)


def described(*structures, on=DAY, grace_months=12):
    return as_described(listed(*structures), on, grace_months)


def at(structure, year):
    """Return whether it is held as open at the end of a year, and why that is not established."""
    day = date(year, 12, 31)
    return structure.is_open(day), structure.why_unsure(day, is_past=True) if structure.is_open(day) else ""


# --- openings


def test_before_its_current_agreement_a_structure_is_held_as_open_and_not_established():
    renewed = structure("a", "CS", "1", "complete", "1 2", WORLD, start=date(2022, 3, 1))
    assert [at(renewed, year) for year in (2010, 2021, 2022)] == [
        (True, "avant_agrement"), (True, "avant_agrement"), (True, ""),
    ]  # fmt: skip
    before, since = (cover(WORLD, renewed, on=date(year, 12, 31)) for year in (2021, 2022))
    assert brackets(before)["cs"] == (0, 2, 2)
    assert brackets(since)["cs"] == (2, 2, 2)
    assert brackets(before)["aucune"] == (3, 3, 5)


def test_the_first_agreement_opens_and_establishes_every_day_since():
    first = structure("a", "CS", "1", world=WORLD, first=date(2015, 9, 1), start=date(2023, 9, 1))
    assert [at(first, year) for year in (2014, 2015, 2022)] == [(False, ""), (True, ""), (True, "")]
    by_year = structure("a", "CS", "1", world=WORLD, created=2015, start=date(2023, 9, 1))
    assert by_year.opening == date(2015, 1, 1)
    # Created the year in which its current agreement begins: it opened with it.
    new = structure("a", "CS", "1", world=WORLD, created=2022, start=date(2022, 9, 1))
    assert new.opening == date(2022, 9, 1)
    # The current agreement is not before the first one.
    assert structure("a", "CS", "1", first=date(2024, 1, 1), start=date(2022, 1, 1)).opening == date(
        2022, 1, 1
    )


def test_an_agreement_that_begins_after_the_day_of_the_list_is_planned():
    planned = structure("a", "CS", "1", world=WORLD, start=date(2023, 9, 1))
    (found,) = described(planned).structures  # on 31 December 2022
    assert [at(found, year) for year in (2015, 2022, 2023)] == [(False, ""), (False, ""), (True, "")]
    (renewed,) = described(planned, on=date(2023, 12, 31)).structures
    assert at(renewed, 2022) == (True, "avant_agrement")


# --- ends


@pytest.mark.parametrize(
    ("end", "held"),
    [
        (date(2021, 12, 30), False),  # over for a year and a day
        (date(2021, 12, 31), True),  # over for a year
        (date(2022, 6, 30), True),
        (date(2022, 12, 31), True),  # its last day
    ],
)
def test_only_an_agreement_over_for_a_year_at_most_on_the_day_of_the_list_is_held(end, held):
    (found,) = described(structure("a", "CS", "1", world=WORLD, start=date(2018, 7, 1), end=end)).structures
    assert found.is_open(DAY) is held
    assert found.in_grace is (held and end < DAY)
    if held:
        assert found.why_unsure(DAY, is_past=False) == ("agrement_echu" if end < DAY else "")
        assert found.why_unsure(end, is_past=False) == ""


def test_grace_is_that_of_the_list_not_of_the_day_asked():
    old = structure("a", "CS", "1", world=WORLD, first=date(2000, 1, 1), end=date(2014, 6, 30))
    (found,) = described(old).structures
    assert not found.is_open(date(2014, 12, 31))  # six months after its end, eight years before the list
    (kept,) = described(old, on=date(2014, 12, 31)).structures
    assert kept.is_open(date(2014, 12, 31))
    for months, held in ((0, False), (5, False), (6, True)):
        (found,) = described(old, on=date(2014, 12, 30), grace_months=months).structures
        assert found.is_open(date(2014, 12, 30)) is held, months


def test_what_closed_is_not_held():
    dates = {"start": date(2018, 7, 1), "end": date(2022, 6, 30)}
    said = structure("a", "CS", "1", world=WORLD, is_closed=True, **dates)
    dated = structure("b", "CS", "1", world=WORLD, closed_on=date(2022, 3, 31), **dates)
    unknown = structure("c", "CS", "1", world=WORLD, is_closed=True)
    said, dated, unknown = described(said, dated, unknown).structures
    assert [(s.last_day, s.says_closure) for s in (said, dated, unknown)] == [
        (date(2022, 6, 30), True), (date(2022, 3, 31), True), (None, True),
    ]  # fmt: skip
    assert not any(s.is_open(DAY) for s in (said, dated, unknown))
    assert said.is_open(date(2022, 6, 30))
    assert not unknown.is_open(date(2010, 1, 1))


# --- the day of the list


def test_a_list_is_no_older_than_its_most_recent_agreement():
    old, new = (structure(str(y), "CS", "1", start=date(y, 5, 1)) for y in (2019, 2024))
    far = structure("far", "CS", "1", start=date(2030, 1, 1))
    assert own_date(listed(old, new, far), date(2020, 12, 31), NOW) == date(2024, 5, 1)
    assert own_date(listed(old), date(2020, 12, 31), NOW) == date(2020, 12, 31)
    assert own_date(listed(old, far), date(2030, 1, 1), NOW) == date(2030, 1, 1)
    assert own_date(listed(old, new, date=DAY), date(2030, 1, 1), NOW) == DAY


def test_months_before_a_day():
    assert months_before(date(2024, 3, 31), 1) == date(2024, 2, 29)
    assert months_before(date(2024, 1, 31), 2) == date(2023, 11, 30)
    assert months_before(DAY, 0) == DAY


def test_first_agreements_as_recent_as_current_ones_are_doubted():
    days = [date(2022, 1, 1), date(2023, 9, 1), date(2025, 12, 31)]
    recent = [structure(str(day), "CS", "1", first=day) for day in days]
    (warned,) = renewals_taken_for_openings(listed(*recent), NOW)
    assert warned.code == "AVS-955"
    assert "01/01/2022" in warned.what
    older = structure("old", "CS", "1", first=date(2021, 12, 31))
    undated = [structure(f"u{rank}", "CS", "1") for rank in range(3)]
    assert renewals_taken_for_openings(listed(*recent, *undated), NOW)  # half of them are dated
    assert not renewals_taken_for_openings(listed(*recent, *undated, undated[0]), NOW)
    assert not renewals_taken_for_openings(listed(*recent, older), NOW)
    assert not renewals_taken_for_openings(listed(*recent[:2]), NOW)
    # Current agreements as such are no openings: nothing is wrong.
    assert not renewals_taken_for_openings(
        listed(*(structure(str(d), "CS", "1", start=d) for d in days)), NOW
    )


# --- a list of a Caf, from end to end

CAF = """id;nom;type;code_insee;communes_desservies;premier_agrement;agrement_debut;agrement_fin;statut;\
fermeture
A;Alpha;CS;03185;03185;2010-01-01;2022-01-01;2025-12-31;;
B;Beta;CS;03310;03310;;2023-01-01;2026-12-31;;
C;Gamma;EVS;03190;03190;;2021-07-01;2025-06-30;;
D;Delta;EVS;03095;03095;;2018-01-01;2021-12-31;;
E;Epsilon;EVS;03138;03138;2019-03-01;2021-03-01;2025-02-28;fermé;
F;Zeta;EVS;03048;03048;2024-09-01;2024-09-01;2028-08-31;;
"""
"""A list of the end of 2025: Alpha's agreement ends on its very day."""


@pytest.fixture
def caf(tmp_path):
    path = tmp_path / "caf.csv"
    path.write_text(CAF, encoding="utf-8")
    return Files(structures=path)


def test_a_list_of_current_agreements_year_by_year(caf):
    report = build_report(ALLIER, on=date(2025, 12, 31), files=caf)
    assert report.coverage.inventory.own_date == date(2025, 12, 31)
    years = coverage_history(
        Territory.find("allier"), report.coverage.inventory, get_rule("declared"), 2018, 2025
    )
    told = {
        year.year: tuple(
            [s.id for s in found] for found in (year.opened, year.closed, year.ended, year.lapsed)
        )
        for year in years
    }
    assert told == {
        2018: ([], [], [], []),
        2019: (["E"], [], [], []),  # not Delta, whose agreement of 2018 may be a renewal
        2020: ([], [], [], []),
        2021: ([], [], [], []),
        2022: ([], [], ["D"], []),  # 31 December 2021 is its last day: gone the year after
        2023: ([], [], [], []),  # Beta's agreement of 2023 is no opening
        2024: (["F"], [], [], []),
        2025: ([], ["E"], [], ["C"]),  # Gamma's ended six months before the list, which still holds it
    }
    # CS: Alpha since 2010, Beta perhaps before 2023. EVS: Gamma, perhaps before 2021; Delta to 2021; E; F.
    counts = {year.year: (year.count.cs, year.unsure[0], year.count.evs, year.unsure[1]) for year in years}
    assert counts == {
        2018: (2, 1, 2, 1), 2019: (2, 1, 3, 1), 2020: (2, 1, 3, 1), 2021: (2, 1, 3, 0), 2022: (2, 1, 2, 0),
        2023: (2, 0, 2, 0), 2024: (2, 0, 3, 0), 2025: (2, 0, 2, 1),
    }  # fmt: skip
    covered = {year.year: year.figure("communes", "avs") for year in years}
    assert {year: (f.lower, f.numerator, f.upper) for year, f in covered.items()} == {
        2018: (2, 4, 4), 2019: (3, 5, 5), 2020: (3, 5, 5), 2021: (4, 5, 5), 2022: (3, 4, 4), 2023: (4, 4, 4),
        2024: (5, 5, 5), 2025: (3, 4, 4),
    }  # fmt: skip


def test_what_is_held_without_proof_is_said(caf, run):
    report = build_report(ALLIER, on=date(2025, 12, 31), files=caf)
    said = " ".join(report.warnings)
    assert "Agrément fini avant le 31/12/2025, renouvellement non connu" in said
    assert "(Gamma)" in said
    assert "Gamma" not in " ".join(build_report(ALLIER, on=date(2024, 12, 31), files=caf).warnings)
    typed = ("history", "allier", "--structures", "caf.csv", "--from", "2018", "--to", "2025")
    page = run(*typed).stdout.decode().replace("\N{NARROW NO-BREAK SPACE}", " ")
    assert "Fin d'agrément, renouvellement non connu (1) : Delta (EVS, Cusset)." in page
    assert "Fin d'agrément, renouvellement non connu, structure retenue (1) : Gamma (EVS, Moulins)." in page
    assert "Fermeture (1) : Epsilon (EVS, Lapalisse)." in page
    assert "n'est pas une ouverture" in page
    made = json.loads(run(*typed, "--json").stdout)
    last = made["annees"][-1]
    assert (last["fermetures"], last["fins_d_agrement"], last["agrements_echus_retenus"]) == (
        ["E"],
        [],
        ["C"],
    )
    rows = {(r["annee"], r["mesure"]): r["valeur"] for r in made["history"] if r["ligne"] == "structures"}
    assert (rows[2022, "fins_d_agrement"], rows[2025, "agrements_echus_retenus"]) == (1, 1)


def test_grace_is_an_option_of_every_command_and_of_its_manifest(caf, run, tmp_path):
    held = build_report(ALLIER, on=date(2025, 12, 31), files=caf).completeness[1]
    dropped = build_report(
        ALLIER, on=date(2025, 12, 31), files=caf, options=RuleOptions(grace_months=0)
    ).completeness[1]
    assert (held.identified, held.unsure, dropped.identified, dropped.unsure) == (2, 1, 1, 0)
    given = ("allier", "--structures", "caf.csv", "--date", "2025-12-31", "--grace", "3")
    made = json.loads(run("report", *given, "--json").stdout)
    assert made["inventaire"]["completude"][1]["identifies"] == 1  # six months are more than three
    assert run("export", *given, "-o", "remis", "--format", "csv").returncode == 0
    manifest = json.loads((tmp_path / "remis" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["options"]["grace_mois"] == 3
    assert run("replay", "remis/manifest.json", "--in", ".").returncode == 0
    for wrong in ("-1", "un an", "121", "1.5"):
        refused = run("report", "allier", "--grace", wrong)
        assert (refused.returncode, b"AVS-203" in refused.stderr) == (2, True), wrong


def test_what_export_writes_is_read_again_with_the_same_dates(caf, run, tmp_path):
    given = ("allier", "--structures", "caf.csv", "--date", "2025-12-31")
    assert run("export", *given, "-o", "remis", "--format", "csv").returncode == 0
    again = Files(structures=tmp_path / "remis" / "structures.csv")
    found = [
        build_report(ALLIER, on=date(2025, 12, 31), files=files).coverage.inventory.structures
        for files in (caf, again)
    ]
    first, second = ([(s.to_record(), s.in_grace, s.unsure) for s in one] for one in found)
    assert first == second


def test_dates_that_contradict_each_other(tmp_path, run):
    head = (
        "nom;type;code_insee;premier_agrement;annee_creation;agrement_debut;agrement_fin;statut;fermeture\n"
    )
    (tmp_path / "liste.csv").write_text(
        head + "A;CS;03185;2024;;2022;;;\nB;CS;03310;;2024;2022;;;\nC;EVS;03190;;;;;fermée;\n",
        encoding="utf-8",
    )
    result = run("report", "allier", "--structures", "liste.csv")
    assert result.returncode == 0
    error = result.stderr.decode()
    assert error.count("AVS-916") == 2
    assert error.count("AVS-917") == 1
    (tmp_path / "liste.csv").write_text(
        head + "A;CS;03185;2024;;;2023;;\nB;CS;03310;;;2022;;;2021\n", encoding="utf-8"
    )
    result = run("report", "allier", "--structures", "liste.csv")
    assert result.returncode == 3
    assert result.stderr.decode().count("AVS-318") == 2


def test_the_embedded_list_says_first_agreements(allier):
    dated = {s.id: s.first for s in allier.coverage.inventory.structures if s.first}
    assert dated == {
        "03-CS-10": date(2022, 1, 1), "03-EVS-01": date(2020, 1, 1), "03-EVS-02": date(2021, 1, 1),
        "03-EVS-03": date(2022, 1, 1), "03-EVS-04": date(2022, 1, 1),
    }  # fmt: skip
    assert not any(s.start or s.end for s in allier.coverage.inventory.structures)


def test_a_year_of_a_history_has_one_number_whatever_the_last_year_asked(run, tmp_path):
    rows = "A;Alpha;CS;03185;03185;2017-01-01;2020-12-31\nB;Beta;CS;03310;03310;2018-01-01;2021-12-31\n"
    head = "id;nom;type;code_insee;communes_desservies;agrement_debut;agrement_fin\n"
    (tmp_path / "liste.csv").write_text(head + rows, encoding="utf-8")
    seen = {}
    for last in ("2021", "2022", "2025"):
        done = run("history", "allier", "--structures", "liste.csv", "--from", "2019", "--to", last, "--json")
        for year in json.loads(done.stdout)["annees"]:
            seen.setdefault(year["annee"], set()).add(year["nb_cs"])
    # Alpha's agreement runs to the last day of 2020, Beta's to that of 2021: both are over for years by 2026.
    assert seen[2020] == {2}
    assert seen[2021] == {1}
    assert seen[2022] == {0}
