"""The table of published figures, as printed, with their definitions and sources."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

from avs_coverage.embedded import read_csv
from avs_coverage.messages import NARROW_SPACE, number, plural
from avs_coverage.published_indicators import INDICATORS
from avs_coverage.readings import QUALIFIERS, Printed
from avs_coverage.territory_names import TerritoryName


@dataclass(frozen=True)
class PublishedFigure:
    """A figure as printed, with the words that define it and its source; *year* None if not printed.

    *text* keeps the digits as printed, with a decimal point; *given_in* names the place of a user's own
    figure, empty for one of the tool's table.
    """

    code: str
    label: str
    year: int | None
    year_note: str
    qualifier_code: str
    text: str
    unit: str
    definition: str
    source: str
    note: str
    given_in: str = ""

    @property
    def value(self) -> float:
        """Return the number."""
        return float(self.text)

    @property
    def qualifier(self) -> str:
        """Return the French words printed before the number, with a space after, or nothing."""
        return QUALIFIERS[self.qualifier_code]

    @property
    def as_printed(self) -> str:
        """Return the number with its words, its decimals kept: ``près de 879 000 habitants``."""
        decimals = len(self.text.partition(".")[2])
        noun = plural(self.value, self.unit.removesuffix("s"), self.unit)
        unit = f"{NARROW_SPACE}%" if self.unit == "%" else f" {noun}"
        return f"{self.qualifier}{number(self.value, decimals)}{unit}"

    def says_no_count(self, total: int) -> str:
        """Say that a percentage stands for no whole number of a total."""
        return f"aucun nombre entier sur {number(total)} ne donne {self.as_printed}"

    @property
    def printed(self) -> Printed:
        """Return the number, to be read exactly."""
        return Printed(self.text, self.qualifier_code, self.unit == "%")


@cache
def published_figures(territory: TerritoryName) -> tuple[PublishedFigure, ...]:
    """Return what is published of a département, or of France, in the order of the table."""
    scope = territory.code if territory.kind in ("departement", "france") else ""
    return tuple(
        PublishedFigure(
            row["indicateur"],
            row["libelle"],
            int(row["annee"]) if row["annee"] else None,
            row["annee_note"],
            row["qualificatif"],
            row["valeur"],
            row["unite"],
            row["definition"],
            row["source"],
            row["remarque"],
        )
        for row in read_csv("published_figures.csv")
        if row["portee"] == scope
    )


def labelled_alike(own: Sequence[PublishedFigure], territory: TerritoryName) -> Iterator[PublishedFigure]:
    """Yield the user's figures; one without a label of its own has that of the tool's, where that is one."""
    labels: dict[str, set[str]] = {}
    for figure in published_figures(territory):
        labels.setdefault(figure.code, set()).add(figure.label)
    for figure in own:
        said = labels.get(figure.code, set())
        is_bare = figure.label == INDICATORS[figure.code].label
        yield replace(figure, label=min(said)) if is_bare and len(said) == 1 else figure
