"""What the day that a list describes says of its agreements: lapsed, planned, or only current ones."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from avs_coverage.faults import Fault
from avs_coverage.inventory import BEFORE_AGREEMENT, LAPSED
from avs_coverage.messages import enumeration, french_date, number, plural

if TYPE_CHECKING:
    from avs_coverage.coverage import Coverage
    from avs_coverage.inventory import Inventory, Structure

AGREEMENT_MONTHS = 48
"""The longest that an agreement of a Caf runs: what it signs anew after that is a renewal."""
_FEWEST = 3
_NAMES = 12


def own_date(inventory: Inventory, on: date, latest: date) -> date:
    """Return the day that a list is taken to describe.

    The day that it says; for a user's list, the day asked (*on*), or that of its most recent agreement, which
    the list cannot be older than. An agreement after both *on* and *latest* is planned and dates no list.
    """
    if inventory.date is not None:
        return inventory.date
    days = (day for s in inventory.structures for day in (s.first, s.start) if day)
    return max([on, *(day for day in days if day <= max(on, latest))])


def as_described(inventory: Inventory, described: date, grace_months: int) -> Inventory:
    """Return the list with what the day that it describes says of each agreement.

    In grace: over for *grace_months* at most while the list still holds the structure and says of no closure.
    Planned: a current agreement that begins later, of a structure whose first one is not known.
    """
    first_day = months_before(described, grace_months)

    def state(structure: Structure) -> Structure:
        end, start = structure.end, structure.start
        in_grace = (
            end is not None
            and first_day <= end < described
            and not (structure.is_closed or structure.closed_on)
        )
        is_planned = start is not None and start > described and structure.opening is None
        if not (in_grace or is_planned):
            return structure
        return replace(structure, in_grace=in_grace, is_planned=is_planned)

    return replace(inventory, structures=tuple(map(state, inventory.structures)), own_date=described)


def renewals_taken_for_openings(inventory: Inventory, described: date) -> tuple[Fault, ...]:
    """Warn (AVS-955) where every first agreement is as recent as a current one must be.

    Only where most structures bear one: of a list that dates its new structures alone, it says nothing.
    """
    days = [s.opening for s in inventory.structures if s.opening]
    if len(days) < max(_FEWEST, (len(inventory.structures) + 1) // 2):
        return ()
    since = months_before(described, AGREEMENT_MONTHS)
    if not all(since <= day <= described for day in days):
        return ()
    values = {"first": french_date(min(days)), "last": french_date(max(days)), "day": french_date(described)}
    return (Fault("AVS-955", values, inventory.title),)


def held_without_proof(coverage: Coverage) -> list[str]:
    """Say which structures are held as open without proof: agreements over, or not begun."""
    found, described = [], coverage.inventory.own_date
    open_now = list(coverage.inventory.counted(coverage.on))
    lapsed = [s.name for s in open_now if s.unsure == LAPSED]
    if lapsed and described:
        words = plural(len(lapsed), "structure encore dans la liste", "structures encore dans la liste")
        held = plural(len(lapsed), "comptée dans le chiffre", "comptées dans le chiffre")
        found.append(
            f"Agrément fini avant le {french_date(described)}, renouvellement non connu : "
            f"{number(len(lapsed))} {words} ({enumeration(lapsed, _NAMES)}), {held}, non dans le minorant."
        )
    if early := sum(s.unsure == BEFORE_AGREEMENT for s in open_now):
        words = plural(
            early,
            "structure dont le premier agrément n'est pas connu est tenue pour déjà ouverte",
            "structures dont le premier agrément n'est pas connu sont tenues pour déjà ouvertes",
        )
        whose = plural(early, "son agrément en cours", "leur agrément en cours")
        found.append(
            f"{number(early)} {words} avant le début de {whose}, dans le chiffre et non dans le minorant : "
            "la date du premier agrément, ou l'année de création, lèverait le doute."
        )
    return found


def months_before(day: date, months: int) -> date:
    """Return the same day of the month that many months earlier, or the last one of a shorter month.

    >>> months_before(date(2024, 2, 29), 12), months_before(date(2026, 1, 1), 48)
    (datetime.date(2023, 2, 28), datetime.date(2022, 1, 1))
    """
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
