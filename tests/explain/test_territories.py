"""Every commune, quarter and structure of real territories has its page, and it says what is computed."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from avs_coverage import Report, Territory, build_report, find_territory_name, get_rule
from avs_coverage.contributions import structure_contributions
from avs_coverage.coverage import Coverage
from avs_coverage.example import made_inventory
from avs_coverage.explain import DEFAULT_RULES, Explainer
from avs_coverage.inventory import FICTITIOUS, Inventory, Structure
from avs_coverage.messages import number
from avs_coverage.projection import epsg_of, project
from avs_coverage.qpv import WITH_STRUCTURE
from avs_coverage.qpv_location import QpvLocation
from tests.explain.helpers import check_communes, check_structure_levels, page, rule_heading, text_of, whole
from tests.worlds import DAY

# --- Allier ------------------------------------------------------------------------------------


def test_the_317_communes_of_allier_under_four_rules(explainer):
    seen = defaultdict(int)
    for found, sections in check_communes(explainer):
        seen[sections[1].title.rpartition(" : ")[2].split(" (")[0]] += 1
        published = found.published
        assert (published is not None) == ("Le schéma publie" in text_of(sections[0]))
    # The report's own counts: 15 covered, 218 perhaps, 84 by nothing.
    assert dict(seen) == {"couverte": 15, "peut-être couverte": 218, "non couverte": 84}


@pytest.mark.full
def test_what_would_be_enough_is_and_a_little_less_is_not(explainer):
    """The distance and the duration said to be enough would cover the commune; the step below would not."""
    coverage = explainer.report.coverage
    wanted = defaultdict(set)
    for code in coverage.territory.communes.index:
        for one in explainer.commune(code).rules[2:]:
            if one.enough is not None:
                wanted[one.rule.name, one.enough].add(code)
    assert len(wanted) > 100
    for (name, enough), codes in sorted(wanted.items())[::12]:
        unit, step = ("km", 0.1) if name == "radius" else ("min", 1)
        for value, is_enough in ((enough, True), (round(enough - step, 1), False)):
            rule = get_rule(f"{name}:{value:g}{unit}")
            made = Coverage.compute(coverage.territory, coverage.inventory, rule, coverage.on)
            statuses = made.communes.loc[sorted(codes), "statut"]
            assert ((statuses != "aucune") == is_enough).all(), (name, value)


def test_zones_and_neighbours_are_those_of_the_zones_command(explainer):
    zones = [
        {code: zone for zone in context.report.zones for code, _ in zone.communes}
        for context in explainer.contexts
    ]
    for code in explainer.report.coverage.territory.communes.index:
        for one, zone_of in zip(explainer.commune(code).rules, zones, strict=True):
            assert one.zone == zone_of.get(code)
            if one.zone:
                assert {s.id for s, _ in one.around} - set(one.zone.possible) <= set(one.zone.around)


def test_the_pages_name_what_would_change_the_answer(explainer):
    gannat = whole(page(explainer, explainer.commune("03118")))
    assert "Confirmer la structure « Centre social d'Ébreuil » (CS)" in gannat
    assert "10 CS et 4 EVS" in gannat
    assert "Puy-de-Dôme (63)" in gannat
    molinet = whole(page(explainer, explainer.commune("03173")))
    assert "Saône-et-Loire (71)" in molinet  # its EPCI is mostly there
    cusset = whole(page(explainer, explainer.commune("03095")))
    assert "Le siège est déduit et non établi pour « Centre social La Passerelle »" in cusset
    commentry = whole(page(explainer, explainer.commune("03082")))
    assert "Le schéma publie de cette commune, pour 2022 : espace de vie sociale seul" in commentry


def test_every_quarter_of_allier(explainer):
    for view in explainer.report.qpv:
        found = explainer.quarter(view.qpv.code)
        assert found.view == view
        assert found.serving == view.structures
        text = whole(page(explainer, found))
        assert ("est desservi par «" in text) == (view.status == WITH_STRUCTURE)
        assert ("n'est desservi par aucune structure connue" in text) == (view.status != WITH_STRUCTURE)
        assert all(f"« {s.name} »" in text and s.source in text for s in view.structures)
        assert all(f"« {printed} »" in text for printed in view.published.structures)
        assert number(view.qpv.population) in text
    assert found.informed == sum(bool(v.structures) for v in explainer.report.qpv) == 5


def test_a_quarter_that_is_not_in_force_says_so_and_names_its_namesake(explainer):
    found = explainer.quarter("QN00303M")
    text = whole(page(explainer, found))
    assert found.view is None
    assert "n'est pas en vigueur au 31/12/2022" in text
    assert "Moulins-Sud (QP003003)" in text
    later = Explainer(build_report(find_territory_name("03"), DEFAULT_RULES, DAY.replace(year=2024)))
    text = whole(page(later, later.quarter("QN00303M")))
    assert "n'est pas renseigné" in text
    assert "populations municipales 2020" in text


def test_a_quarter_says_where_structures_are_and_which_cannot_be_told(explainer):
    found = explainer.quarter("QP003001")
    place = QpvLocation(
        "QP003001", 300.0, 2.0, inside=("03-CS-08",), near=("03-EVS-05",), undecidable=("03-CS-09",)
    )
    text = whole(page(explainer, replace(found, location=place)))
    assert "Dans le périmètre : « Centre social Barjavel » (CS)." in text
    assert "Hors du périmètre, mais à 300 m au plus : « Accorderie » (EVS)." in text
    assert "On ne peut le dire de « Centre social La Passerelle » (CS)" in text
    assert "colonnes longitude et latitude" in text
    nowhere = replace(place, inside=(), near=(), undecidable=())
    text = whole(page(explainer, replace(found, location=nowhere)))
    assert "n'est dans le périmètre, ni à 300 m au plus" in text


def test_a_quarter_that_only_uncounted_structures_serve_is_not_known_to_have_none(allier):
    inventory = allier.coverage.inventory
    structures = [
        replace(s, end=date(2020, 1, 1)) if s.id in ("03-CS-09", "03-EVS-05") else s
        for s in inventory.structures
    ]
    coverage = replace(allier.coverage, inventory=replace(inventory, structures=tuple(structures)))
    made = Explainer(Report(coverage))
    found = made.quarter("QP003001")
    assert (found.serving, [s.id for s in found.uncounted]) == ((), ["03-CS-09", "03-EVS-05"])
    text = whole(page(made, found))
    # The list is not whole, and the schéma prints two structures: nothing says that there is none.
    assert "n'est pas renseigné" in text
    assert "elle n'est pas connue comme complète" in text
    assert "mais ne sont pas comptées à cette date" in text


def test_before_2015_no_quarter_is_in_force():
    made = Explainer(build_report(find_territory_name("03"), "declared", date(2014, 12, 31)))
    text = whole(page(made, made.quarter("QP003001")))
    assert "aucune génération de QPV n'était encore en vigueur" in text


def test_every_structure_of_allier(explainer):
    contributions = [
        {row.structure.id: row for row in structure_contributions(context.coverage)}
        for context in explainer.contexts
    ]
    counted = {s.id for s in explainer.report.coverage.inventory.counted(DAY)}
    for one in explainer.report.coverage.inventory.structures:
        found = explainer.structure(one.id)
        document = page(explainer, found)
        text = whole(document)
        assert found.is_counted == (one.id in counted) == ("n'est pas comptée" not in text)
        assert one.source in text
        for rule, context, of in zip(found.rules, explainer.contexts, contributions, strict=True):
            links = context.coverage.links
            mine = links[links["structure"] == one.id]
            assert {t.commune for t in rule.certain} == set(mine[mine["certain"]]["commune"])
            assert {t.commune for t in rule.possible} == set(mine[~mine["certain"]]["commune"])
            assert rule.contribution == of.get(one.id)
            if rule.contribution:
                assert sum(t.inhabitants for t in rule.certain) == rule.contribution.served
            if not found.is_counted:
                continue
            titles = [s.title for s in document.sections]
            heading = next(t for t in titles if t.startswith(rule_heading(rule)))
            if rule.is_located:
                check_structure_levels(heading, document, rule, mine)
            else:
                assert "ne peut être placée" in heading
                assert rule.certain == rule.possible == ()


def test_a_structure_says_what_it_declares_and_what_its_row_lacks(explainer):
    farandole = whole(page(explainer, explainer.structure("03-CS-01")))
    assert "dont le siège est au Donjon (03103)" in farandole
    left = f"elle n'en dessert pas plus de {number(4633)}"
    assert left in farandole
    troncais = explainer.structure("03-CS-05")
    assert troncais.lacking[:2] == ("siege", "zone")
    assert "faute d'en connaître le siège" in whole(page(explainer, troncais))
    lurcy = explainer.structure("03-CS-11")
    assert lurcy.reason == "a_confirmer"
    assert "confirmation" in lurcy.lacking
    passerelle = explainer.structure("03-CS-09")
    assert "dont le siège serait à Cusset" in whole(page(explainer, passerelle))
    assert "siege_deduit" in passerelle.lacking


# --- made inventories --------------------------------------------------------------------------


def made_report(name: str) -> Report:
    """Return the report of the made list of ``init --example``, areas of every quality in turn."""
    land = Territory.find(name)
    areas = ("complete", "partielle", "estimee", "inconnue")
    structures = []
    for rank, row in enumerate(made_inventory(land)):
        seat = land.rows[row.code_insee]
        communes = tuple(row.communes_desservies.split("|"))
        x_m, y_m = project(float(row.longitude), float(row.latitude), epsg_of(seat.departement))
        structures.append(
            Structure(
                row.id,
                row.nom,
                row.type,
                status="a_confirmer" if rank == 3 else "confirme",
                seat=row.code_insee if rank % 5 else "",
                seat_name=row.commune if rank % 5 else "",
                seat_quality="deduit" if rank % 3 == 0 else "certain",
                seat_epci=seat.epci if rank % 5 else "",
                x_m=x_m if rank % 5 else None,
                y_m=y_m if rank % 5 else None,
                has_point=bool(rank % 5 and rank % 2),
                area=areas[rank % 4],
                communes=communes,
                communes_epci=tuple(land.rows[code].epci for code in communes),
                qpv=tuple(row.qpv_desservis.split()),
                source=FICTITIOUS,
            )
        )
    known = frozenset(land.name.departements)
    inventory = Inventory(tuple(structures), known, "liste fictive", "liste fictive")
    day = DAY.replace(year=2026)
    made = [Coverage.compute(land, inventory, get_rule(rule), day) for rule in DEFAULT_RULES]
    return Report(made[0], (), tuple(made[1:]))


@pytest.mark.full
@pytest.mark.parametrize("name", ["lozere", "974", "2A", "94", "200071140"])
def test_every_commune_quarter_and_structure_of_a_made_list(name):
    made = Explainer(made_report(name))
    communes = list(check_communes(made))
    bases = {tie.basis for found, _ in communes for one in found.rules for tie in one.ties}
    assert {"siege", "zone_complete", "zone_estimee", "distance", "duree_estimee"} <= bases
    assert ("commune_voisine" in bases) == (name == "94")  # the Métropole du Grand Paris
    for view in made.report.qpv:
        text = whole(page(made, made.quarter(view.qpv.code)))
        assert ("est desservi par «" in text) == bool(view.structures)
    for one in made.report.coverage.inventory.structures:
        text = whole(page(made, made.structure(one.id)))
        assert "DONNÉES FICTIVES" in text
        assert "Données fictives : aucun chiffre" in text
        assert ("n'est pas comptée" in text) == (one.status == "a_confirmer")


def test_the_study_folder_of_init_is_explained(run):
    assert run("init", "48", "etude", "--example").returncode == 0
    shown = run("explain", "./etude", "Mende")
    assert shown.returncode == 0
    assert "DONNÉES FICTIVES" in shown.stdout.decode()
    text = Path("etude/avs.toml").read_text(encoding="utf-8")
    Path("etude/avs.toml").write_text(text.replace('"declared" ', '"radius:8km" '), encoding="utf-8")
    rules = json.loads(run("explain", "./etude", "48095", "--json").stdout)["explication"]["regles"]
    # The study's own rule answers first, the usual ones stand beside it.
    assert [rule["regle"] for rule in rules] == [
        "radius", "declared", "implantation", "radius", "travel-time",
    ]  # fmt: skip
