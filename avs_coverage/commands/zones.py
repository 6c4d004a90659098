"""Command ``zones``: zones blanches and areas whose coverage is to be clarified."""

from __future__ import annotations

from avs_coverage.commands.listing import Listing, give
from avs_coverage.commands.options import CoverageOptions, OutputOptions, make_report, with_options
from avs_coverage.commands.weight import WeightOption, weight_of


@with_options
def zones(study: CoverageOptions, output: OutputOptions, weight: WeightOption = "") -> None:
    """Zones blanches (groupes de communes que rien de connu ne couvre) et couverture à préciser."""
    report = make_report(study, output)

    from avs_coverage.gaps import COLUMNS, ranked_by

    columns: tuple[str, ...] = COLUMNS
    found = [zone.to_record() for zone in report.zones]
    if counts := weight_of(report, weight):
        # The page and the table show the same zones, in the same order.
        report.__dict__["zones"] = ranked_by(report.zones, report.coverage, counts)
        extra = [{"poids": zone.weight, "poids_inconnu": zone.weight_unknown} for zone in report.zones]
        found = [{**zone.to_record(), **more} for zone, more in zip(report.zones, extra, strict=True)]
        columns = (*COLUMNS, "poids", "poids_inconnu")

    from avs_coverage.reports.document import Document, Section
    from avs_coverage.reports.inventory_section import basis, inventory_or_help
    from avs_coverage.reports.zones_section import zones_section

    section = (
        zones_section(report, complete=True, weight=weight)
        if report.has_inventory
        else inventory_or_help(report)
    )
    page = Document(f"Zones blanches — {report.label}", (Section("", tuple(basis(report))), section))
    give(Listing("zones", columns, found, page), report, output)
