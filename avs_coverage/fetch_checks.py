"""Whether what a service gave is likely to be the data: read by its loader, counted against ours."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from avs_coverage.faults import Fault
from avs_coverage.messages import number
from avs_coverage.territory import Territory

if TYPE_CHECKING:
    import pandas as pd

Checked = tuple[str, Sequence[Fault]]
"""What is doubtful, empty where nothing is, and what the loader warns of."""

_LEAST = 0.95
"""Share of what is known that a file must hold: a year changes less of it."""
_LEAST_MAIRIES = 0.5
"""The service gives the centre of a commune whose mairie it does not know."""
_MOST_CHANGE = 1.2
"""How many times more, or fewer, inhabitants in all than the embedded ones are likely."""
_MOST_CHANGE_OF_ONE = 1.5
"""The same of one commune, in inhabitants or area: mergers alone change more, and of few communes."""
_FEW, _SMALL = 3, 100
"""Communes that may change more in the smallest territory; inhabitants under which no change is odd."""
_LEAST_STRUCTURES = 1_000
"""A floor for D506 and D508 together: over 2,000 centres sociaux are approved in France."""
_PROBE = "03"
"""The département of which the geometries of a file of the whole country are read."""
_NOT_IN_INSEE_FILE = "976"


def boundaries(path: Path, territory: Territory) -> Checked:
    """Check contours: all communes, each of its area; raises what the loader says."""
    from avs_coverage.loaders.boundaries import read_boundaries_file

    found = read_boundaries_file(path, territory.communes.index)
    areas = _changed(
        found.frame["superficie_km2"], territory.communes["superficie_km2"], "une autre superficie"
    )
    return _lacking(found.frame.index, territory.codes) or areas, found.warnings


def populations(path: Path, territory: Territory) -> Checked:
    """Check populations: their sum, and each that is not small; raises what the loader says."""
    import pandas as pd

    from avs_coverage.loaders.populations import read_populations

    found = read_populations([path], territory.communes.index)
    known = territory.communes["population"]
    each = _changed(pd.Series(found.values), known[known >= _SMALL], "une autre population")
    return _unlikely(sum(found.values.values()), int(known.sum())) or each, found.warnings


def mairies(path: Path, territory: Territory) -> Checked:
    """Check mairies: how many; the loader refuses one far from its commune, and raises what it says."""
    from avs_coverage.loaders.mairies import read_mairies

    found = read_mairies(path, territory.communes.index)
    return _lacking(found.places, territory.codes, "mairies", _LEAST_MAIRIES), found.warnings


def boundaries_of_france(path: Path) -> str:
    """Return what is doubtful in the contours of the country: all codes, the geometries of a département."""
    from avs_coverage.loaders.boundaries import read_commune_codes

    doubt = _lacking(read_commune_codes(path), Territory.find("france").codes)
    return doubt or boundaries(path, Territory.find(_PROBE))[0]


def populations_of_france(path: Path) -> str:
    """Return what is doubtful in the populations of the country but Mayotte."""
    import pandas as pd

    from avs_coverage.loaders.populations import read_populations

    values = read_populations([path], None).values
    communes = Territory.find("france").communes
    expected = communes[communes["departement"] != _NOT_IN_INSEE_FILE]["population"]
    each = _changed(pd.Series(values), expected[expected >= _SMALL], "une autre population")
    unlikely = _unlikely(sum(values.values()), int(expected.sum()))
    return _lacking(values, expected.index) or unlikely or each


def quarters_of_france(path: Path) -> str:
    """Return what is doubtful in the quarters of the country: the départements that have some."""
    from avs_coverage.loaders.quarters import read_quarters
    from avs_coverage.qpv import departement_of_qpv, embedded_quarters

    departements = Territory.find("france").name.departements
    embedded = {code for code, one in embedded_quarters(departements).items() if one.generation == 2024}  # noqa: PLR2004
    found = {departement_of_qpv(code) for code in read_quarters([path], departements).quarters}
    return _lacking(found, {departement_of_qpv(code) for code in embedded}, "départements à QPV")


def structures_of_france(path: Path) -> str:
    """Return what is doubtful in the structures of the country."""
    from avs_coverage.loaders.bpe import read_bpe

    count = len(read_bpe(path)[0]) - 1  # its first row is the header
    return f"{number(count)} équipements D506 et D508" if count < _LEAST_STRUCTURES else ""


def _lacking(
    found: Collection[str], known: Collection[str], what: str = "communes", least: float = _LEAST
) -> str:
    count = len(set(found) & set(known))
    return "" if count >= least * len(known) else f"{number(count)} {what} sur {number(len(known))}"


def _changed(found: pd.Series, known: pd.Series, what: str) -> str:
    """Say how many communes have a value that is far from the known one, where it is more than a few."""
    both = found.reindex(known.index)
    far = (both * _MOST_CHANGE_OF_ONE < known) | (both > known * _MOST_CHANGE_OF_ONE)
    if far.sum() <= max(_FEW, (1 - _LEAST) * len(known)):
        return ""
    return (
        f"{number(int(far.sum()))} communes sur {number(len(known))} ont {what} que dans la donnée embarquée"
    )


def _unlikely(people: int, here: int) -> str:
    likely = here / _MOST_CHANGE <= people <= here * _MOST_CHANGE
    return "" if likely else f"{number(people)} habitants, pour {number(here)} dans la donnée embarquée"


OF_A_TERRITORY: Mapping[str, Callable[[Path, Territory], Checked]] = {
    "communes": boundaries,
    "populations": populations,
    "mairies": mairies,
}
"""By source."""
OF_FRANCE: Mapping[str, Callable[[Path], str]] = {
    "admin-express": boundaries_of_france,
    "insee-populations": populations_of_france,
    "qpv-2024": quarters_of_france,
    "bpe": structures_of_france,
}
"""By source."""
