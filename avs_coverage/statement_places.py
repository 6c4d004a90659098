"""The passages of the état des lieux on EPCI, zones blanches and quarters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from avs_coverage.facts import Facts, Sentence, together, write
from avs_coverage.gaps import GAP, UNCLEAR
from avs_coverage.messages import enumeration, plural
from avs_coverage.qpv import NOT_INFORMED, WITH_STRUCTURE, WITHOUT_STRUCTURE
from avs_coverage.qpv_location import INSIDE, NEAR

if TYPE_CHECKING:
    from avs_coverage.report import Report

_NAMES = 12
_ZONES = 5


def epci(report: Report, facts: Facts) -> Iterator[Sentence]:
    """Say which EPCI nothing known covers, and how far the share of inhabitants covered goes."""
    if not report.coverage.known.all() or report.coverage.territory.name.kind == "epci":
        return
    where = {"mesure": "communes", "statut": "avs"}
    total = facts.count("epci", where)
    empty = {**where, "majorant": 0}
    none = facts.count("epci", empty)
    if none.value:
        names = _named([row["nom_groupe"] for row in facts.rows("epci", empty)], _NAMES)
        yield write(
            "Dans {n} EPCI sur {total}, aucune structure localisée ne couvre la moindre commune du "
            "territoire, même dans l'hypothèse haute{names}.",
            n=none, total=total, names=names,
        )  # fmt: skip
    yield from _spread(report, facts)


def _spread(report: Report, facts: Facts) -> Iterator[Sentence]:
    """Say from which share of inhabitants to which EPCI are covered, where nothing can move one."""
    where = {"mesure": "habitants", "statut": "avs"}
    rows = [row for row in facts.rows("epci", where) if row["part"] is not None]
    if report.outside_bracket or len(rows) < 2 or any(row["minorant"] != row["majorant"] for row in rows):  # noqa: PLR2004
        return
    rows.sort(key=lambda row: (row["part"], row["groupe"]))
    if rows[0]["part"] == rows[-1]["part"]:
        return
    low, high = (
        facts.cell("epci", "part", {**where, "groupe": row["groupe"]}) for row in (rows[0], rows[-1])
    )
    ends = [[row["nom_groupe"] for row in rows if row["part"] == end["part"]] for end in (rows[0], rows[-1])]
    least, most = (_named(names, 3).removeprefix(" : ").removeprefix(", ") for names in ends)
    if low is not None and high is not None:
        yield write(
            "La part des habitants couverts par une structure va, selon l'EPCI et pour ses seules communes "
            "du territoire, de {low} ({least}) à {high} ({most}).",
            low=low, least=least, high=high, most=most,
        )  # fmt: skip


def zones_and_unclear(report: Report, facts: Facts) -> Iterator[Sentence]:
    """Describe the zones blanches, the most populated first, and what has to be clarified."""
    if not report.has_inventory:
        return
    groups = facts.count("zones", {"liste": GAP})
    communes, people = (
        facts.sum("zones", name, {"liste": GAP}) for name in ("nb_communes", "habitants_non_couverts")
    )
    if groups.value and communes is not None and people is not None:
        verb = plural(communes.value, "forme", "forment")
        yield write(
            "{communes:commune|communes} ({people:habitant|habitants}) {verb} "
            "{groups:zone blanche|zones blanches} : aucune structure localisée ne les couvre, même dans "
            "l'hypothèse haute.",
            communes=communes, people=people, verb=verb, groups=groups,
        )  # fmt: skip
        for zone in facts.rows("zones", {"liste": GAP})[:_ZONES]:
            yield _zone(report, facts, zone["rang"])
        if groups.value > _ZONES:
            yield Sentence(
                "Les suivantes, moins peuplées, sont dans la table « Zones blanches » de l'export."
            )
    elif report.coverage.known.all():
        yield Sentence("Aucune commune n'est en zone blanche : chacune est couverte, ou pourrait l'être.")
    unclear = facts.count("zones", {"liste": UNCLEAR})
    communes = facts.sum("zones", "nb_communes", {"liste": UNCLEAR})
    people = facts.sum("zones", "habitants_non_couverts", {"liste": UNCLEAR})
    if unclear.value and communes is not None and people is not None:
        yield write(
            "La couverture de {communes:commune|communes} ({people:habitant|habitants}) est à préciser : "
            "seule l'hypothèse haute les couvre. Les structures à interroger sont dans la table « Zones "
            "blanches » de l'export.",
            communes=communes, people=people,
        )  # fmt: skip


def _zone(report: Report, facts: Facts, rank: int) -> Sentence:
    """Describe one zone blanche: where it is, how large, how far the nearest structure."""
    where = {"liste": GAP, "rang": rank}
    row = facts.rows("zones", where)[0]
    number, communes, people = (
        facts.known("zones", name, where) for name in ("rang", "nb_communes", "habitants_non_couverts")
    )
    told = write(
        "Zone blanche n° {number}, dont la commune la plus peuplée est {place} : "
        "{communes:commune|communes}, {people:habitant|habitants}",
        number=number, place=row["nom_commune_principale"], communes=communes, people=people,
    )  # fmt: skip
    away = facts.cell("zones", "distance_km", where, decimals=1)
    if away is None:
        return together([told, Sentence(".")], "")
    names = {structure.id: structure.name for structure in report.coverage.inventory.structures}
    nearest = write(
        " ; à vol d'oiseau, la structure localisée la plus proche du chef-lieu de cette commune, {name}, "
        "en est à {away} km.",
        name=names[row["structure_proche"]], away=away,
    )  # fmt: skip
    told = together([told, nearest], "")
    if not row["structures_a_confirmer"] or report.coverage.inventory.include_unconfirmed:
        return told
    waiting = enumeration([names[code] for code in row["structures_a_confirmer"]], _NAMES)
    return together([told, Sentence(f"À confirmer, non compté, dans cette zone : {waiting}.")])


def quarters(report: Report, facts: Facts) -> Iterator[Sentence]:
    """Say how many quarters there are, which have a structure, and how many live there."""
    if report.unlisted_quarters:
        yield Sentence("Les quartiers prioritaires de Mayotte ne sont pas renseignés à cette date.")
    total = facts.count("qpv")
    if not total.value:
        return
    years = " et ".join(str(year) for year in sorted({view.qpv.generation for view in report.qpv}))
    told = write(
        "La source officielle utilisée y compte {n:quartier prioritaire|quartiers prioritaires} "
        "(génération {years})",
        n=total, years=years,
    )  # fmt: skip
    people = facts.sum("qpv", "population")
    if people is not None:
        told = together([told, write(" et {n:habitant y vit|habitants y vivent}", n=people)], "")
    yield together([told, Sentence(".")], "")
    if report.has_inventory:
        yield from _served(report, facts)
        yield from _near(report, facts)


def _served(report: Report, facts: Facts) -> Iterator[Sentence]:
    """Say which quarters have a structure, by what is declared or published."""
    served = facts.count("qpv", {"desservi": WITH_STRUCTURE})
    if served.value:
        may_grow = bool(report.outside_bracket) or bool(facts.count("qpv", {"desservi": NOT_INFORMED}).value)
        told = write(
            "{words}{n:quartier est desservi|quartiers sont desservis} par une structure au moins",
            words="Au moins " if may_grow else "", n=served,
        )  # fmt: skip
        yield together([told, _people_served(report, facts, may_grow), Sentence(".")], "")
    for status, nouns in (
        (
            WITHOUT_STRUCTURE,
            "quartier n'est desservi par aucune structure connue|quartiers ne sont desservis par aucune "
            "structure connue",
        ),
        (NOT_INFORMED, "quartier n'est pas renseigné|quartiers ne sont pas renseignés"),
    ):
        count = facts.count("qpv", {"desservi": status})
        if count.value:
            names = [
                f"{row['nom_qpv']} ({row['code_qpv']})" for row in facts.rows("qpv", {"desservi": status})
            ]
            yield write("{n:" + nouns + "}{names}.", n=count, names=_named(names, _NAMES))


def _near(report: Report, facts: Facts) -> Iterator[Sentence]:
    """Say how many quarters have a structure inside or near, by coordinates: not whom it serves."""
    if not any(one.has_point for one in report.coverage.inventory.counted(report.coverage.on)):
        return
    rows = {status: {"mesure": "qpv", "statut": status} for status in (INSIDE, NEAR)}
    near = facts.cell("synthese", "minorant", rows[NEAR])
    inside = facts.cell("synthese", "minorant", rows[INSIDE])
    total = facts.cell("synthese", "denominateur", rows[NEAR])
    if near is None or inside is None or total is None:
        return
    yield write(
        "D'après les coordonnées de la liste, {near:quartier a|quartiers ont} pour sûr, sur {total}, une "
        "structure dans le périmètre ou tout près, dont {inside} dans le périmètre ; être à proximité n'est "
        "pas desservir.",
        near=near, inside=inside, total=total,
    )  # fmt: skip


def _people_served(report: Report, facts: Facts, may_grow: bool) -> Sentence:
    """Say how many live in the quarters served, of all those of the départements with an inventory."""
    where = {"mesure": "habitants_qpv", "statut": WITH_STRUCTURE}
    low = facts.cell("synthese", "minorant", where)
    total, share = (facts.cell("synthese", name, where) for name in ("denominateur", "part"))
    if low is None or total is None or share is None:
        return Sentence("")
    here = "" if report.coverage.known.all() else " des départements inventoriés"
    return write(
        " ; y vivent {words}{n:habitant|habitants} sur {total}{here} ({share})",
        words="au moins " if may_grow else "", n=low, total=total, here=here, share=share,
    )  # fmt: skip


def _named(names: Sequence[str], limit: int) -> str:
    """End a sentence with names, all or the first ones; how many are left is a number that no row holds.

    >>> _named(["a", "b"], 2), _named(["a", "b", "c"], 2)
    (' : a et b', ', notamment a et b')
    """
    return f" : {enumeration(names)}" if len(names) <= limit else f", notamment {enumeration(names[:limit])}"
