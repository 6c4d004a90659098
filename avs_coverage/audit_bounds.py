"""What printed inhabitants cannot be, whatever the inventory: n structures sit in n communes at most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from avs_coverage.messages import counted, percent
from avs_coverage.official_communes import changed_communes
from avs_coverage.official_figures import INCOMPATIBLE, UNVERIFIABLE, Finding, is_of_the_year
from avs_coverage.published_indicators import INDICATORS

if TYPE_CHECKING:
    from avs_coverage.published_figures import PublishedFigure
    from avs_coverage.territory import Territory

EXCLUDED, UNLIKELY, POSSIBLE = "exclu", "tres_improbable", "possible"
_CS, _BOTH = (("nb_cs",),), (("nb_cs", "nb_evs"), ("nb_structures",))
_COUNTED = {
    "pct_hab_cs": _CS,
    "hab_communes_cs": _CS,
    "pct_hab_avs": _BOTH,
    "hab_communes_avs": _BOTH,
    "pct_hab_communes_avec_structure": _BOTH,
}
"""A figure of inhabitants → how many structures cover them: the sum of each of these is that number."""
_NOUN = ("structure", "structures")
VERDICTS = {EXCLUDED: "exclu", UNLIKELY: "très improbable", POSSIBLE: "possible"}


@dataclass(frozen=True)
class SeatBound:
    """A figure of inhabitants, were they those of the communes where structures have their seat.

    *inhabitants* are those of the *structures* most inhabited communes, of a *population* that is that of
    the figure's year or not (*is_of_the_year*); *least* is the fewest that the figure may stand for.
    """

    figure: PublishedFigure
    structures: int
    inhabitants: int
    population: int
    vintage: str
    least: int
    is_of_the_year: bool

    @property
    def verdict(self) -> str:
        """Return whether the figure may be one of communes of seats; proved by its own year's populations."""
        if self.least <= self.inhabitants:
            return POSSIBLE
        return EXCLUDED if self.is_of_the_year else UNLIKELY

    @property
    def is_its_definition(self) -> bool:
        """Tell whether the figure says that it counts the communes of seats: a proof then refutes it."""
        return INDICATORS[self.figure.code].rule == "implantation"

    def to_record(self) -> dict[str, Any]:
        """Return the bound as plain values, under the names that stay."""
        return {
            "indicateur": self.figure.code,
            "annee": self.figure.year,
            "valeur_publiee": self.figure.value,
            "structures": self.structures,
            "habitants_au_plus": self.inhabitants,
            "population": self.population,
            "part_au_plus": self.inhabitants / self.population,
            "millesime": self.vintage,
            "commune_du_siege": self.verdict,
        }


def seat_bound(
    territory: Territory, figure: PublishedFigure, figures: Sequence[PublishedFigure]
) -> SeatBound | None:
    """Return what the published number of structures leaves to a figure; None where it bounds nothing."""
    count = _structures(figure, figures)
    communes = territory.communes["population"]
    population = int(communes.sum())
    if count is None or count >= len(communes) or not population:
        return None
    least, _ = figure.printed.counts(population)
    most = int(communes.nlargest(count).sum())
    year = figure.year or 0
    own_year = is_of_the_year(territory, year) and changed_communes(territory, year) == 0
    return SeatBound(figure, count, most, population, territory.vintages["population"], least, own_year)


def with_bound(finding: Finding, bound: SeatBound | None) -> Finding:
    """Add to what the inventory says of a figure that it cannot be one of communes of seats."""
    if bound is None or bound.verdict == POSSIBLE:
        return finding
    most = percent(bound.inhabitants / bound.population)
    many = counted(bound.structures, *_NOUN)
    said = f"communes de siège : {VERDICTS[bound.verdict]} ({many} : {most} au plus ; {bound.vintage})"
    refuted = bound.is_its_definition and bound.verdict == EXCLUDED and finding.verdict == UNVERIFIABLE
    verdict = INCOMPATIBLE if refuted else finding.verdict
    return replace(finding, verdict=verdict, reason=f"{finding.reason} ; {said}")


def _structures(figure: PublishedFigure, figures: Sequence[PublishedFigure]) -> int | None:
    """Return how many structures are published for a figure's year: the most, where several numbers are."""
    sums = (_sum(codes, figure.year, figures) for codes in _COUNTED.get(figure.code, ()))
    return max((count for count in sums if count is not None), default=None)


def _sum(codes: tuple[str, ...], year: int | None, figures: Sequence[PublishedFigure]) -> int | None:
    """Return the sum of published numbers of a year, None where one of them is not."""
    exact = [f for f in figures if f.qualifier_code == "egal" and f.year == year and year is not None]
    counts = [[int(f.value) for f in exact if f.code in (code, f"{code}_annee")] for code in codes]
    return sum(map(max, counts)) if all(counts) else None
