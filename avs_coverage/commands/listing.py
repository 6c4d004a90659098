"""Give one view to the user: a table on screen, a CSV file, or JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from avs_coverage.commands.options import OutputOptions
from avs_coverage.commands.streams import print_json, say

if TYPE_CHECKING:
    from avs_coverage.report import Report
    from avs_coverage.reports.document import Document

SCHEMA_VERSION = 3


@dataclass(frozen=True)
class Listing:
    """One view of a report: its name, its columns, its records, its page, and what else its JSON says.

    *reserves* are the warnings that this view adds to those of the report, in sentences. Rows of a CSV
    are stamped with what they rest on, but for those that the tool reads again. *basis* says what that is
    where it is not one rule at one date.
    """

    name: str
    columns: Sequence[str]
    records: Sequence[dict[str, Any]]
    document: Document
    extra: dict[str, Any] = field(default_factory=dict)
    reserves: Sequence[str] = ()
    is_stamped: bool = True
    basis: str = ""


def give(listing: Listing, report: Report, output: OutputOptions) -> None:
    """Write the listing where the user asked."""
    if output.csv is not None:
        from avs_coverage.reports.csv_file import write_csv

        columns, records = listing.columns, listing.records
        if listing.is_stamped:
            stamp = report.stamp
            columns = [*columns, *(name for name in stamp if name not in columns)]
            records = [{**stamp, **record} for record in records]
        write_csv(columns, records, output.csv, output.csv_dialect, output.force)
        count = len(listing.records)
        lines = "ligne écrite" if count <= 1 else "lignes écrites"
        rule, day = report.coverage.rule.name, report.coverage.on.isoformat()
        say(f"{count} {lines} dans {output.csv} ({listing.basis or f'règle {rule}, état au {day}'})")
    if output.json:
        stamp = {**report.stamp, "couches_utilisateur": list(report.stamp["couches_utilisateur"])}
        warnings = report.warnings_record
        warnings["avertissements"][:0] = listing.reserves
        print_json(
            {
                "schema": f"avs-coverage/{listing.name}",
                "version": SCHEMA_VERSION,
                **stamp,
                **listing.extra,
                **warnings,
                listing.name: list(listing.records),
            }
        )
    if output.csv is not None or output.json:
        from avs_coverage.report import NO_INVENTORY

        for text in (*report.warnings, *listing.reserves):
            say(f"avertissement : {text}")
        if not report.has_inventory:
            say(f"avertissement : {NO_INVENTORY}")
    if output.csv is None and not output.json:
        from avs_coverage.reports.terminal import make_console, print_document

        print_document(listing.document, make_console())
