"""Explanations: no sentence says otherwise than the tables do, for every commune, quarter and structure."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from avs_coverage import Report, Territory, build_report, find_territory_name, get_rule
from avs_coverage.access import communes_access
from avs_coverage.contributions import structure_contributions
from avs_coverage.coverage import Coverage
from avs_coverage.example import made_inventory
from avs_coverage.explain import DEFAULT_RULES, Explainer
from avs_coverage.inventory import FICTITIOUS, Inventory, Structure
from avs_coverage.messages import number
from avs_coverage.projection import epsg_of, project
from avs_coverage.qpv import WITH_STRUCTURE
from avs_coverage.qpv_location import QpvLocation
from avs_coverage.reports.explain_commune import commune_sections
from avs_coverage.reports.explain_page import explain_document
from avs_coverage.reports.explain_words import (
    LISTED,
    POSSIBLE_REASONS,
    SENTENCES,
    about_minutes,
    tie_sentences,
    why_possible,
)
from avs_coverage.rules import BASES, RuleSettings, link_table
from tests.test_radius import grid_of
from tests.test_travel_time_rule import matrix
from tests.worlds import DAY, structure, territory

ROOT = Path(__file__).parent.parent
STATUS_WORDS = {
    "cs_seul": "couverte (centre social)",
    "cs_et_evs": "couverte (centre social et espace de vie sociale)",
    "evs_seul": "couverte (espace de vie sociale seul)",
}


@pytest.fixture(scope="module")
def explainer():
    return Explainer(build_report(find_territory_name("allier"), DEFAULT_RULES))


def text_of(section):
    return "\n".join(block.text for block in section.blocks)


def page(explainer, found):
    return explain_document(explainer.report, found)


def whole(document):
    return "\n".join([document.title, *(f"{s.title}\n{_blocks(s)}" for s in document.sections)])


def _blocks(section):
    found = []
    for block in section.blocks:
        found += [block.text] if hasattr(block, "text") else [" | ".join(map(str, row)) for row in block.rows]
    return "\n".join(found)


def check_communes(explainer):
    """Compare every commune's record and sentences with the tables of the same report; yield them."""
    names = {s.id: s.name for s in explainer.report.coverage.inventory.structures}
    access = {row.code: row for row in communes_access(explainer.report.coverage)}
    tables = []
    for report in (explainer.report, *explainer.report.beside):
        links = defaultdict(set)
        for link in report.coverage.links.itertuples(index=False):
            is_firm = bool(link.firm)
            links[link.commune].add((link.structure, bool(link.certain), is_firm, link.basis, link.share))
        tables.append((report.coverage.communes, links))
    for code in explainer.report.coverage.territory.communes.index:
        found = explainer.commune(code)
        sections = commune_sections(explainer.report, found)
        assert found.access == access.get(code)
        for one, section, (communes, links) in zip(found.rules, sections[1:], tables, strict=False):
            check_record(one, communes.loc[code], links[code])
            check_title(section.title, communes.loc[code])
            if one.status:
                check_names(text_of(section), one, links[code], names)
                check_levels(section.title, text_of(section), one, communes.loc[code], links[code])
        check_first_sentence(text_of(sections[0]), found.main, names)
        check_nearest(sections[-1], found, names)
        yield found, sections


def check_record(one, row, links):
    assert (one.status, one.status_lower, one.status_upper) == (
        row["statut"], row["statut_minorant"], row["statut_majorant"],
    )  # fmt: skip
    assert "|".join(sorted(tie.structure.id for tie in one.certain)) == row["structures"]
    assert {(t.structure.id, t.certain, t.firm, t.basis, t.share) for t in one.ties} == links
    for tie in one.ties:
        assert tie.to_record()["etabli"] == (tie.certain and tie.firm and tie.basis != "duree_estimee")
    if row["statut"]:
        assert one.inhabitants == row["habitants_couverts"]
        types = [tie.structure.type for tie in one.certain]
        assert (types.count("CS"), types.count("EVS")) == (row["nb_cs"], row["nb_evs"])


def check_title(title, row):
    """The verdict in the heading is the status of the table."""
    answer = title.rpartition(" : ")[2]
    if row["statut"] in STATUS_WORDS:
        assert answer.startswith(STATUS_WORDS[row["statut"]])
        assert ("peut-être aussi" in answer) == (row["statut"] != row["statut_majorant"])
        if row["statut_minorant"] == "aucune":
            assert "un lieu ou une date que rien n'établit" in answer
    elif row["statut"]:
        assert answer == ("non couverte" if row["statut_majorant"] == "aucune" else "peut-être couverte")
    else:
        assert answer == "on ne sait pas"


def check_names(text, one, links, names):
    """Every structure with a link is named, and a seat is said where there is one and nowhere else."""
    if len(one.certain) <= LISTED:
        assert all(f"« {names[tie.structure.id]} »" in text for tie in one.certain)
    # A possible link is one to ask about: all are named.
    assert all(f"« {names[tie.structure.id]} »" in text for tie in one.possible)
    seated = re.search(r"\) (et .* )?y (a son|ont leur) siège\.|de plus y ont leur siège\.", text)
    assert bool(seated) == any(basis == "siege" for _, _, _, basis, _ in links)
    assert ("Aucune structure connue n'y a son siège." in text) == (
        one.rule.name == "implantation" and one.status == "aucune"
    )


def check_levels(title, text, one, row, links):
    """What is said to be established is what the minorant counts, but for durations that are estimated."""
    firm = {structure for structure, _, is_firm, _, _ in links if is_firm}
    established = {tie.structure.id for tie in one.established}
    held = {tie.structure.id for tie in one.held}
    assert established <= firm
    assert established | held == {structure for structure, certain, *_ in links if certain}
    answer = title.rpartition(" : ")[2]
    assert "certitude" not in title + text
    if one.rule.name != "travel-time":
        assert established == firm
        assert one.status_established == row["statut_minorant"]
        assert ("que rien n'établit" in answer) == (
            row["statut"] != "aucune" and row["statut_minorant"] == "aucune"
        )
    else:
        assert ("durée estimée" in answer) == (
            one.is_covered and not established and any(tie.basis.startswith("duree_") for tie in one.held)
        )
    assert ("D'après ce qui est établi seulement" in text) == (one.status_established != row["statut"])
    assert ("sans que ce soit établi" in answer) == (
        one.status == "cs_et_evs" and one.status_established in ("cs_seul", "evs_seul")
    )


def check_first_sentence(first, one, names):
    certain = re.search(
        r"(?<!n')(?<!pas )est couverte par (.*?)(?:, d'après [^.]*)?\.(?: Elle l'est| Le calcul|$|\n)",
        first,
        re.MULTILINE,
    )
    held = re.search(r"Le calcul retient aussi (.*?), d'après", first)
    doubted = re.search(r"est couverte par .*?\), d'après", first)
    if one.status:
        assert bool(held) == bool(one.is_covered and one.established and one.held)
        assert bool(doubted and not held) == bool(one.is_covered and not one.established)
    if held and len(one.held) <= LISTED:
        assert quoted(held[1]) == {names[tie.structure.id] for tie in one.held}
    perhaps = re.search(r"l'est peut-être (?:aussi )?par (.*?)\.$", first, re.MULTILINE)
    assert bool(certain) == one.is_covered or not one.status
    if one.status:
        assert bool(perhaps) == bool(one.possible)
        assert ("n'est couverte par aucune" in first) == (not one.is_covered and not one.ties)
        assert ("n'est pas comptée comme couverte" in first) == (not one.is_covered and one.may_be_covered)
    else:
        assert "On ne sait pas" in first
    told = one.established or one.held if one.status else one.certain
    for match, ties in ((certain, told), (perhaps, one.possible)):
        if match and len(ties) <= LISTED:
            assert quoted(match[1]) == {names[tie.structure.id] for tie in ties}


def quoted(text):
    return set(re.findall(r"« (.*?) » \((?:CS|EVS)\)", text))


def check_nearest(section, found, names):
    """The distances printed are those of ``avs-coverage access``."""
    text = text_of(section) if section.blocks else ""
    if found.is_known and found.access and found.main.status not in ("cs_seul", "cs_et_evs"):
        for id, km in ((found.access.cs, found.access.cs_far), (found.access.evs, found.access.evs_far)):
            if id:
                kind = "CS" if id == found.access.cs else "EVS"
                assert f"« {names[id]} » ({kind}), à {number(km, 1)} km" in text


# --- Allier ------------------------------------------------------------------------------------


def test_the_317_communes_of_allier_under_four_rules(explainer):
    seen = defaultdict(int)
    for found, sections in check_communes(explainer):
        seen[sections[1].title.rpartition(" : ")[2].split(" (")[0]] += 1
        published = found.published
        assert (published is not None) == ("Le schéma publie" in text_of(sections[0]))
    # The report's own counts: 15 covered, 218 perhaps, 84 by nothing.
    assert dict(seen) == {"couverte": 15, "peut-être couverte": 218, "non couverte": 84}


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
    assert "population inconnue" in text


def test_a_quarter_says_where_structures_are_and_which_cannot_be_told(explainer):
    found = explainer.quarter("QP003001")
    place = QpvLocation("QP003001", 300.0, True, ("03-CS-08",), ("03-EVS-05",), ("03-CS-09",))
    text = whole(page(explainer, replace(found, location=place)))
    assert "Dans le périmètre : « Centre social Barjavel » (CS)." in text
    assert "Hors du périmètre, mais à moins de 300 m : « Accorderie » (EVS)." in text
    assert "On ne peut le dire de « Centre social La Passerelle » (CS)" in text
    assert "colonnes longitude et latitude" in text
    nowhere = replace(place, inside=(), near=(), undecidable=())
    text = whole(page(explainer, replace(found, location=nowhere)))
    assert "n'est dans le périmètre, ni à moins de 300 m" in text


def test_a_quarter_that_only_uncounted_structures_serve_has_none(allier):
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
    assert "n'est desservi par aucune structure connue" in text
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


def check_structure_levels(heading, document, rule, links):
    """The three levels of the heading and of the sentences are those of the links."""
    is_estimate = links["basis"] == "duree_estimee"
    counts = (
        int((links["firm"] & ~is_estimate).sum()),
        int((links["certain"] & (~links["firm"] | is_estimate)).sum()),
        int((~links["certain"]).sum()),
    )
    assert (len(rule.established), len(rule.held), len(rule.possible)) == counts
    word = "commune établie" if counts[0] < 2 else "communes établies"
    assert f"{counts[0] or 'aucune'} {word}" in heading
    text = next(text_of(s) for s in document.sections if s.title == heading)
    for start, count in zip(("Avec certitude", "Retenu dans le chiffre", "Peut-être"), counts, strict=True):
        assert (f"{start} (" in text or f"{start}, non établi (" in text) == bool(count)
    assert re.search(rf"\b{counts[1]} retenues? sans", heading) or not counts[1]


def rule_heading(rule):
    text = rule.rule.label.split(" (")[0]
    return text[:1].upper() + text[1:]


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


# --- small worlds ------------------------------------------------------------------------------

WORLD = territory({"03001": "A", "03002": "A", "03003": "", "03004": ""}, [("03001", "03002")])


def explained(*structures, rule="declared", world=WORLD, settings=None, on=DAY, departements=("03",)):
    inventory = Inventory(structures, frozenset(departements), "essai", "essai")
    made = Coverage.compute(world, inventory, get_rule(rule, settings or RuleSettings()), on)
    return Explainer(Report(made))


def section_of(explainer, code):
    return text_of(commune_sections(explainer.report, explainer.commune(code))[1])


@pytest.mark.parametrize(
    ("area", "communes", "said"),
    [
        ("complete", "03002", "« Structure c » (CS) la compte dans sa zone d'intervention."),
        ("partielle", "03002", "la compte parmi les communes connues de sa zone d'intervention."),
        ("estimee", "03002", "la desservirait, d'après une zone d'intervention estimée"),
        ("inconnue", "", "On ne connaît pas toute la zone d'intervention de « Structure c » (CS)"),
    ],
)
def test_each_quality_of_area_has_its_sentence(area, communes, said):
    cs = structure("c", "CS", "03001", area, communes, WORLD)
    assert said in section_of(explained(cs), "03002")


def test_a_commune_named_in_an_area_said_to_be_unknown_is_said_so():
    cs = structure("c", "CS", "03001", "inconnue", "03004", WORLD)
    assert "dit la zone inconnue" in section_of(explained(cs), "03004")


def test_several_structures_agree_in_number():
    both = [structure(id, "CS", "03001", world=WORLD) for id in ("c", "d")]
    text = section_of(explained(*both), "03001")
    assert "« Structure c » (CS) et « Structure d » (CS) y ont leur siège." in text
    assert "qui partent de communes" in section_of(explained(*both), "03002")


def test_more_certain_structures_than_a_sentence_holds_are_counted():
    many = [structure(f"c{n}", "CS", "03001", world=WORLD) for n in range(9)]
    made = explained(*many)
    assert "et 3 de plus y ont leur siège" in section_of(made, "03001")
    assert len(made.commune("03001").to_record()["structures"]) == 9


def test_part_of_the_inhabitants_within_reach_is_said_with_what_it_is_made_of():
    cells = [(5, 0, 1, "03001"), (50, 0, 1, "03001"), (90, 0, 1, "03001"), (10, 0, 4, "03002")]
    world = replace(WORLD, grids=(grid_of(cells),))
    world.__dict__.update(neighbours=WORLD.neighbours, epci_outside={})
    near = replace(structure("c", "CS", "03003", world=world), x_m=1100.0, y_m=100.0)
    settings = RuleSettings("grid", 0.5)
    made = explained(near, rule="radius:300m", world=world, settings=settings)
    found = made.commune("03001")
    (first, by_rule, *_) = commune_sections(made.report, found)
    assert found.main.status == "aucune"
    assert "33,3" in text_of(by_rule)
    assert "(3 sur 10)" in text_of(by_rule)
    assert by_rule.title.endswith(": non couverte")
    assert "trop peu de ses habitants" in text_of(first)
    assert found.main.enough is None  # the cells would have to be asked one by one


def test_a_matrix_gives_its_own_minutes_and_what_it_leaves_out_is_said():
    cs, evs = structure("c", "CS", "03001", world=WORLD), structure("e", "EVS", "03004", world=WORLD)
    times = matrix(("03001", "c", 0.0), ("03002", "c", 9.4), ("03003", "c", 30.0), ("03004", "c", 50.0))
    made = explained(cs, evs, rule="travel-time:10min", settings=RuleSettings(travel_times=times))
    assert "À portée, par la route : « Structure c » (CS, à 9 min)." in section_of(made, "03002")
    assert "Le fichier ne donne pas ce trajet" in section_of(made, "03003")
    found = made.commune("03003")
    assert (found.main.nearest.id, found.main.minutes, found.main.enough) == ("c", 30.0, 30.0)


def test_without_an_inventory_nothing_is_said_to_be_uncovered():
    made = explained(departements=())
    document = page(made, made.commune("03001"))
    text = whole(document)
    assert "On ne sait pas si" in text
    assert "non couverte." not in text.replace("non couverte n'est pas", "")
    assert "--structures" in text
    assert made.commune("03001").main.status == ""


def test_closed_future_and_unconfirmed_structures_say_why_they_do_not_count():
    made = explained(
        structure("a", "CS", "03001", world=WORLD, end=DAY.replace(year=2020)),
        structure("b", "CS", "03001", world=WORLD, start=DAY.replace(year=2025)),
        structure("c", "CS", "03001", world=WORLD, status="a_confirmer"),
        structure("d", "CS", "03001", world=WORLD),
    )
    said = {
        "a": ("fermee", "s'est terminé le 31/12/2020"),
        "b": ("pas_encore_ouverte", "ne commence que le 31/12/2025"),
        "c": ("a_confirmer", "« à confirmer »"),
        "d": ("", "couvre avec certitude 1 commune"),
    }
    for id, (reason, words) in said.items():
        found = made.structure(id)
        assert found.reason == reason
        assert words in whole(page(made, found))


def test_a_commune_next_to_a_covered_one_is_told_whose_area_could_extend():
    cs = structure("c", "CS", "03001", "complete", "03001", WORLD)
    made = explained(cs)
    (sections,) = [commune_sections(made.report, made.commune("03002"))]
    assert "« Structure c » (CS), qui couvre déjà Commune 03001" in text_of(sections[-1])


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_a_commune_covered_in_part_says_what_covers_it(share):
    # 5 of the 12 inhabitants of 03001 are near the CS, 5 near the EVS; the CS sits in 03002, near nobody.
    cells = [(5, 0, 5, "03001"), (50, 0, 5, "03001"), (90, 0, 2, "03001"), (120, 0, 4, "03002")]
    world = replace(WORLD, grids=(grid_of(cells),))
    world.__dict__.update(neighbours=WORLD.neighbours, epci_outside={})
    cs = replace(structure("c", "CS", "03002", world=world), x_m=1100.0, y_m=100.0)
    evs = replace(structure("e", "EVS", "03003", world=world), x_m=10100.0, y_m=100.0)
    settings = RuleSettings("grid", share)
    made = explained(cs, evs, rule="radius:300m", world=world, settings=settings)
    said = {
        code: text_of(commune_sections(made.report, made.commune(code))[0]) for code in ("03001", "03002")
    }
    words = "83,3\u202f% de ses habitants sont à portée de « Structure c » (CS) et « Structure e » (EVS)."
    assert (f"est couverte : {words}" in said["03001"]) == (share < 0.9)
    assert "est couverte : « Structure c » (CS) y a son siège." in said["03002"]
    statuses = made.report.coverage.communes["statut"]
    assert [made.commune(code).main.status for code in statuses.index] == list(statuses)


# --- every basis has its words -------------------------------------------------------------------


def test_every_basis_that_a_rule_gives_has_a_sentence():
    assert set(SENTENCES) == set(BASES)
    assert set(POSSIBLE_REASONS) <= set(SENTENCES)
    documented = (ROOT / "docs/formats.md").read_text(encoding="utf-8")
    assert all(f"`{basis}`" in documented for basis in SENTENCES)
    with pytest.raises(ValueError, match="oracle"):
        link_table([("c", "03001", 1.0, True, "oracle")])


@pytest.mark.parametrize("basis", SENTENCES)
def test_a_possible_link_is_never_said_as_a_certain_one(basis):
    made = explained(structure("c", "CS", "03001", world=WORLD))
    tie = replace(made.commune("03001").main.ties[0], basis=basis, certain=False)
    (said,) = tie_sentences([tie], "CC A", in_part=False)
    assert re.search(r"Peut-être|peut-être|rait\b|On ne connaît pas toute", said)
    assert why_possible([tie])


def test_a_basis_without_a_sentence_is_an_error_and_not_passed_over():
    made = explained(structure("c", "CS", "03001", world=WORLD))
    found = made.commune("03001")
    tie = replace(found.main.ties[0], basis="oracle")
    odd = replace(found, rules=(replace(found.main, ties=(tie,)),))
    with pytest.raises(ValueError, match="oracle"):
        commune_sections(made.report, odd)
    with pytest.raises(ValueError, match="oracle"):
        why_possible([tie])


# --- the command ---------------------------------------------------------------------------------


def test_the_command_answers_on_stdout_and_ends_with_its_exit_codes(run):
    shown = run("explain", "allier", "moulins")
    assert shown.returncode == 0
    text = shown.stdout.decode()
    assert text.startswith("Moulins (03190) — Allier (03)\nMoulins (03190), commune de ")
    assert "PEUT-ÊTRE COUVERTE" in text
    assert "Une commune non couverte n'est pas une commune où personne n'agit" in text
    assert run("explain", "allier").returncode == 2
    assert run("explain", "allier", "xyzzy").returncode == 4
    assert run("explain", "xyzzy", "moulins").returncode == 4
    refused = run("explain", "allier", "Nevers")
    assert refused.returncode == 4
    assert "avs-coverage explain 58 58194" in refused.stderr.decode()


def test_rules_are_those_asked_for(run):
    made = json.loads(run("explain", "allier", "gannat", "--radius", "10km,20km", "--json").stdout)
    assert (made["schema"], made["version"], made["nature"]) == ("avs-coverage/explain", 2, "commune")
    statuses = {r["parametres"]["rayon_m"]: r["statut"] for r in made["explication"]["regles"]}
    assert statuses == {10_000: "aucune", 20_000: "cs_seul"}
    assert run("explain", "allier", "gannat", "--rule", "declared", "--commune-share", "0.3").returncode == 2


def test_the_json_of_each_kind_is_complete_and_plain(run):
    for text, kind in (("03185", "commune"), ("QP003005", "qpv"), ("03-CS-07", "structure")):
        made = json.loads(run("explain", "allier", text, "--json").stdout)
        assert made["nature"] == kind
        assert made["explication"]
        assert "Une commune non couverte" in made["avertissements"][-1]
    ties = json.loads(run("explain", "allier", "03185", "--json").stdout)["explication"]["regles"][0]["liens"]
    assert [(t["structure"], t["certain"], t["fondement"]) for t in ties] == [
        ("03-CS-07", True, "siege"), ("03-CS-04", False, "epci"),
    ]  # fmt: skip


def test_names_can_do_nothing_to_the_screen(run, tmp_path):
    name = "MJC \x1b[31m<script>alert(1)</script>\u202e"
    (tmp_path / "s.csv").write_text(
        f"id;nom;type;code_insee;note\na;{name};CS;03190;\x07note\x1b]0x\n", encoding="utf-8"
    )
    for text in ("03190", "structure:a"):
        shown = run("explain", "allier", text, "--structures", "s.csv")
        assert shown.returncode == 0
        assert b"<script>alert(1)</script>" in shown.stdout
        assert not re.search("[\x00-\x09\x0b-\x1f\u202e]", shown.stdout.decode())


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_any_terminal_can_show_it(run, encoding):
    shown = run("explain", "allier", "QP003001", encoding=encoding)
    assert shown.returncode == 0
    assert "?" not in shown.stdout.decode(encoding)


# --- the three levels, other dates, what a page leaves out -----------------------------------------


def test_only_what_is_established_is_said_with_certainty(run):
    passerelle = run("explain", "allier", "structure:03-CS-09").stdout.decode()
    assert "certitude" not in passerelle
    assert "AUCUNE COMMUNE ÉTABLIE, 6 RETENUES SANS ÊTRE ÉTABLIES" in passerelle
    farandole = run("explain", "allier", "structure:03-CS-01").stdout.decode()
    assert "Avec certitude (habitants) : Le Donjon (1\u202f007).\nRetenu dans le chiffre" in farandole
    cusset = run("explain", "allier", "cusset").stdout.decode()
    assert "2 structures la couvrent, dont 1 avec certitude" in cusset
    links = json.loads(run("explain", "allier", "cusset", "--json").stdout)["explication"]["regles"][0][
        "liens"
    ]
    assert {(link["structure"], link["certain"], link["etabli"]) for link in links} == {
        ("03-EVS-05", True, True), ("03-CS-09", True, False), ("03-CS-08", False, False),
    }  # fmt: skip


def test_a_structure_that_may_not_have_been_open_yet_establishes_nothing():
    cs = structure("c", "CS", "03001", "complete", "03001", WORLD, start=None)
    inventory = Inventory((cs,), frozenset(["03"]), "essai", "essai", DAY.replace(year=2030))
    made = Explainer(Report(Coverage.compute(WORLD, inventory, get_rule("declared"), DAY)))
    text = whole(page(made, made.commune("03001")))
    assert "couverte (centre social), d'après un lieu ou une date que rien n'établit" in text
    assert "on ne sait pas si « Structure c » (CS) était déjà en activité" in text
    assert "certitude" not in text + whole(page(made, made.structure("c")))


def test_a_quarter_served_by_structures_that_may_not_have_been_open_yet_says_so():
    made = Explainer(build_report(find_territory_name("03"), "declared", date(2018, 12, 31)))
    found = made.quarter("QP003001")
    text = whole(page(made, found))
    assert "« Accorderie » (EVS), d'après une date que rien n'établit." in text
    assert "étaient déjà en activité à cette date" in text
    assert found.to_record()["structures_desservant_non_etablies"] == ["03-CS-09", "03-EVS-05"]


def test_estimated_durations_establish_nothing_and_are_rounded_on_their_side_of_the_threshold():
    cs = replace(structure("c", "CS", "03001", world=WORLD), has_point=True, position_error_m=0.0)
    made = explained(cs, rule="travel-time:600min")
    assert {tie.basis for tie in made.commune("03002").main.ties} == {"duree_estimee"}
    text = whole(page(made, made.commune("03002")))
    assert "est couverte par « Structure c » (CS), d'après une durée estimée." in text
    assert "certitude" not in text
    for minutes in (0.4, 2.6, 4.9, 12.6, 14.9, 15.0, 15.1, 17.4, 61.0, 95.5):
        said = about_minutes(minutes, 15)
        hours, rest = re.search(r"(?:(\d+) h ?)?(\d*)", said.removeprefix("environ ")).groups()
        value = 0 if said == "moins de 5 min" else int(hours or 0) * 60 + int(rest or 0)
        assert (value > 15) == (minutes > 15)
        assert abs(value - minutes) <= 2.5


@pytest.mark.parametrize("rule", ["declared", "implantation", "radius:5km"])
def test_a_commune_is_told_who_covered_it_before_and_who_will(rule):
    before = structure("a", "CS", "03001", "complete", "03001", WORLD, end=date(2021, 12, 31))
    later = structure("b", "EVS", "03001", "complete", "03001", WORLD, start=date(2024, 3, 1))
    maybe = structure("u", "EVS", "03001", world=WORLD, status="a_confirmer", end=date(2020, 1, 1))
    made = explained(before, later, maybe, rule=rule)
    found = made.commune("03001")
    text = whole(page(made, found))
    assert "« Structure a » (CS), qui y avait son siège, l'a couverte jusqu'au 31/12/2021." in text
    assert "« Structure b » (EVS), qui y aura son siège, la couvrira à partir du 01/03/2024." in text
    assert found.main.status == "aucune"
    told = found.to_record()["regles"][0]["structures_fermees_ou_a_venir"]
    assert [(row["structure"], row["agrement_fin"], row["etabli"]) for row in told] == [
        ("a", "2021-12-31", True), ("b", None, True),
    ]  # fmt: skip
    if rule != "radius:5km":
        assert made.commune("03004").main.other_dates == ()


def test_other_dates_are_the_links_of_a_day_when_those_structures_are_open():
    ended = replace(structure("a", "CS", "03001", world=WORLD), end=date(2015, 6, 30))
    made, then = explained(ended), explained(ended, on=date(2015, 6, 30))
    for code in WORLD.communes.index:
        assert [(t.structure.id, t.basis, t.level) for t in made.commune(code).main.other_dates] == [
            (t.structure.id, t.basis, t.level) for t in then.commune(code).main.ties
        ]
    assert "l'a peut-être couverte jusqu'au 30/06/2015" in whole(page(made, made.commune("03002")))


def test_the_json_carries_what_every_other_command_does(run):
    made = json.loads(run("explain", "allier", "cusset", "--json").stdout)
    other = json.loads(run("communes", "allier", "--json").stdout)
    for key in ("territoire", "date", "regle", "fictif", "completude", "positions", "hors_fourchette"):
        assert made[key] == other[key]


def test_warnings_that_do_not_concern_the_page_are_left_out(run):
    avermes = run("explain", "allier", "avermes").stdout.decode()
    assert "Durées estimées" not in avermes
    assert "Passerelle" not in avermes
    assert "structures publiées que la liste ne nomme pas (10 CS et 4 EVS)" in avermes
    cusset = run("explain", "allier", "cusset").stdout.decode()
    assert "Siège déduit et non établi pour « Centre social La Passerelle » (CS)." in cusset
    assert "Durées estimées" in cusset
    assert "Superficie" not in run("explain", "allier", "QP003001").stdout.decode()
