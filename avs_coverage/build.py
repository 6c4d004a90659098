"""Put a report together: the territory, its layers and inventory, embedded or the user's, and the rules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from avs_coverage.agreements import as_described, own_date, renewals_taken_for_openings
from avs_coverage.coverage import Coverage
from avs_coverage.embedded import data_dir, read_csv
from avs_coverage.errors import InputError, UsageError
from avs_coverage.faults import Fault
from avs_coverage.intake import receiving
from avs_coverage.inventory import EMPTY, Inventory
from avs_coverage.report import Report
from avs_coverage.rules import RuleSettings, get_rule
from avs_coverage.study import NO_FILES, Files, RuleOptions
from avs_coverage.territory import Territory
from avs_coverage.territory_names import TerritoryName, find_territory_name

if TYPE_CHECKING:
    from avs_coverage.indicators import Indicator
    from avs_coverage.osrm_server import Server

DEFAULT_DATE = date(2026, 1, 1)
"""Date of a report that uses no embedded inventory: that of the COG and of the populations."""

DEFAULT_OPTIONS = RuleOptions()
_NO_QUARTER = "AVS-372"


def embedded_inventory(territory: TerritoryName) -> Inventory:
    """Return what the tool knows of the structures of a territory; empty where it knows none.

    Where a territory spans several départements with an inventory, the lists are joined.
    """
    from avs_coverage.loaders.structures import load_structures

    found = []
    for row in read_csv("inventories.csv"):
        if row["departement"] in territory.departements:
            name = find_territory_name(row["departement"])
            loaded = load_structures(data_dir() / row["fichier"], name)
            found.append((row, loaded))
    if not found:
        return EMPTY
    return Inventory(
        structures=tuple(s for _, inventory in found for s in inventory.structures),
        departements=frozenset(row["departement"] for row, _ in found),
        title=" ; ".join(row["titre"] for row, _ in found),
        source=" ; ".join(row["source"] for row, _ in found),
        date=max(date.fromisoformat(row["date"]) for row, _ in found),
        rows_read=sum(inventory.rows_read for _, inventory in found),
        embedded=True,
    )


def build_report(
    territory: TerritoryName,
    rule: str | Sequence[str] = "declared",
    on: date | None = None,
    files: Files = NO_FILES,
    include_unconfirmed: bool = False,
    options: RuleOptions = DEFAULT_OPTIONS,
) -> Report:
    """Return the report of a territory, by the first rule; the others stand beside it.

    *files* stand in place of the embedded inventory and layers. The default date is the embedded
    inventory's where it is used, else 2026-01-01: never today's. Raises AvsError.
    """
    names = (rule,) if isinstance(rule, str) else tuple(rule)
    with receiving(files.paths) as intake:
        report = _build(territory, names, on, files, include_unconfirmed, options)
        return replace(report, received=tuple(one for one in intake.files if one.path in files.paths))


def _build(
    territory: TerritoryName,
    names: Sequence[str],
    on: date | None,
    files: Files,
    include_unconfirmed: bool,
    options: RuleOptions,
) -> Report:
    minutes = max(map(_minutes, names), default=0.0)  # a wrong name is said before any file is read
    server = _server(options.osrm, files, minutes)
    if files.structures is None:
        inventory = embedded_inventory(territory)
    else:
        from avs_coverage.loaders.structures import load_structures

        inventory = load_structures(files.structures, territory, files.service_areas, files.mapping)
    if include_unconfirmed:
        inventory = inventory.with_unconfirmed()
    day = on or inventory.date or DEFAULT_DATE
    # Of a history every year is asked: none of them may change what the list is taken to describe.
    described = own_date(inventory, DEFAULT_DATE if options.every_date else day, DEFAULT_DATE)
    inventory = as_described(inventory, described, options.grace_months)
    found, warnings = _with_layers(Territory.of(territory), files)
    inventory = inventory.moved(found.mairies)
    if options.no_neighbours:
        inventory = inventory.seated_in(found.communes.index)
    if files.structures:
        warnings = (*inventory.warnings, *renewals_taken_for_openings(inventory, described), *warnings)
    settings, more = _settings(found, files, options)
    if server is not None:
        from avs_coverage.osrm import ask_travel_times

        # Once for all thresholds: what is within the longest says what is within each.
        ever = (s for s in inventory.structures if inventory.may_count(s))
        asked = list(ever if options.every_date else inventory.counted(day))
        times = ask_travel_times(server, found, asked, minutes)
        settings, more = replace(settings, travel_times=times), (*more, *times.warnings)
    rules = {one.typed: one for one in (get_rule(name, settings) for name in names)}
    coverages = [Coverage.compute(found, inventory, one, day) for one in rules.values()]
    return Report(coverages[0], (*warnings, *more), tuple(coverages[1:]))


def _minutes(name: str) -> float:
    """Return the threshold of a rule by travel time, 0 of any other; raises UsageError."""
    rule = get_rule(name)
    return float(rule.parameters["duree_min"]) if rule.name == "travel-time" else 0.0


def _server(address: str, files: Files, minutes: float) -> Server | None:
    """Return the server to ask, None where there is none; raises UsageError: AVS-203, AVS-204, AVS-210."""
    if not address:
        return None
    from avs_coverage.osrm_server import parse_server

    server = parse_server(address)
    if files.travel_times is not None:
        raise UsageError(Fault("AVS-210", {"option": "--osrm", "other": "--travel-times"}))
    if not minutes:
        raise UsageError(Fault("AVS-204", {"option": "--osrm", "other": "--rule travel-time:15min"}))
    return server


def _settings(
    territory: Territory, files: Files, options: RuleOptions
) -> tuple[RuleSettings, tuple[Fault, ...]]:
    """Return what the rules need, the matrix of travel times read, and what reading it warns of."""
    by = options.population_by or ("grid" if territory.grids else "chef-lieu")
    if files.travel_times is None:
        return RuleSettings(by, options.commune_share), ()
    from avs_coverage.loaders.travel_times import read_travel_times

    times = read_travel_times(files.travel_times, territory.communes.index)
    return RuleSettings(by, options.commune_share, times), times.warnings


def _with_layers(territory: Territory, files: Files) -> tuple[Territory, tuple[Fault, ...]]:
    """Put the user's layers in place of the embedded ones; return what reading them warns of."""
    warnings: list[Fault] = []
    for paths, read in (
        ((files.communes,) if files.communes else (), _boundaries),
        (files.population, _populations),
        (files.qpv, _quarters),
        ((files.mairies,) if files.mairies else (), _mairies),
    ):
        if paths:
            territory, more = _with_layer(territory, paths, read)
            warnings += more
    for path, columns in files.indicators:
        from avs_coverage.loaders.examine import nature_of
        from avs_coverage.loaders.indicators import read_indicators

        if not columns and nature_of(path) == "carreaux":
            from avs_coverage.loaders.grid import read_grid

            grid = read_grid(path, territory.communes.index)
            territory = territory.with_grid(grid)
            warnings += grid.warnings
            continue
        found = read_indicators(path, territory.communes.index, columns)
        territory = territory.with_indicators(found.indicators)
        named = territory.indicators[-len(found.indicators) :]
        warnings += [*found.warnings, *_renamed(found.indicators, named)]
    return territory, tuple(warnings)


def _renamed(read: Sequence[Indicator], named: Sequence[Indicator]) -> list[Fault]:
    """Say which indicators are not given under the header of their file (AVS-943)."""
    return [
        Fault("AVS-943", {"value": one.name, "name": other.name}, one.file)
        for one, other in zip(read, named, strict=True)
        if one.name != other.name
    ]


_Layer = tuple[Territory, Sequence[Fault]]


def _with_layer(
    territory: Territory, paths: tuple[Path, ...], read: Callable[[Territory, tuple[Path, ...]], _Layer]
) -> _Layer:
    """Read one layer; of fetched files, every output says from where and of which day they are.

    A fetched file of QPV without any of the territory replaces nothing: it was not given for it.
    Raises InputError: AVS-721 before the faults of a fetched file.
    """
    from avs_coverage.cache import label_of_own, provenance

    fetched = [record for path in paths if (record := provenance(path)) is not None]
    try:
        found, warnings = read(territory, paths)
    except InputError as error:
        if not fetched:
            raise
        if {fault.code for fault in error.faults} == {_NO_QUARTER}:
            return territory, ()
        values = {"value": fetched[0].file, "source": fetched[0].typed}
        raise InputError([Fault("AVS-721", values), *error.faults]) from error
    told = " ; ".join(record.told for record in fetched)
    new = {key: text for key, text in found.replaced.items() if territory.replaced.get(key) != text}
    names = {key: f"{text}, {told}" if fetched else label_of_own(text) for key, text in new.items()}
    return replace(found, replaced={**found.replaced, **names}), warnings


def _boundaries(territory: Territory, paths: tuple[Path, ...]) -> _Layer:
    from avs_coverage.loaders.boundaries import read_boundaries_file

    boundaries = read_boundaries_file(paths[0], territory.communes.index)
    return territory.with_boundaries(boundaries), boundaries.warnings


def _populations(territory: Territory, paths: tuple[Path, ...]) -> _Layer:
    from avs_coverage.loaders.populations import read_populations

    populations = read_populations(paths, territory.communes.index)
    return territory.with_populations(populations), populations.warnings


def _quarters(territory: Territory, paths: tuple[Path, ...]) -> _Layer:
    from avs_coverage.loaders.quarters import read_quarters

    quarters = read_quarters(paths, territory.name.departements)
    return territory.with_quarters(quarters), quarters.warnings


def _mairies(territory: Territory, paths: tuple[Path, ...]) -> _Layer:
    from avs_coverage.loaders.mairies import read_mairies

    mairies = read_mairies(paths[0], territory.communes.index)
    return territory.with_mairies(mairies), mairies.warnings
