"""Published figures that need no inventory, only official lists: communes, inhabitants, quarters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from avs_coverage.messages import french_date
from avs_coverage.names import normalise
from avs_coverage.official_communes import official_counts
from avs_coverage.published import Measured
from avs_coverage.published_figures import PublishedFigure
from avs_coverage.qpv import departement_of_qpv, generation_in_force, is_unlisted, official_qpv

if TYPE_CHECKING:
    from avs_coverage.territory import Territory

REPRODUCED, COMPATIBLE, INCOMPATIBLE, UNVERIFIABLE = (
    "reproduit", "compatible", "incompatible", "non_verifiable",
)  # fmt: skip
_POPULATION_YEAR, _QUARTERS_POPULATION_YEAR = 2023, 2022


@dataclass(frozen=True)
class Finding:
    """A verdict on one figure, and why; *measured* None where the tool computes nothing."""

    verdict: str
    reason: str
    measured: Measured | None = None


def is_of_the_year(territory: Territory, year: int) -> bool:
    """Tell whether the populations are of a year; of a user's file, the vintage is not known."""
    return year == _POPULATION_YEAR and "population" not in territory.replaced


def _compared(figure: PublishedFigure, count: int, source: str) -> Finding:
    verdict = REPRODUCED if figure.printed.holds(count, None) else INCOMPATIBLE
    return Finding(verdict, f"liste officielle : {source}", Measured(count, count, count))


def _of_another_year(total: int, source: str) -> Finding:
    reason = f"population d'un autre millésime ({source})"
    return Finding(UNVERIFIABLE, reason, Measured(total, total, total))


def _communes(territory: Territory, figure: PublishedFigure, day: date) -> Finding:
    counts = official_counts(territory, day.year)
    if day not in counts:
        return Finding(UNVERIFIABLE, f"communes de {day.year} non connues de l'outil")
    when = next((when for when, count in counts.items() if figure.printed.holds(count, None)), day)
    return _compared(figure, counts[when], f"COG au {french_date(when)}")


def _population(territory: Territory, figure: PublishedFigure, day: date) -> Finding:
    total = int(territory.communes["population"].sum())
    vintage = territory.vintages["population"]
    if is_of_the_year(territory, day.year):
        return _compared(figure, total, vintage)
    return _of_another_year(total, vintage)


def _quarters(territory: Territory, figure: PublishedFigure, day: date) -> Finding:
    """Compare a number of quarters with the official list, where the tool has it."""
    if generation_in_force("", day) is None:
        return Finding(UNVERIFIABLE, "aucun QPV avant 2015")
    mainland = "metropole" in normalise(figure.definition).split()
    if not mainland and any(is_unlisted(code, day) for code in territory.name.departements):
        return Finding(UNVERIFIABLE, f"QPV de Mayotte au {french_date(day)} non connus de l'outil")
    quarters = official_qpv(territory, day)
    found = [qpv for qpv in quarters if not mainland or _is_mainland(departement_of_qpv(qpv.code))]
    generations = sorted({qpv.generation for qpv in found})
    names = " et ".join(territory.vintages[f"qpv_{generation}"] for generation in generations)
    return _compared(figure, len(found), names or f"QPV en vigueur au {french_date(day)}")


def _is_mainland(departement: str) -> bool:
    return not departement.startswith("97")


def _quarters_population(territory: Territory, figure: PublishedFigure, day: date) -> Finding:
    quarters = official_qpv(territory, day)
    known = [qpv.population for qpv in quarters if qpv.population is not None]
    is_whole = not any(is_unlisted(code, day) for code in territory.name.departements)
    if not quarters or len(known) < len(quarters) or not is_whole:
        return Finding(UNVERIFIABLE, f"population des QPV en vigueur au {french_date(day)} non connue")
    total = sum(known)
    generations = sorted({qpv.generation for qpv in quarters})
    source = " et ".join(territory.vintages[f"qpv_{generation}"] for generation in generations)
    is_of_2015 = generations == [2015]
    if is_of_2015 and day.year == _QUARTERS_POPULATION_YEAR and territory.quarters is None:
        return _compared(figure, total, source)
    return _of_another_year(total, source)


OFFICIAL: dict[str, Callable[[Territory, PublishedFigure, date], Finding]] = {
    "nb_communes": _communes,
    "population": _population,
    "nb_qpv": _quarters,
    "hab_qpv": _quarters_population,
}
"""Code of a figure → how it is compared, on the last day of its year."""
