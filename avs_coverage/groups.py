"""Figures by any grouping of communes: EPCI, canton, density class, région, or the user's own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from avs_coverage.coverage import Coverage
from avs_coverage.errors import UsageError
from avs_coverage.faults import Fault
from avs_coverage.figure import FIGURE_COLUMNS, Figure
from avs_coverage.names import normalise

if TYPE_CHECKING:
    from avs_coverage.indicators import Indicator
    from avs_coverage.loaders.indicators import IndicatorFile
    from avs_coverage.territory import Territory

GROUPINGS = ("epci", "canton", "densite", "departement", "region")
NO_GROUP = "sans groupe"

COLUMNS = (
    "groupe",
    "nom_groupe",
    "nb_communes",
    "nb_communes_avec_inventaire",
    *FIGURE_COLUMNS,
)
"""Stable names: they change only with the version of the schema (docs/formats.md)."""


@dataclass(frozen=True)
class Group:
    """The figures of the communes of one group that lie in the territory.

    *key* is a code or a label; *name* says it in words. *known* is the number of its communes for
    which an inventory stands.
    """

    key: str
    name: str
    communes: int
    known: int
    population: int
    area_km2: float
    figures: tuple[Figure, ...]

    def figure(self, measure: str, status: str) -> Figure:
        """Return one figure."""
        return next(f for f in self.figures if (f.measure, f.status) == (measure, status))

    def to_records(self) -> Iterator[dict[str, Any]]:
        """Yield one row a figure, under the names that stay."""
        for figure in self.figures:
            yield {
                "groupe": self.key,
                "nom_groupe": self.name,
                "nb_communes": self.communes,
                "nb_communes_avec_inventaire": self.known,
                **figure.to_record(),
            }


def grouping(territory: Territory, by: str, remarks: list[Fault] | None = None) -> pd.DataFrame:
    """Return the group of each commune: index commune code, ``key`` and ``name`` (str).

    *by* is one of ``GROUPINGS``, or ``FILE=COLUMN``: a table keyed by commune whose column names
    the group (CTG, bassin de vie). A commune without a group is in ``sans groupe``. Raises
    UsageError (AVS-203), and InputError for the file; what is set aside of it, and its warnings, go
    to *remarks*.
    """
    communes = territory.communes
    if by in GROUPINGS:
        keys = communes[by].astype(str)
        names = _official_names(territory, by)
    else:
        read = _own_groups(by, communes.index)
        if remarks is not None:
            remarks += [*read.set_aside, *read.warnings]
        values = read.indicators[0].values.reindex(communes.index)
        keys = values.map(lambda v: "" if pd.isna(v) else f"{v:g}" if isinstance(v, float) else str(v))
        names = {}
    told = [f"{names[key]} ({key})" if names.get(key) else key or NO_GROUP for key in keys]
    return pd.DataFrame({"key": keys.where(keys != "", NO_GROUP), "name": told}, index=communes.index)


def _official_names(territory: Territory, by: str) -> dict[str, str]:
    """Return the names that stand beside the codes of a grouping."""
    from avs_coverage.embedded import read_csv

    if by == "epci":
        return dict(zip(territory.communes["epci"], territory.communes["nom_epci"], strict=True))
    column = {"departement": ("code", "nom"), "region": ("region", "nom_region")}.get(by)
    return {row[column[0]]: row[column[1]] for row in read_csv("departements.csv")} if column else {}


def _own_groups(by: str, codes: pd.Index) -> IndicatorFile:
    """Return what the file of ``FILE=COLUMN`` says of the communes."""
    from avs_coverage.loaders.indicators import read_indicators

    path, sign, column = by.rpartition("=")
    if not sign or not column:
        choices = ", ".join((*GROUPINGS, "FICHIER=COLONNE"))
        raise UsageError(Fault("AVS-203", {"value": by, "option": "--by", "choices": choices}))
    return read_indicators(Path(path), codes, (column,))


def by_group(coverage: Coverage, groups: pd.DataFrame, weight: Indicator | None = None) -> tuple[Group, ...]:
    """Return the figures of each group, by name, those without a group last.

    *groups* is that of ``grouping``. The groups' communes, inhabitants and km² add up to the
    territory's: a commune is in one group only. The figures of *weight*, a count by commune, come
    after those of the measures, under its name.
    """
    names = dict(zip(groups["key"], groups["name"], strict=True))
    keys = sorted(names, key=lambda key: (key == NO_GROUP, normalise(names[key]), key))
    place = pd.Categorical(groups["key"], categories=keys).codes.astype(np.int64)
    sizes = np.bincount(place, minlength=len(keys))
    known = np.bincount(place[coverage.known], minlength=len(keys))
    people, areas = (coverage.totals_by(measure, place, len(keys)) for measure in ("habitants", "km2"))
    figures = coverage.figures_by(place, len(keys))
    if weight is not None:
        more = coverage.weighted_by(weight, place, len(keys))
        figures = [(*one, *other) for one, other in zip(figures, more, strict=True)]
    return tuple(
        Group(key, names[key], int(sizes[n]), int(known[n]), int(people[n]), float(areas[n]), figures[n])
        for n, key in enumerate(keys)
    )
