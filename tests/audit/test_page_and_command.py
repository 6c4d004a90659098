"""The page of the audit and the command: widths, formats, exit codes."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest
from rich.console import Console

from avs_coverage import Files, audit_figures
from avs_coverage.audit import COLUMNS
from avs_coverage.official_communes import changed_communes, communes_in
from avs_coverage.reports.audit_page import audit_document
from avs_coverage.reports.terminal import print_document
from avs_coverage.territory import Territory
from tests.audit.helpers import audited, own


@pytest.mark.parametrize("width", [40, 80, 160])
def test_no_line_of_the_page_is_wider_than_the_screen(allier, allier_audit, width):
    stream = io.StringIO()
    console = Console(file=stream, width=width, force_terminal=True, color_system=None, highlight=False)
    print_document(audit_document(allier, allier_audit), console)
    assert max(map(len, stream.getvalue().splitlines())) <= width


def test_a_figure_given_again_does_not_repeat_the_explanation(allier):
    again = [own("pct_communes_cs", "69"), own("pct_communes_avs", "72")]
    made = audit_figures(allier, again)
    (found,) = (conflict for conflict in made.conflicts if conflict.theme == "communes")
    assert len(found.sets) == 2  # 69 or 31: a figure given twice is one statement
    assert all(row.arithmetic == "incoherent" for row in made.rows[-2:])
    stream = io.StringIO()
    print_document(audit_document(allier, made), Console(file=stream, width=200))
    assert stream.getvalue().count("Les autres imposent") == 2


def test_strict_ends_with_6_where_figures_cannot_hold(run):
    assert run("audit", "allier").returncode == 0
    result = run("audit", "allier", "--strict")
    assert result.returncode == 6
    assert "7 à 11 si tout est arrondi" in result.stdout.decode()
    error = result.stderr.decode()
    assert "AVS-601" in error
    assert "Lignes du tableau des QPV (2022)" in error


def test_strict_with_one_s_own_figures_fails_on_them_only(run, tmp_path):
    def strict(*lines):
        (tmp_path / "c.csv").write_text("\n".join(["indicateur;valeur;annee", *lines]) + "\n")
        result = run("audit", "allier", "--figures", "c.csv", "--strict")
        return result.returncode, result.stderr.decode()

    assert strict("nb_communes;317;2022")[0] == 0  # the tool's own figures of Allier do not hold
    code, error = strict("nb_communes;318;2022")
    assert code == 6
    assert "1 chiffre ne passe pas l'audit : Nombre de communes du territoire (2022)" in error.replace(
        "\xa0", " "
    ).replace("\u202f", " ")
    code, error = strict("pct_communes_avs;72;2022")  # in a set with two figures of the tool's
    assert code == 6
    assert "Lignes du tableau" not in error


def test_strict_finds_a_figure_that_fails_only_in_a_larger_set(run, tmp_path):
    """200 + 20 communes with a CS agree with 69 % (218 to 220); with 5 of an EVS alone, not with 72 %."""

    def audit(*lines):
        (tmp_path / "c.csv").write_text("\n".join(["indicateur;valeur;annee", *lines]) + "\n")
        result = run("audit", "allier", "--figures", "c.csv", "--strict", "--json")
        return result.returncode, json.loads(result.stdout)["conflits"]

    alone, both = ("nb_communes_cs_seul;200;2022",), ("nb_communes_cs_et_evs;20;2022",)
    known = audit(*alone)[1]  # the sets of three of the tool's own figures, which are shorter
    assert (audit(*alone)[0], audit(*both)[0]) == (0, 0)
    code, found = audit(*alone, *both)
    assert code == 6
    assert all(one in found for one in known)
    (more,) = (one for one in found if one not in known)
    assert not more["plus_courts"]
    assert sorted(one["indicateur"] for one in more["ensembles"][0]["chiffres"]) == [
        "nb_communes_cs_et_evs", "nb_communes_cs_seul", "nb_communes_evs_seul", "pct_communes_avs",
    ]  # fmt: skip


def test_communes_of_another_vintage_widen_the_bracket_by_those_that_changed(tmp_path):
    territory = Territory.find("creuse")
    changed = changed_communes(territory, 2022)
    assert (changed, communes_in(territory, 2022), len(territory.communes)) == (1, 256, 255)
    one, other = sorted(territory.communes.index)[:2]
    path = tmp_path / "liste.csv"
    path.write_text(
        f"nom;type;code_insee;agrement_debut;communes_desservies\nA;CS;{one};2010;{one}|{other}\n"
    )
    known = own("nb_cs", "1"), own("nb_evs", "0")
    for printed, verdict in {"13": "incompatible", "4": "incompatible", "3": "compatible", "2": "compatible",
                             "1": "compatible", "0": "incompatible"}.items():  # fmt: skip
        figures = *known, own("nb_communes_cs", printed)
        row = audited("creuse", *figures, files=Files(structures=path)).rows[-1]
        assert row.finding.verdict == verdict, printed
        assert "256 fin 2022, 255 dans le calcul" in row.finding.reason


def test_strict_ends_with_0_for_figures_that_hold(run, tmp_path):
    (tmp_path / "liste.csv").write_text(
        "nom;type;code_insee;agrement_debut;communes_desservies\nA;CS;48095;2010;48095,48140\nB;EVS;48140;2010;48140\n"
    )
    (tmp_path / "chiffres.csv").write_text(
        "indicateur;valeur;annee\nnb_cs;1;2022\nnb_evs;1;2022\nnb_communes_avs;2;2022\nnb_communes_evs_seul;0;2022\n"
    )
    given = ("audit", "lozere", "--structures", "liste.csv", "--figures", "chiffres.csv")
    result = run(*given, "--strict", "--json")
    assert result.returncode == 0, result.stderr.decode()
    made = json.loads(result.stdout)
    assert [row["inventaire"] for row in made["audit"]] == ["reproduit"] * 5
    assert made["audit"][1]["donne_par"] == "chiffres.csv, ligne 2"
    (tmp_path / "chiffres.csv").write_text("indicateur;valeur;annee\nnb_communes_avs;1;2022\n")
    assert run(*given, "--strict").returncode == 6


def test_records_are_the_same_on_screen_in_csv_and_in_json(run, tmp_path):
    made = json.loads(run("audit", "allier", "--json").stdout)
    assert made["schema"] == "avs-coverage/audit"
    assert made["regle"] is None
    assert all(list(row) and set(row) == set(COLUMNS) for row in made["audit"])
    assert made["conflits"][0]["ensembles"][0]["possible"]["arrondi"] == [7, 11]
    assert run("audit", "allier", "--csv", "a.csv", "--csv-dialect", "standard").returncode == 0
    written = list(csv.DictReader(io.StringIO((tmp_path / "a.csv").read_text(encoding="utf-8"))))
    assert [row["indicateur"] for row in written] == [row["indicateur"] for row in made["audit"]]
    assert [row["motif"] for row in written] == [row["motif"] for row in made["audit"]]
    assert {row["regle"] for row in written} == {"declared", ""}


@pytest.mark.parametrize(
    ("territory", "expected"),
    [
        ("creuse", "Aucun chiffre n'est publié pour le territoire Creuse (23)"),
        ("94", "Aucun chiffre de couverture n'est publié pour le territoire Val-de-Marne (94)"),
        ("lozere", "1 QPV officiel au 01/01/2026"),
        ("77", "l'écart n'est pas une erreur prouvée"),
    ],
)
def test_where_nothing_is_published_the_page_says_what_is_known(run, territory, expected):
    result = run("audit", territory, "--strict")
    assert result.returncode == 0
    assert expected in result.stdout.decode().replace("\N{NO-BREAK SPACE}", " ")


def test_a_study_folder_names_its_figures_and_check_reads_them(run, tmp_path):
    (tmp_path / "etude").mkdir()
    (tmp_path / "etude" / "avs.toml").write_text('territoire = "creuse"\nchiffres = "c.csv"\n')
    (tmp_path / "etude" / "c.csv").write_text("indicateur;valeur;annee\nnb_cs;5;2022\nnb_cs_acf;6;2022\n")
    assert run("audit", "./etude", "--strict").returncode == 6
    assert "2 chiffres" in run("check", "./etude").stdout.decode()
    (tmp_path / "etude" / "c.csv").write_text("indicateur;valeur;annee\nnb_cs;cinq;2022\n")
    assert run("audit", "./etude").returncode == 3
    assert run("check", "./etude").returncode == 3


def test_an_audit_has_no_date_nor_rule_of_its_own(run):
    assert run("audit", "allier", "--date", "2022").returncode == 2
    assert run("audit", "allier", "--rule", "declared").returncode == 2


def contracts(count):
    rows = [f"hab_qpv;{100 * count - 50};2020;;Habitants des QPV"]
    rows += [f"hab_qpv_contrat;100;2020;;Contrat {rank}" for rank in range(count)]
    return "indicateur;valeur;annee;qualificatif;libelle\n" + "\n".join(rows) + "\n"


def test_a_long_chain_of_contracts_is_judged_and_does_not_hang(run, tmp_path):
    (tmp_path / "c.csv").write_text(contracts(24), encoding="utf-8")
    made = json.loads(run("audit", "creuse", "--figures", "c.csv", "--json").stdout)
    assert {row["arithmetique"] for row in made["audit"]} == {"incoherent"}


def test_a_contract_told_twice_contradicts_nothing(run, tmp_path):
    (tmp_path / "c.csv").write_text(
        "indicateur;valeur;annee\nhab_qpv;1000;2021\nhab_qpv_contrat;600;2021\nhab_qpv_contrat;600;2021\n",
        encoding="utf-8",
    )
    made = json.loads(run("audit", "creuse", "--figures", "c.csv", "--json").stdout)
    assert "incoherent" not in {row["arithmetique"] for row in made["audit"]}


def test_a_share_is_never_more_than_its_total_nor_empty_where_all_are(run, tmp_path):
    (tmp_path / "c.csv").write_text("indicateur;valeur;annee\npct_communes_avs;100;2021\n", encoding="utf-8")
    rows = json.loads(run("audit", "allier", "--figures", "c.csv", "--json").stdout)["audit"]
    own = next(row for row in rows if row["annee"] == 2021 and row["indicateur"] == "pct_communes_avs")
    assert (own["compte_min"], own["compte_max"]) == (316, 317)


@pytest.fixture
def wide(run, monkeypatch):
    """Return the screen of a command, wide enough for no row to be cut, its spaces plain."""
    monkeypatch.setenv("COLUMNS", "400")
    return lambda *command: re.sub("[\u202f\xa0]", " ", run(*command).stdout.decode())


def read_shares(page):
    """Return, by label, how each published share of 2022 is said to be read."""
    told = re.findall(r"^(.+?) {2,}2022 .*?(se lit .+? sur \d+)", page, re.MULTILINE)
    return {label.removeprefix("! "): words for label, words in told}


def test_the_report_and_the_audit_read_a_printed_share_alike(wide):
    report = wide("report", "allier")
    said, audited = read_shares(report), read_shares(wide("audit", "allier"))
    assert said["Communes couvertes par un CS"] == "se lit 218 à 221 sur 317"
    assert {label: audited[label] for label in said} == said
    assert "218 à 220 communes" not in report
    row = next(line for line in report.splitlines() if "Part des CS avec agrément ACF" in line)
    assert "au moins 30,0 % (6 sur 20)" in row
    assert "non calculé" not in row


def test_by_several_rules_each_published_figure_names_its_own(wide):
    page = wide("report", "allier", "--rule", "implantation,declared")
    rows = {line.split("  ")[0]: line for line in page.splitlines()}
    assert "règle : zone d'intervention déclarée (declared)" in rows["Communes couvertes par un CS"]
    assert "règle : " not in rows["Part des CS avec agrément ACF"]
    assert "Règle « zone d'intervention déclarée (declared) » :" in page
    assert "règle : zone" not in wide("report", "allier")


def test_an_indicator_has_one_label_whoever_gives_it(wide, tmp_path):
    rows = "indicateur;annee;valeur;libelle\nnb_evs;2023;11;\nnb_evs;2025;15;Mes EVS\n"
    (tmp_path / "g.csv").write_text(rows, encoding="utf-8")
    page = wide("audit", "allier", "--figures", "g.csv")
    assert "Nombre d'EVS" not in page
    assert re.search(r"Espaces de vie sociale +2023 ", page)
    assert re.search(r"Mes EVS +2025 ", page)
