"""Command ``supply``: the places that structures offer around each commune, for 1,000 inhabitants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from avs_coverage.commands.listing import Listing, give
from avs_coverage.commands.options import (
    OutputOptions,
    SourceOptions,
    make_report,
    with_options,
)
from avs_coverage.commands.typed import parse_positive

if TYPE_CHECKING:
    from avs_coverage.report import Report
    from avs_coverage.reports.document import Document
    from avs_coverage.supply import CommuneSupply, Supply

COLUMNS = (
    "code_insee",
    "nom",
    "population",
    "places_pour_1000",
    "plancher",
    "structures",
    "structures_sans_capacite",
)


@with_options
def supply(
    study: SourceOptions,
    output: OutputOptions,
    limit: Annotated[
        str,
        typer.Option(
            "--limit",
            metavar="KM",
            show_default=False,
            help="Distance jusqu'à laquelle une structure offre ses places (10 km par défaut).",
        ),
    ] = "",
    enhanced: Annotated[
        bool,
        typer.Option(
            "--enhanced", help="E2SFCA : trois zones d'égale largeur, de poids 1, 0,68 et 0,22 (2SFCA sans)."
        ),
    ] = False,
) -> None:
    """Offre autour de chaque commune : places pour 1 000 habitants (2SFCA), d'après les capacités."""
    limit_km = parse_positive(limit, 10.0, "--limit")
    report = make_report(study, output)

    from avs_coverage.supply import communes_supply

    found = communes_supply(report.coverage, limit_km * 1000, enhanced) if report.has_inventory else None
    rows = [row.to_record() for row in found.rows] if found else []
    extra = {"synthese": found.to_record() if found else None}
    reserves = _reserves(report, found) if found else []
    give(Listing("supply", COLUMNS, rows, _document(report, found), extra, reserves), report, output)


def _document(report: Report, found: Supply | None) -> Document:
    from avs_coverage.messages import CAVEAT, number
    from avs_coverage.reports.document import Cell, Document, Paragraph, Section, table
    from avs_coverage.reports.inventory_section import inventory_or_help, unlocated_sentences, user_layers

    heading = f"Offre des structures — {report.label}"
    if found is None:
        return Document(heading, (inventory_or_help(report),))
    ordered = sorted(
        found.rows, key=lambda row: (row.places_per_1000 is None, row.places_per_1000 or 0, row.code)
    )
    cells: list[list[Cell]] = [
        [
            f"{row.name} ({row.code})",
            number(row.population),
            _offer(row),
            number(row.structures),
            number(row.without_capacity),
        ]
        for row in ordered
    ]
    headers = ["Commune", "#Habitants", "#Places pour 1 000 habitants", "#Structures", "#Sans capacité"]
    caption = "Communes, de la moins pourvue à la mieux pourvue ; structures à portée"
    blocks = (
        *user_layers(report),
        Paragraph(_definition(found)),
        table(caption, headers, cells),
        *(Paragraph(text, True) for text in _reserves(report, found)),
        *(Paragraph(text) for text in unlocated_sentences(report)),
        Paragraph(CAVEAT, True),
    )
    return Document(heading, (Section("", blocks),))


def _offer(row: CommuneSupply) -> str:
    """Write an offer, as a floor where it is one; a positive one is never written 0."""
    from avs_coverage.messages import number

    if row.places_per_1000 is None:
        return "inconnue" if row.population else "sans habitant"
    value = number(row.places_per_1000, 2)
    if row.places_per_1000 and value == "0,00":
        value = "moins de 0,01"
    return f"au moins {value}" if row.is_floor else value


def _definition(found: Supply) -> str:
    """Say what is computed, and of what."""
    from avs_coverage.messages import counted, distance, enumeration

    limit = distance(found.zones_m[-1])
    text = (
        f"{counted(found.places, 'place', 'places')} dans "
        f"{counted(len(found.counted), 'structure', 'structures')} de capacité connue. Une structure "
        f"partage ses places entre les habitants à {limit} ou moins ; l'offre d'une commune est la somme de "
        f"ces parts pour les structures à {limit} ou moins de son chef-lieu"
    )
    if len(found.zones_m) == 1:
        text += " (2SFCA, Luo et Wang 2003)."
    else:
        zones = enumeration(
            [
                f"{weight:g} jusqu'à {distance(zone)}".replace(".", ",")
                for weight, zone in zip(found.weights, map(round, found.zones_m), strict=True)
            ]
        )
        text += f", habitants et parts étant pondérés selon la distance : {zones} (E2SFCA, Luo et Qi 2009)."
    return (
        f"{text} Distances à vol d'oiseau, du chef-lieu de la commune à la structure (au chef-lieu de son "
        "siège sans coordonnées) ; les habitants d'une commune sont tenus pour être à son chef-lieu."
    )


def _reserves(report: Report, found: Supply) -> list[str]:
    """Say what the offer leaves out, and who beyond the territory shares it."""
    from avs_coverage.messages import counted, number, plural

    said = []
    if found.without_capacity:
        verb = plural(len(found.without_capacity), "ne compte pas", "ne comptent pas")
        what = counted(len(found.without_capacity), "structure", "structures")
        said.append(f"{what} sans capacité {verb} dans l'offre.")
    if found.unplaced:
        verb = plural(len(found.unplaced), "ne compte pas", "ne comptent pas")
        what = counted(len(found.unplaced), "structure", "structures")
        said.append(f"{what} de capacité connue, mais sans siège connu, {verb} dans l'offre.")
    if any(row.is_floor for row in found.rows):
        said.append(
            "« Au moins » : une structure sans capacité, ou une commune d'un département sans inventaire, "
            "est à portée ; l'offre est « inconnue » quand rien d'autre ne l'est."
        )
    structures = report.coverage.inventory.structures
    if coarse := sum(s.id in found.counted and s.position != "point" for s in structures):
        words = ("structure est placée", "structures sont placées")
        said.append(
            f"{counted(coarse, *words)} au chef-lieu de son siège, faute de coordonnées : l'offre des "
            "communes d'alentour peut être autre, et n'a pas de fourchette."
        )
    if report.outside_bracket:
        said.append(f"Offre au moins : {report.outside_bracket}, et leurs places manquent.")
    if found.beyond:
        vintage = "populations embarquées" if "population" in report.coverage.territory.replaced else ""
        said.append(
            f"{counted(found.beyond, 'commune', 'communes')} hors du territoire "
            f"({number(found.people_beyond)} habitants{', ' + vintage if vintage else ''}) "
            f"{plural(found.beyond, 'partage', 'partagent')} aussi ces places."
        )
    return said
