"""What pages of explanations are checked against, and small worlds to explain."""

from __future__ import annotations

import re
from collections import defaultdict

from avs_coverage import Report, get_rule
from avs_coverage.access import communes_access
from avs_coverage.coverage import Coverage
from avs_coverage.explain import Explainer
from avs_coverage.inventory import Inventory
from avs_coverage.messages import number
from avs_coverage.reports.explain_commune import commune_sections
from avs_coverage.reports.explain_page import explain_document
from avs_coverage.reports.explain_words import (
    LISTED,
)
from avs_coverage.rules import RuleSettings
from tests.worlds import DAY, territory

STATUS_WORDS = {
    "cs_seul": "couverte (centre social)",
    "cs_et_evs": "couverte (centre social et espace de vie sociale)",
    "evs_seul": "couverte (espace de vie sociale seul)",
}


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
        for id, metres in ((found.access.cs, found.access.cs_far), (found.access.evs, found.access.evs_far)):
            if id:
                kind = "CS" if id == found.access.cs else "EVS"
                assert f"« {names[id]} » ({kind}), à {number(metres / 1000, 1)} km" in text


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


WORLD = territory({"03001": "A", "03002": "A", "03003": "", "03004": ""}, [("03001", "03002")])


def explained(*structures, rule="declared", world=WORLD, settings=None, on=DAY, departements=("03",)):
    inventory = Inventory(structures, frozenset(departements), "essai", "essai")
    made = Coverage.compute(world, inventory, get_rule(rule, settings or RuleSettings()), on)
    return Explainer(Report(made))


def section_of(explainer, code):
    return text_of(commune_sections(explainer.report, explainer.commune(code))[1])
