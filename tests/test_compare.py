"""Territories and inventories side by side: figures, what is not comparable, what changed."""

from __future__ import annotations

import csv
import io
import json
from datetime import date

import pytest
from hypothesis import given, settings

from avs_coverage import Report, Territory, build_report, find_territory_name
from avs_coverage.changes import CAUSES
from avs_coverage.compare import COMPARED, Side, compare_reports
from avs_coverage.figure import MEASURES
from tests.test_changes import coverage_of, lists, shown
from tests.worlds import cover, structure, territory

BEFORE = """nom;type;code_insee;communes_desservies
Centre social du Parc;CS;03185;03185,03101
Le Pré vert;EVS;03310;03310,03095
La Grange;EVS;03190;03190
"""
AFTER = """nom;type;code_insee;communes_desservies
Centre Social du parc;CS;03185;03185,03101,03082
La Grange;CS;03190;03190
Nouvelle;CS;03310;03310
"""


@pytest.fixture
def listed(tmp_path):
    (tmp_path / "avant.csv").write_text(BEFORE, encoding="utf-8")
    (tmp_path / "apres.csv").write_text(AFTER, encoding="utf-8")


def test_each_side_has_the_figures_of_its_own_report(run, allier):
    made = json.loads(run("compare", "allier", "creuse", "94", "--json").stdout)
    assert (made["schema"], made["version"]) == ("avs-coverage/compare", 3)
    assert [side["comparaison"] for side in made["cotes"]] == [
        "Allier (03)",
        "Creuse (23)",
        "Val-de-Marne (94)",
    ]
    # Creuse and Val-de-Marne take the date of the first: that of its inventory.
    assert {side["date"] for side in made["cotes"]} == {"2022-12-31"}
    assert made["cotes"][0]["synthese"] == [figure.to_record() for figure in allier.figures]
    assert {figure["part"] for side in made["cotes"][1:] for figure in side["synthese"]} == {None}
    assert made["ecarts"] == []
    assert made["revision"] is None
    text = " ".join(made["reserves"])
    assert "Creuse (23) et Val-de-Marne (94) n'ont aucun inventaire" in text
    assert "10 CS et 4 EVS publiés mais non identifiés" in text


def test_an_inventory_against_another_is_told_structure_by_structure(run, listed):
    given_lists = ("compare", "allier", "--structures", "avant.csv", "--against", "apres.csv")
    made = json.loads(run(*given_lists, "--json").stdout)
    assert [side["comparaison"] for side in made["cotes"]] == [
        "Allier (03), avant.csv",
        "Allier (03), apres.csv",
    ]
    revision = made["revision"]
    # The same centre under another spelling; La Grange became a CS: another structure; Vichy lost its EVS.
    (same,) = revision["structures_modifiees"]
    assert same["colonnes"] == ["nom", "communes_desservies"]
    assert len(revision["structures_retirees"]) == len(revision["structures_ajoutees"]) == 2
    parts = [
        (
            part["statut"],
            part["communes"],
            part["habitants"],
            part["communes_gagnees"],
            part["communes_perdues"],
        )
        for part in revision["changements"]
        if part["statut"] != "evs_seul"
    ]
    assert parts == [
        ("cs", 1, 25_115, ["03310"], []),
        ("cs", 1, 19_206, ["03190"], []),
        ("cs", 1, 6_017, ["03082"], []),
        ("avs", -1, -13_316, [], ["03095"]),
        ("avs", 1, 6_017, ["03082"], []),
    ]
    gap = next(g for g in made["ecarts"] if (g["mesure"], g["statut"]) == ("communes", "cs"))
    three_communes = round(3 / 317, 6)
    assert gap == {
        "de": "Allier (03), avant.csv", "a": "Allier (03), apres.csv", "mesure": "communes", "statut": "cs",
        "ecart": three_communes, "minorant": three_communes, "majorant": three_communes, "etabli": None,
    }  # fmt: skip
    page = run(*given_lists).stdout.decode()
    assert "Somme : par un CS, +3 communes et +50\N{NARROW NO-BREAK SPACE}338 habitants" in page
    assert "rien ne dit si la liste est complète" in page


def test_the_same_inventory_twice_changes_nothing(run, listed):
    made = json.loads(
        run("compare", "allier", "--structures", "avant.csv", "--against", "avant.csv", "--json").stdout
    )
    assert made["revision"] == {
        "structures_retirees": [], "structures_ajoutees": [], "structures_modifiees": [], "changements": [],
    }  # fmt: skip
    assert {gap["ecart"] for gap in made["ecarts"]} == {0}
    assert {gap["etabli"] for gap in made["ecarts"]} == {False}


def test_study_folders_are_told_apart_by_their_path_and_made_data_say_so(run):
    for folder in ("un", "deux"):
        assert run("init", "creuse", folder, "--example").returncode == 0
    page = run("compare", "./un", "./deux").stdout.decode()
    assert "Creuse (23), ./un" in page
    assert "données fictives" in page
    assert "La couverture est la même, commune par commune." in page


def test_what_cannot_be_compared_is_said(run):
    text = run("compare", "allier", "200071082", "974", "--date", "2024-06-01").stdout.decode()
    assert "Les territoires ne sont pas de même nature" in text
    assert "Allier (03) et CA Montluçon Communauté (200071082) ont 21 communes en commun" in text
    assert (
        "même génération (Allier (03) : 2024, CA Montluçon Communauté (200071082) : 2024 et La Réunion"
        in text
    )
    assert "l'inventaire décrit l'état au 31/12/2022, non au 01/06/2024" in text


def test_a_rule_that_is_not_the_same_gives_no_difference(run, tmp_path):
    (tmp_path / "temps.csv").write_text("origine;destination;minutes\n03190;03013;9\n", encoding="utf-8")
    assert run("init", "allier", "etude").returncode == 0
    settings_file = tmp_path / "etude" / "avs.toml"
    (tmp_path / "etude" / "temps.csv").write_bytes((tmp_path / "temps.csv").read_bytes())
    (tmp_path / "etude" / "structures.csv").write_text(BEFORE, encoding="utf-8")
    settings_file.write_text(
        'territoire = "03"\nstructures = "structures.csv"\n'
        'temps = "temps.csv"\nregle = "travel-time:15min"\n',
        encoding="utf-8",
    )
    made = json.loads(run("compare", "./etude", "creuse", "--json").stdout)
    assert made["ecarts"] == []
    assert "La règle n'est pas la même partout" in made["reserves"][0]


def test_the_csv_holds_each_side_with_what_it_rests_on(run, tmp_path, allier):
    result = run("compare", "allier", "creuse", "--csv", "c.csv")
    assert "n'a aucun inventaire" in result.stderr.decode()
    text = (tmp_path / "c.csv").read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text), delimiter=";"))
    assert len(rows) == 2 * 12
    assert rows[0]["completude"] == "CS=10/20|EVS=8/12"
    assert [row["numerateur"] for row in rows[:4]] == ["8", "7", "15", "302"]
    assert {row["numerateur"] for row in rows[12:]} == {""}


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["compare"], 2, "TERRITOIRE"),
        (["compare", "allier"], 2, "AVS-218"),
        (["compare", "allier", "creuse", "--against", "b.csv"], 2, "AVS-210"),
        (["compare", "allier", "creus"], 4, "Creuse (23)"),
        (["compare", "allier", "creuse", "--rule", "declared,implantation"], 2, "AVS-215"),
        (["compare", "allier", "--against", "absent.csv"], 3, "introuvable"),
    ],
)
def test_what_is_refused(run, arguments, code, said):
    result = run(*arguments)
    assert result.returncode == code
    assert said in result.stderr.decode()
    assert result.stdout == b""


@pytest.mark.parametrize("width", [40, 80, 160])
def test_no_line_is_wider_than_the_screen(width, allier):
    from rich.console import Console

    from avs_coverage.reports.compare_page import compare_document
    from avs_coverage.reports.terminal import print_document

    other = build_report(find_territory_name("creuse"), on=allier.coverage.on)
    stream = io.StringIO()
    console = Console(file=stream, width=width, force_terminal=True, color_system=None, highlight=False)
    made = compare_reports([Side("Allier (03)", allier), Side("Creuse (23)", other)])
    print_document(compare_document(made), console)
    assert max(map(len, stream.getvalue().splitlines())) <= width


# --- properties ---------------------------------------------------------------------------------


@settings(max_examples=30)
@given(one=lists, other=lists)
def test_changes_of_a_revision_add_up_and_gaps_lie_in_their_brackets(one, other):
    before, after = coverage_of("declared", one), coverage_of("declared", other)
    made = compare_reports([Side("avant", Report(before)), Side("apres", Report(after))])
    for status in CAUSES:
        for measure in MEASURES:
            total = sum(c.amount(measure) for c in made.revision.changes if c.status == status)
            assert total == pytest.approx(shown(after)[measure, status] - shown(before)[measure, status])
    assert {gap.status for gap in made.gaps} == set(COMPARED)
    for gap in made.gaps:
        assert gap.lower <= gap.points <= gap.upper
        assert not gap.is_established or gap.lower > 0 or gap.upper < 0


def test_a_difference_is_established_only_where_brackets_do_not_meet_and_lists_are_whole():
    # In Creuse nothing is published: nothing says whether a list is whole.
    world = territory({"1": "A", "2": "A", "3": "B", "4": ""}, departement="23")

    def covered_by(*structures):
        return cover(world, *structures, departements=frozenset({"23"}))

    few = covered_by(structure("a", "CS", "4", "complete", "4", world))
    many = covered_by(structure("b", "CS", "1", "complete", "1 2 3", world))
    open_ended = covered_by(structure("c", "CS", "1", "inconnue", world=world))  # 1 or 2 communes of 4
    unlocated = covered_by(structure("b", "CS", "1", "complete", "1 2 3", world), structure("d", "CS"))

    def established(one, other):
        made = compare_reports([Side("un", Report(one)), Side("deux", Report(other))])
        return {g.status: g.is_established for g in made.gaps if g.measure == "communes"}["cs"]

    assert established(few, many) is None
    assert established(few, open_ended) is False
    assert established(open_ended, many) is None
    assert established(few, unlocated) is False
    assert established(few, few) is False


@pytest.mark.full
def test_a_difference_between_lists_that_hold_all_that_is_published_is_established():
    # In Seine-et-Marne, 43 CS and 24 EVS are published for 2019.
    name = find_territory_name("77")
    world = Territory.of(name)
    seats = list(world.communes.index[:67])
    day = date(2019, 12, 31)

    def side(count, of):
        kinds = ["CS"] * 43 + ["EVS"] * 24
        made = [
            structure(f"s{i}", kinds[i], seats[i % of], "complete", seats[i % of], world)
            for i in range(count)
        ]
        return Side(f"{count}/{of}", Report(cover(world, *made, on=day, departements=frozenset({"77"}))))

    assert {g.is_established for g in compare_reports([side(67, 67), side(67, 5)]).gaps} == {True}
    assert {g.is_established for g in compare_reports([side(67, 67), side(60, 5)]).gaps} == {False}


def test_two_lists_that_bear_a_name_twice_are_not_matched_by_it():
    world = Territory.find("03")
    named = structure("a", "CS", "03185", "complete", "03185", world)
    one, other = cover(world, named, named.with_id("b")), cover(world, named.with_id("z"))
    made = compare_reports([Side("un", Report(one)), Side("deux", Report(other))])
    assert [s.id for s in made.revision.added] == ["z"]
    assert [s.id for s in made.revision.removed] == ["a", "b"]
    # A name that is borne once is the same structure, whatever its id.
    alone = compare_reports([Side("un", Report(cover(world, named))), Side("deux", Report(other))])
    assert (alone.revision.added, alone.revision.removed, alone.revision.revised) == ((), (), ())


def test_a_matrix_that_knows_structures_by_their_ids_is_read_under_each_list_s_own(run, tmp_path):
    head = "id;nom;type;code_insee;communes_desservies\n"
    for id in ("a", "x"):
        (tmp_path / f"{id}.csv").write_text(f"{head}{id};Centre du Parc;CS;03185;03185\n", encoding="utf-8")
    (tmp_path / "temps.csv").write_text(
        "origine;destination;minutes\n03185;a;1\n03101;a;50\n03185;x;1\n03101;x;5\n", encoding="utf-8"
    )
    typed = (
        "compare",
        "allier",
        "--structures",
        "a.csv",
        "--against",
        "x.csv",
        "--rule",
        "travel-time:15min",
    )
    made = json.loads(run(*typed, "--travel-times", "temps.csv", "--json").stdout)
    assert made["revision"]["structures_ajoutees"] == made["revision"]["structures_retirees"] == []
    gained = [part["communes_gagnees"] for part in made["revision"]["changements"] if part["statut"] == "cs"]
    assert gained == [["03101"]]


def test_two_matrices_of_one_name_are_two_rules(run, tmp_path):
    for folder, far in (("un", "03101"), ("deux", "03190")):
        assert run("init", "allier", folder).returncode == 0
        (tmp_path / folder / "structures.csv").write_text(
            "nom;type;code_insee\nParc;CS;03185\n", encoding="utf-8"
        )
        (tmp_path / folder / "temps.csv").write_text(
            f"origine;destination;minutes\n{far};03185;5\n", encoding="utf-8"
        )
        (tmp_path / folder / "avs.toml").write_text(
            'territoire = "03"\nstructures = "structures.csv"\ntemps = "temps.csv"\n'
            'regle = "travel-time:15min"\n',
            encoding="utf-8",
        )
    made = json.loads(run("compare", "./un", "./deux", "--json").stdout)
    assert "La règle n'est pas la même partout" in made["reserves"][0]
    assert made["ecarts"] == []
    assert made["revision"] is None


def test_the_order_of_rows_changes_nothing(run, tmp_path):
    head = "id;nom;type;code_insee;communes_desservies\n"
    rows = ["x;Centre du Parc;CS;03185;03185\n", "y;Centre du Parc;CS;03185;03101\n"]
    (tmp_path / "un.csv").write_text(f"{head}a;Centre du Parc;CS;03185;03185\n", encoding="utf-8")
    made = []
    for name, order in (("b.csv", rows), ("c.csv", rows[::-1])):
        (tmp_path / name).write_text(head + "".join(order), encoding="utf-8")
        typed = ("compare", "allier", "--structures", "un.csv", "--against", name, "--json")
        made.append(json.loads(run(*typed).stdout)["revision"])
    assert made[0] == made[1]
    assert made[0]["structures_ajoutees"] == ["x", "y"]


def test_settings_of_a_study_that_give_way_are_said(run, tmp_path):
    assert run("init", "allier", "etude", "--example").returncode == 0
    text = run("compare", "creuse", "./etude").stdout.decode()
    assert "sa date est le" not in text  # 2026-01-01 for both
    text = run("compare", "allier", "./etude", "--rule", "radius:5km").stdout.decode()
    assert "sa règle est declared ; comparé ici selon radius:5km." in text
    assert "sa date est le 01/01/2026 ; comparé ici au 31/12/2022." in text
