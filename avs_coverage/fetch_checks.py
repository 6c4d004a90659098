"""Whether what a service gave is likely to be the data: read by its loader, counted against ours."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from avs_coverage.messages import number
from avs_coverage.territory import Territory

_LEAST = 0.95
"""Share of what is known that a file must hold: a year changes less of it."""
_MOST_CHANGE = 1.5
"""How many times more, or fewer, inhabitants than the embedded ones are likely."""
_LEAST_STRUCTURES = 1_000
"""A floor for D506 and D508 together: over 2,000 centres sociaux are approved in France."""
_PROBE = "03"
"""The département of which the geometries of a file of the whole country are read."""
_NOT_IN_INSEE_FILE = "976"


def boundaries(path: Path, territory: Territory) -> str:
    """Return what is doubtful in contours, empty where nothing is; raises what the loader says."""
    from avs_coverage.loaders.boundaries import read_boundaries_file

    return _lacking(read_boundaries_file(path, territory.communes.index).frame.index, territory.codes)


def populations(path: Path, territory: Territory) -> str:
    """Return what is doubtful in populations, empty where nothing is; raises what the loader says."""
    from avs_coverage.loaders.populations import read_populations

    people = sum(read_populations([path], territory.communes.index).values.values())
    return _unlikely(people, int(territory.communes["population"].sum()))


def mairies(path: Path, territory: Territory) -> str:
    """Return nothing: the loader refuses what is doubtful; raises what it says."""
    from avs_coverage.loaders.mairies import read_mairies

    read_mairies(path, territory.communes.index)
    return ""


def boundaries_of_france(path: Path) -> str:
    """Return what is doubtful in the contours of the country: all codes, the geometries of a département."""
    from avs_coverage.loaders.boundaries import read_commune_codes

    doubt = _lacking(read_commune_codes(path), Territory.find("france").codes)
    return doubt or boundaries(path, Territory.find(_PROBE))


def populations_of_france(path: Path) -> str:
    """Return what is doubtful in the populations of the country but Mayotte."""
    from avs_coverage.loaders.populations import read_populations

    values = read_populations([path], None).values
    communes = Territory.find("france").communes
    expected = communes[communes["departement"] != _NOT_IN_INSEE_FILE]["population"]
    return _lacking(values, expected.index) or _unlikely(sum(values.values()), int(expected.sum()))


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


def _lacking(found: Collection[str], known: Collection[str], what: str = "communes") -> str:
    count = len(set(found) & set(known))
    return "" if count >= _LEAST * len(known) else f"{number(count)} {what} sur {number(len(known))}"


def _unlikely(people: int, here: int) -> str:
    likely = here / _MOST_CHANGE <= people <= here * _MOST_CHANGE
    return "" if likely else f"{number(people)} habitants, pour {number(here)} dans la donnée embarquée"


OF_A_TERRITORY: Mapping[str, Callable[[Path, Territory], str]] = {
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
