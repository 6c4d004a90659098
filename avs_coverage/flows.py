"""Stocks and flows printed year by year: 8 EVS, one new one, 9 EVS."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from avs_coverage.consistency import Constraint, Span, ordered
from avs_coverage.published_figures import PublishedFigure
from avs_coverage.published_indicators import Theme


class FlowKind(NamedTuple):
    """What a code of new structures, or agreements, adds to: the codes of the stock, and of that before.

    *by_year*: the stock before is that of the year before; otherwise the last one printed before.
    """

    after: tuple[str, ...]
    before: tuple[str, ...]
    by_year: bool = True


FLOWS = {
    "nb_cs_nouveaux": FlowKind(("nb_cs", "nb_cs_annee"), ("nb_cs", "nb_cs_annee")),
    "nb_evs_nouveaux": FlowKind(("nb_evs", "nb_evs_annee"), ("nb_evs", "nb_evs_annee")),
    "nb_cs_acf_nouveaux": FlowKind(("nb_cs_acf",), ("nb_cs_acf_avant",), by_year=False),
}
"""Code of what is new → what it adds to. What closed is printed nowhere: a stock is at most the sum."""


@dataclass(frozen=True)
class StockAndFlow:
    """A stock, what was added to it, and the stock after."""

    before: PublishedFigure
    new: PublishedFigure
    after: PublishedFigure

    @property
    def closed(self) -> int:
        """Return how many would have closed for the three to hold; below 0, they cannot."""
        return int(self.before.value + self.new.value - self.after.value)

    def to_record(self) -> dict[str, Any]:
        """Return the sum as plain values, under the names that stay."""
        return {
            "indicateur": self.new.code,
            "annee": self.new.year,
            "annee_avant": self.before.year,
            "avant": int(self.before.value),
            "nouveaux": int(self.new.value),
            "apres": int(self.after.value),
            "sorties": self.closed,
        }


def stocks_and_flows(figures: Sequence[PublishedFigure]) -> Iterator[StockAndFlow]:
    """Yield each sum of which the three numbers are printed exactly, in the order of the new ones."""
    exact = [f for f in figures if f.qualifier_code == "egal"]
    for new in exact:
        if new.code not in FLOWS or new.year is None:
            continue
        kind, year = FLOWS[new.code], _year_before(new, figures)
        before = next((f for f in exact if f.code in kind.before and f.year == year), None)
        after = next((f for f in exact if f.code in kind.after and f.year == new.year), None)
        if year is not None and before and after:
            yield StockAndFlow(before, new, after)


def _year_before(new: PublishedFigure, figures: Sequence[PublishedFigure]) -> int | None:
    """Return the year of the stock to which what is new is added, None where none is printed."""
    kind, year = FLOWS[new.code], new.year or 0
    if kind.by_year:
        return year - 1
    return max((f.year for f in figures if f.code in kind.before and f.year and f.year < year), default=None)


def flow_theme(
    code: str, figures: Sequence[PublishedFigure]
) -> tuple[Theme, Mapping[PublishedFigure, Span]] | None:
    """Return the quantities of a code of new structures through the years, None where nothing links them.

    Node 0 is nothing; each year has the node of its stock, and where a flow is printed that of the stock
    before with what is new, which the stock does not exceed.
    """
    kind, nodes = FLOWS[code], dict[tuple[str, int], int]()
    always: list[Constraint] = []
    spans: dict[PublishedFigure, Span] = {}

    def node(what: str, year: int) -> int:
        if (what, year) not in nodes:
            nodes[what, year] = len(nodes) + 1
            always.extend(ordered((0, nodes[what, year])))
        return nodes[what, year]

    for new in (f for f in figures if f.code == code and f.year):
        year, before = new.year or 0, _year_before(new, figures)
        if before is None:
            continue
        spans[new] = (node("stock", before), node("sum", year))
        always += [*ordered(spans[new]), *ordered((node("stock", year), node("sum", year)))]
    for figure in figures:
        if figure.code in (*kind.before, *kind.after) and ("stock", figure.year) in nodes:
            spans[figure] = (0, nodes["stock", figure.year or 0])
    return (Theme(len(nodes) + 1, tuple(always), (0, 0)), spans) if nodes else None
