"""Structures year by year."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from avs_coverage.completeness import belongs
from avs_coverage.published_figures import published_figures

if TYPE_CHECKING:
    from avs_coverage.inventory import Inventory
    from avs_coverage.territory import Territory


@dataclass(frozen=True)
class YearCount:
    """CS and EVS open on 31 December of a year in the inventory, beside the published numbers."""

    year: int
    cs: int
    evs: int
    published_cs: int | None
    published_evs: int | None

    def to_record(self) -> dict[str, int | None]:
        """Return the year as plain values, under the names that stay."""
        return {
            "annee": self.year,
            "nb_cs": self.cs,
            "nb_evs": self.evs,
            "nb_cs_publie": self.published_cs,
            "nb_evs_publie": self.published_evs,
        }


_MAX_YEARS = 10


def year_counts(territory: Territory, inventory: Inventory, on: date) -> tuple[YearCount, ...]:
    """Return one count for each year, up to *on*, with a published number or an opening or closure.

    At most the last ten years; the year of *on* counts only when it is over by then.
    """
    printed = {
        (figure.code, figure.year): int(figure.value)
        for figure in published_figures(territory.name)
        if figure.code.endswith("_annee")
    }
    mine = [s for s in inventory.structures if belongs(s, territory)]
    events = {day.year for s in mine for day in (s.start, s.end) if day}
    last = on.year if (on.month, on.day) == (12, 31) else on.year - 1
    years = {year for _, year in printed if year} | events
    if not years:
        return ()
    rows = []
    for year in range(max(min(years), last - _MAX_YEARS + 1), last + 1):
        open_then = [s for s in inventory.counted(date(year, 12, 31)) if belongs(s, territory)]
        cs, evs = (sum(s.type == kind for s in open_then) for kind in ("CS", "EVS"))
        rows.append(
            YearCount(year, cs, evs, printed.get(("nb_cs_annee", year)), printed.get(("nb_evs_annee", year)))
        )
    return tuple(rows)
