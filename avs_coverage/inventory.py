"""The structures known at a date, their service areas, and where the list comes from."""

from __future__ import annotations

import datetime
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from math import hypot
from typing import Any

from avs_coverage.faults import Fault

TYPES = ("CS", "EVS")
ZONES = ("complete", "partielle", "estimee", "inconnue")
FICTITIOUS = "données fictives"
"""The ``source`` of a made structure: every output that holds one says so."""
STATUSES = ("confirme", "a_confirmer")
CLOSED_STATUS = "ferme"
"""What a list says of the status of a structure that is closed: confirmed, until it closed."""
UNDATED, BEFORE_AGREEMENT, LAPSED = "sans_date", "avant_agrement", "agrement_echu"
"""Why a structure that is held as open on a day may not be: nothing dates it; its first agreement is not
known and its current one had not begun; its agreement was over and its renewal is not known."""
POSITIONS = ("point", "chef_lieu", "deduit", "inconnue")
"""How well the place of a structure is known, best first."""

COLUMNS = (
    "id",
    "nom",
    "nom_connu",
    "type",
    "statut",
    "comptee",
    "code_insee",
    "commune",
    "siege",
    "zone",
    "longitude",
    "latitude",
    "communes_desservies",
    "qpv_desservis",
    "premier_agrement",
    "annee_creation",
    "agrement_debut",
    "agrement_fin",
    "fermeture",
    "acf",
    "acf_debut",
    "ps_jeunes",
    "ps_jeunes_debut",
    "itinerant",
    "gestionnaire",
    "population_zone",
    "capacite",
    "doute",
    "note",
    "source",
)
"""Stable names: they change only with the version of the schema (docs/formats.md)."""


@dataclass(frozen=True)
class Structure:
    """A centre social (``CS``) or an espace de vie sociale (``EVS``).

    *seat* is a commune code, empty where unknown; *seat_epci* the SIREN of its EPCI. *x_m, y_m*
    are metres in the legal projection of the seat's département (None without a seat), of the
    structure's own point (*longitude, latitude*, degrees) where *has_point*, else of the seat's
    chef-lieu: the structure is then at most *position_error_m* metres from there. *start* and *end*
    are the first and last day of the current agreement, None where unknown or open; *first*, the first
    day of the first one, or *created*, the year of creation, say since when it is open. *closed_on* is the
    day of its closure; *is_closed*, that the list says it closed, on *end* where no other day is given. *acf*
    and *ps_jeunes* are None where unknown; *acf_start* and *ps_jeunes_start*, the first day of each,
    None where unknown: before it the answer is no, whatever it is since. *in_grace* and *is_planned* are set
    by ``agreements.as_described``, *unsure* (a reason, or empty) by ``Inventory.counted``. *doubt* says in a
    few words what is not established, and goes where the structure is described; *note* goes to tables and
    JSON alone.
    """

    id: str
    name: str
    type: str
    status: str = "confirme"
    name_known: bool = True
    seat: str = ""
    seat_name: str = ""
    seat_quality: str = ""
    seat_epci: str = ""
    x_m: float | None = None
    y_m: float | None = None
    has_point: bool = False
    position_error_m: float = 0.0
    longitude: float | None = None
    latitude: float | None = None
    area: str = "inconnue"
    communes: tuple[str, ...] = ()
    communes_epci: tuple[str, ...] = ()
    qpv: tuple[str, ...] = ()
    start: date | None = None
    end: date | None = None
    acf: bool | None = None
    ps_jeunes: bool | None = None
    acf_start: date | None = None
    ps_jeunes_start: date | None = None
    itinerant: bool | None = None
    manager: str = ""
    area_population: int | None = None
    capacity: int | None = None
    doubt: str = ""
    note: str = ""
    source: str = ""
    line: int = 0
    first: date | None = field(default=None, kw_only=True)
    created: int | None = field(default=None, kw_only=True)
    closed_on: date | None = field(default=None, kw_only=True)
    is_closed: bool = field(default=False, kw_only=True)
    in_grace: bool = field(default=False, kw_only=True)
    is_planned: bool = field(default=False, kw_only=True)
    unsure: str = field(default="", kw_only=True)

    @property
    def is_firm(self) -> bool:
        """Tell whether its figures may rest in a minorant: open for sure, in a commune that is known."""
        return not (self.is_seat_deduced or self.unsure)

    @property
    def is_seat_deduced(self) -> bool:
        """Tell whether the commune of the seat is deduced: its figures hold, their minorant does not."""
        return bool(self.seat) and self.seat_quality == "deduit" and not self.has_point

    @property
    def position(self) -> str:
        """Return how well its place is known: ``point``, ``chef_lieu``, ``deduit`` or ``inconnue``."""
        if not self.seat:
            return "inconnue"
        return "point" if self.has_point else "deduit" if self.is_seat_deduced else "chef_lieu"

    @property
    def opening(self) -> date | None:
        """Return the day since when it is open: that of its first agreement, or the year of its creation.

        None where neither is known: the start of the current agreement is that of a renewal or not. One that
        was created in the year of that start opened with it, and none opens after it.
        """
        found = self.first or (None if self.created is None else date(self.created, 1, 1))
        if found is None or self.start is None:
            return found
        with_it = self.first is None and self.start.year == self.created
        return self.start if with_it else min(found, self.start)

    @property
    def last_day(self) -> date | None:
        """Return the last day that it is open: of its agreement, unless in grace, or before its closure."""
        days = [day for day in (self.closed_on, None if self.in_grace else self.end) if day]
        return min(days, default=None)

    @property
    def says_closure(self) -> bool:
        """Tell whether its last day is that of a closure, not of an agreement that may be renewed."""
        return self.is_closed or (self.closed_on is not None and self.closed_on == self.last_day)

    def is_open(self, on: date) -> bool:
        """Tell whether it is held as open on that day.

        Without an opening, it is held as already open, before its current agreement too, unless that one is
        planned. One that closed no one knows when is never open.
        """
        last = self.last_day
        if (last is not None and last < on) or (self.is_closed and last is None):
            return False
        opening = self.start if self.is_planned else self.opening
        return opening is None or opening <= on

    def why_unsure(self, on: date, is_past: bool) -> str:
        """Return why it may not be open on a day when it is held as such; *is_past*: the list is later.

        ``UNDATED``, ``BEFORE_AGREEMENT``, ``LAPSED``, or empty where it is open.
        """
        if self.end is not None and self.end < on:
            return LAPSED
        if self.opening is not None:
            return ""
        if self.start is None:
            return UNDATED if is_past else ""
        return BEFORE_AGREEMENT if on < self.start else ""

    def has_acf(self, on: date) -> bool | None:
        """Tell whether the structure holds the ACF agreement that day, None where unknown."""
        return self.acf if self.acf_start is None else self.acf_start <= on

    def has_ps_jeunes(self, on: date) -> bool | None:
        """Tell whether the structure holds the PS jeunes that day, None where unknown."""
        return self.ps_jeunes if self.ps_jeunes_start is None else self.ps_jeunes_start <= on

    def with_id(self, id: str) -> Structure:
        """Return the same structure under another id; ``dataclasses.replace`` takes thrice as long."""
        return Structure(**{**vars(self), "id": id})

    def to_record(self) -> dict[str, Any]:
        """Return the structure as plain values: the columns in which a list may be read back."""
        return {
            "id": self.id,
            "nom": self.name,
            "nom_connu": self.name_known,
            "type": self.type,
            "statut": CLOSED_STATUS if self.is_closed else self.status,
            "code_insee": self.seat,
            "commune": self.seat_name,
            "siege": self.seat_quality,
            "zone": self.area,
            "longitude": self.longitude,
            "latitude": self.latitude,
            "communes_desservies": list(self.communes),
            "qpv_desservis": list(self.qpv),
            "premier_agrement": self.first.isoformat() if self.first else None,
            "annee_creation": self.created,
            "agrement_debut": self.start.isoformat() if self.start else None,
            "agrement_fin": self.end.isoformat() if self.end else None,
            "fermeture": self.closed_on.isoformat() if self.closed_on else None,
            "acf": self.acf,
            "acf_debut": self.acf_start.isoformat() if self.acf_start else None,
            "ps_jeunes": self.ps_jeunes,
            "ps_jeunes_debut": self.ps_jeunes_start.isoformat() if self.ps_jeunes_start else None,
            "itinerant": self.itinerant,
            "gestionnaire": self.manager,
            "population_zone": self.area_population,
            "capacite": self.capacity,
            "doute": self.doubt,
            "note": self.note,
            "source": self.source,
        }


@dataclass(frozen=True)
class Inventory:
    """The structures of some départements, and what is known of the list itself.

    *departements* are those for which the list stands: elsewhere coverage is unknown, not
    absent. *date* is the state the list describes, None for a user's file; *own_date*, the day that it is
    taken to describe (``agreements.own_date``), None before that is asked. *set_aside* are
    the rows read and not used, each with its reason; *left_out* counts the structures of elsewhere
    that the user asked not to count.
    """

    structures: tuple[Structure, ...]
    departements: frozenset[str]
    title: str
    source: str
    date: datetime.date | None = None
    rows_read: int = 0
    set_aside: tuple[Fault, ...] = ()
    warnings: tuple[Fault, ...] = ()
    include_unconfirmed: bool = False
    embedded: bool = field(default=False, kw_only=True)
    left_out: int = field(default=0, kw_only=True)
    own_date: datetime.date | None = field(default=None, kw_only=True)

    def by_id(self) -> Inventory:
        """Return the same inventory, its structures by id: no output may follow the order of the rows."""
        ids = [structure.id for structure in self.structures]
        if ids == sorted(ids):
            return self
        return replace(self, structures=tuple(sorted(self.structures, key=lambda s: s.id)))

    def counted(self, on: datetime.date) -> Iterator[Structure]:
        """Yield the structures that count at a date: open, and confirmed unless asked otherwise.

        Where that it is open is not established, the structure says why (``unsure``).
        """
        if on not in self._counted:
            is_past = self.date is not None and on < self.date
            counted = (s for s in self.structures if s.is_open(on) and self.may_count(s))
            self._counted[on] = tuple(
                replace(s, unsure=reason) if (reason := s.why_unsure(on, is_past)) else s for s in counted
            )
        yield from self._counted[on]

    @cached_property
    def _counted(self) -> dict[datetime.date, tuple[Structure, ...]]:
        """Hold what was counted at each date: it is asked for often."""
        return {}

    def may_count(self, structure: Structure) -> bool:
        """Tell whether a structure counts while it is open: confirmed, or asked for all the same."""
        return self.include_unconfirmed or structure.status == "confirme"

    def unconfirmed(self, on: datetime.date) -> list[Structure]:
        """Return the open structures that are listed as to be confirmed, counted or not."""
        return [s for s in self.structures if s.status == "a_confirmer" and s.is_open(on)]

    def seated_in(self, communes: Container[str]) -> Inventory:
        """Return the same inventory without the structures whose seat is known to be elsewhere."""
        kept = tuple(s for s in self.structures if not s.seat or s.seat in communes)
        return replace(self, structures=kept, left_out=len(self.structures) - len(kept))

    def moved(self, chefs_lieux: Mapping[str, tuple[float, float]]) -> Inventory:
        """Return the same inventory with the structures that stand at one of these chefs-lieux put there.

        *chefs_lieux*: commune code → x and y in metres, as those of a structure. How far a structure
        may be from there grows by what its chef-lieu moved.
        """
        if not chefs_lieux:
            return self
        return replace(self, structures=tuple(_moved(one, chefs_lieux) for one in self.structures))

    def with_unconfirmed(self) -> Inventory:
        """Return the same inventory with the structures to be confirmed counted."""
        return replace(self, include_unconfirmed=True)

    @property
    def rows_set_aside(self) -> int:
        """Return how many rows were read and not used."""
        return sum(fault.rows for fault in self.set_aside)

    def __len__(self) -> int:
        return len(self.structures)


def _moved(structure: Structure, chefs_lieux: Mapping[str, tuple[float, float]]) -> Structure:
    place = chefs_lieux.get(structure.seat)
    if place is None or structure.has_point or structure.x_m is None or structure.y_m is None:
        return structure
    metres = hypot(place[0] - structure.x_m, place[1] - structure.y_m)
    error_m = structure.position_error_m + metres
    return replace(structure, x_m=place[0], y_m=place[1], position_error_m=error_m)


EMPTY = Inventory((), frozenset(), "", "")
