"""The whole report of a territory: every view of one coverage, and what it rests on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from avs_coverage import __version__
from avs_coverage.agreements import held_without_proof
from avs_coverage.cache import kind_of_layer
from avs_coverage.completeness import Completeness, Missing, completeness, missing_structures, positions
from avs_coverage.coverage import Coverage
from avs_coverage.epci import EpciCoverage, by_epci
from avs_coverage.faults import Fault
from avs_coverage.figure import Figure
from avs_coverage.gaps import Zone, zones
from avs_coverage.history import YearCount, year_counts
from avs_coverage.intake import Received
from avs_coverage.inventory import FICTITIOUS, Structure
from avs_coverage.messages import CAVEAT, counted, enumeration, french_date, number
from avs_coverage.multiplicity import by_multiplicity
from avs_coverage.published import Comparison, PublishedStatus, compare, published_statuses
from avs_coverage.qpv import (
    PublishedLine,
    QpvCoverage,
    QpvSummary,
    published_lines,
    qpv_coverage,
    summarise,
)
from avs_coverage.qpv_location import (
    DEFAULT_DISTANCE_M,
    QpvLocation,
    locate,
)
from avs_coverage.qpv_proximity import Proximity, summarise_locations
from avs_coverage.qpv_report import has_unlisted, quarter_warnings, quarters_record
from avs_coverage.zone_populations import DeclaredPopulation, DeclaredSum, declared_populations

SCHEMA_NAME, SCHEMA_VERSION = "avs-coverage/report", 5
NO_INVENTORY = "aucun inventaire pour ce territoire ; la couverture est inconnue, non nulle"


@dataclass(frozen=True)
class Report:
    """Everything that a report says; views are computed once, when first asked for.

    *coverage* is that of the first rule asked for, *others* those of the rest, side by side.
    *file_warnings* are those of the user's files, *received* the files themselves, as they were read.
    """

    coverage: Coverage
    file_warnings: tuple[Fault, ...] = ()
    others: tuple[Coverage, ...] = ()
    received: tuple[Received, ...] = ()

    @cached_property
    def beside(self) -> tuple[Report, ...]:
        """The report by each of the other rules."""
        return tuple(Report(other) for other in self.others)

    @cached_property
    def figures(self) -> tuple[Figure, ...]:
        """The summary: each measure and status over the territory."""
        return self.coverage.figures()

    @cached_property
    def epci(self) -> tuple[EpciCoverage, ...]:
        """The figures of each EPCI."""
        return by_epci(self.coverage)

    @cached_property
    def zones(self) -> tuple[Zone, ...]:
        """Zones blanches, then areas to be clarified."""
        return zones(self.coverage, [view.qpv for view in self.qpv])

    @cached_property
    def completeness(self) -> tuple[Completeness, ...]:
        """What the inventory knows, beside what is published."""
        return completeness(self.coverage)

    @cached_property
    def years(self) -> tuple[YearCount, ...]:
        """CS and EVS at the end of each year."""
        return year_counts(self.coverage.territory, self.coverage.inventory, self.coverage.on)

    @cached_property
    def qpv(self) -> tuple[QpvCoverage, ...]:
        """The official quarters in force."""
        return qpv_coverage(self.coverage.territory, self.coverage.inventory, self.coverage.on)

    @cached_property
    def unlisted_quarters(self) -> bool:
        """Tell whether quarters in force in the territory are not known: unknown, not none."""
        return has_unlisted(self.coverage.territory, self.coverage.on, self.qpv)

    @cached_property
    def qpv_summary(self) -> QpvSummary:
        """Quarters and inhabitants by status."""
        return summarise(self.qpv, self.coverage.inventory.departements)

    @cached_property
    def locations(self) -> dict[str, QpvLocation]:
        """Where structures are with regard to the quarters in force, by code."""
        return locate(self.coverage, [view.qpv for view in self.qpv], DEFAULT_DISTANCE_M)

    @cached_property
    def proximity(self) -> Proximity:
        """Quarters and inhabitants with a structure inside the perimeter, or near it."""
        return summarise_locations([view.qpv for view in self.qpv], self.locations)

    @cached_property
    def qpv_lines(self) -> tuple[PublishedLine, ...]:
        """The lines of the schéma's QPV table."""
        return published_lines(self.coverage.territory, self.coverage.on)

    @cached_property
    def comparisons(self) -> tuple[Comparison, ...]:
        """Published figures beside computed ones."""
        return compare((self.coverage, *self.others), self.completeness, self.qpv_summary)

    @cached_property
    def published_statuses(self) -> tuple[PublishedStatus, ...]:
        """Communes whose status a schéma prints."""
        return published_statuses(self.coverage, *self.others)

    @cached_property
    def declared_populations(self) -> tuple[tuple[DeclaredPopulation, ...], DeclaredSum]:
        """The inhabitants that structures declare in their areas, beside those of their communes."""
        return declared_populations(self.coverage)

    @cached_property
    def weighted(self) -> dict[str, tuple[Figure, ...]]:
        """The figures of each of the user's counts in place of inhabitants; none for other indicators."""
        indicators = self.coverage.territory.indicators
        return {one.name: self.coverage.weighted(one) if one.is_count else () for one in indicators}

    @property
    def label(self) -> str:
        """Return the territory's name with its code, and that the data are made where they are."""
        return self.coverage.territory.label + (" — DONNÉES FICTIVES" if self.is_fictitious else "")

    @cached_property
    def is_fictitious(self) -> bool:
        """Tell whether any structure of the list is a made one (``avs-coverage init --example``)."""
        return any(s.source == FICTITIOUS for s in self.coverage.inventory.structures)

    @property
    def has_inventory(self) -> bool:
        """Tell whether an inventory stands for any commune of the territory."""
        return bool(self.coverage.known.any())

    @cached_property
    def uncounted(self) -> dict[str, tuple[Structure, ...]]:
        """Return the structures of the list that the territory does not count, by reason.

        ``fermees``: not open at the date; ``ailleurs``: seated elsewhere and serving nothing here;
        ``voisines``: seated elsewhere and serving, or perhaps serving, communes of the territory.
        """
        coverage = self.coverage
        reasons: dict[str, list[Structure]] = {"fermees": [], "ailleurs": [], "voisines": []}
        for structure in coverage.inventory.structures:
            if not structure.is_open(coverage.on):
                reasons["fermees"].append(structure)
            elif structure.seat and structure.seat not in coverage.territory.codes:
                reasons["voisines" if structure.id in coverage.linked else "ailleurs"].append(structure)
        return {reason: tuple(found) for reason, found in reasons.items()}

    @cached_property
    def missing(self) -> tuple[Missing, ...]:
        """Published structures that the lists of the territory's départements do not know."""
        return missing_structures(self.coverage)

    @cached_property
    def outside_bracket(self) -> str:
        """Name what no bracket holds: published structures not identified, and unlocated ones."""
        parts = []
        for name in dict.fromkeys(missing.name for missing in self.missing):
            counts = [m for m in self.missing if m.name == name and m.count is not None]
            here = "" if name == self.coverage.territory.name.name else f" ({name})"
            if counts:
                numbers = enumeration([f"{number(m.count or 0)} {m.type}" for m in counts])
                parts.append(f"{numbers} publiés mais non identifiés{here}")
            else:
                parts.append(f"structures non identifiées, en nombre inconnu à cette date{here}")
        unlocated = sum(len(row.unlocated) for row in self.completeness)
        if unlocated:
            words = ("structure identifiée non localisée", "structures identifiées non localisées")
            parts.append(counted(unlocated, *words))
        return ", ".join(parts)

    @property
    def is_closed(self) -> bool:
        """Tell whether nothing unknown in the list can move a figure: every bracket is closed."""
        return all(figure.is_closed for figure in self.figures)

    @cached_property
    def stamp(self) -> dict[str, Any]:
        """What each row of a table or layer carries with it, wherever it is pasted: ``STAMP_COLUMNS``."""
        coverage = self.coverage
        return {
            "territoire": coverage.territory.name.code,
            "date": coverage.on.isoformat(),
            "regle": coverage.rule.name,
            "parametres": coverage.rule.parameters,
            "fictif": self.is_fictitious,
            "couches_utilisateur": coverage.territory.layers(coverage.on),
            **self.uncertainty,
        }

    @property
    def structure_records(self) -> list[dict[str, Any]]:
        """Return the structures of the list as plain values, with whether each counts at the date."""
        inventory = self.coverage.inventory
        counted_now = {structure.id for structure in inventory.counted(self.coverage.on)}
        return [{**s.to_record(), "comptee": s.id in counted_now} for s in inventory.structures]

    @cached_property
    def uncertainty(self) -> dict[str, Any]:
        """What every export carries: how complete the list is, how well placed, what no bracket holds.

        Plain values under the names that stay; empty where no inventory stands.
        """
        if not self.has_inventory:
            return {"completude": {}, "positions": {}, "hors_fourchette": ""}
        return {
            "completude": {row.type: row.brief for row in self.completeness},
            "positions": positions(self.coverage),
            "hors_fourchette": self.outside_bracket,
        }

    @cached_property
    def warnings(self) -> tuple[str, ...]:
        """What the reader must know before quoting a figure, in French sentences."""
        coverage, found = self.coverage, []
        if self.is_fictitious:
            found.append("Données fictives : aucun chiffre de ce rapport ne décrit la réalité.")
        inventory, territory = coverage.inventory, coverage.territory
        if inventory.date and coverage.on > inventory.date:
            found.append(
                f"L'inventaire décrit l'état au {french_date(inventory.date)} ; le rapport est daté du "
                f"{french_date(coverage.on)} : ce qui a changé entre-temps n'y figure pas."
            )
        if self.has_inventory and not coverage.known.all():
            without = sorted(set(territory.communes["departement"][~coverage.known]))
            found.append(
                f"Aucun inventaire pour {counted(len(without), 'département', 'départements')} "
                f"({enumeration(without, 6)}) : les pourcentages portent sur les seules "
                f"communes des départements inventoriés ({enumeration(sorted(inventory.departements), 6)})."
            )
        limits = {"AVS-910", "AVS-912", "AVS-913", "AVS-941"}
        found += [f"{w.what} : {w.why}." for w in inventory.warnings if w.code in limits]
        found += self.layer_warnings
        found += held_without_proof(coverage)
        if inventory.left_out:
            words = ("structure dont le siège est hors", "structures dont le siège est hors")
            found.append(
                f"{counted(inventory.left_out, *words)} du territoire : non comptées (--no-neighbours)."
            )
        said = (text for one in (coverage, *self.others) for text in one.rule.caveats(one))
        found += dict.fromkeys(said)
        without_area = territory.communes[territory.communes["superficie_km2"].isna()]
        if len(without_area):
            names = [f"{name} ({code})" for code, name in without_area["nom"].items()]
            where = "comptée avec l'ancienne commune mère" if territory.contours is None else "non comptée"
            found.append(f"Superficie non connue pour {enumeration(names, 12)} : {where}.")
        found += self._qpv_warnings()
        return tuple(found)

    def with_file_warnings(self, more: Iterable[Fault]) -> Report:
        """Return the report with what reading other files than its own warns of."""
        return replace(self, file_warnings=(*self.file_warnings, *more))

    @property
    def warnings_record(self) -> dict[str, Any]:
        """What every JSON document says of warnings: in sentences, and of the files, with their codes."""
        missing = () if self.has_inventory else (f"{NO_INVENTORY.capitalize()}.",)
        return {
            "avertissements": [*self.warnings, *missing, CAVEAT],
            "avertissements_fichiers": [fault.to_record() for fault in self.file_warnings],
        }

    @property
    def layer_warnings(self) -> tuple[str, ...]:
        """Say what stands in place of the embedded data."""
        territory, on = self.coverage.territory, self.coverage.on
        used = (
            f"Donnée {kind_of_layer(n)} à la place de la donnée embarquée — {n}."
            for n in territory.layers(on)
        )
        idle = (
            f"Non utilisé au {french_date(on)}, où la génération {generation} n'est pas en vigueur — {name} "
            f"(--date {generation if generation == 2024 else 2023}-12-31 en montrerait les quartiers)."  # noqa: PLR2004
            for generation, name in territory.idle_layers(on).items()
        )
        return (*used, *idle)

    def _qpv_warnings(self) -> list[str]:
        territory, on = self.coverage.territory, self.coverage.on
        found = quarter_warnings(territory, on, self.qpv)
        here = territory.codes
        counted_here = (s for s in self.coverage.inventory.counted(on) if s.seat in here)
        deduced = [structure.name for structure in counted_here if structure.seat_quality == "deduit"]
        if deduced:
            found.append(f"Siège déduit et non certain pour {enumeration(deduced)}.")
        return found

    def to_record(self) -> dict[str, Any]:
        """Return the report as plain values, in the published schema (docs/formats.md)."""
        coverage = self.coverage
        name = coverage.territory.name
        inventory = coverage.inventory
        return {
            "schema": SCHEMA_NAME,
            "version": SCHEMA_VERSION,
            "territoire": {
                "type": name.kind,
                "code": name.code,
                "nom": name.name,
                "departements": list(name.departements),
                "nb_communes": len(coverage.territory.communes),
                "population": int(coverage.territory.communes["population"].sum()),
                "superficie_km2": round(float(coverage.territory.communes["superficie_km2"].sum()), 3),
                "communes_sans_superficie": int(coverage.territory.communes["superficie_km2"].isna().sum()),
            },
            "date": coverage.on.isoformat(),
            "inventaire": {
                "titre": inventory.title or None,
                "fictif": self.is_fictitious,
                "date": inventory.date.isoformat() if inventory.date else None,
                "embarque": inventory.embedded,
                "departements": sorted(inventory.departements),
                "lignes_lues": inventory.rows_read,
                "structures": len(inventory),
                "lignes_mises_de_cote": [fault.to_record() for fault in inventory.set_aside],
                "avertissements": [fault.to_record() for fault in inventory.warnings],
                "a_confirmer_comptees": inventory.include_unconfirmed,
                "completude": [row.to_record() for row in self.completeness],
                "positions": self.uncertainty["positions"],
                "non_comptees": {
                    reason: [structure.id for structure in found] for reason, found in self.uncounted.items()
                },
                "evolution": [row.to_record() for row in self.years],
            },
            "regle": _rule_record(self),
            "synthese": [figure.to_record() for figure in self.figures],
            "multiplicite": [figure.to_record() for figure in by_multiplicity(coverage)],
            "autres_regles": [
                {**_rule_record(other), "synthese": [figure.to_record() for figure in other.figures]}
                for other in self.beside
            ],
            "epci": [row.to_record() for row in self.epci],
            "qpv": quarters_record(self),
            "zones": [zone.to_record() for zone in self.zones],
            "indicateurs": [
                {**one.to_record(), "synthese": [figure.to_record() for figure in self.weighted[one.name]]}
                for one in coverage.territory.indicators
            ],
            "populations_de_zone": {
                "synthese": self.declared_populations[1].to_record(),
                "structures": [row.to_record() for row in self.declared_populations[0]],
            },
            "publie": {
                "chiffres": [row.to_record() for row in self.comparisons],
                "communes": [row.to_record() for row in self.published_statuses],
            },
            "sources": {
                "outil": f"avs-coverage {__version__}",
                "definition": coverage.rule.definition,
                "millesimes": coverage.territory.vintages,
                "couches_utilisateur": list(coverage.territory.layers(coverage.on)),
                "inventaire": inventory.source or None,
                "hors_fourchette": self.outside_bracket or None,
                **self.warnings_record,
            },
        }


def _rule_record(report: Report) -> dict[str, Any]:
    """Return a rule and what its bracket supposes as plain values."""
    rule = report.coverage.rule
    return {
        "regle": rule.name,
        "parametres": rule.parameters,
        "libelle": rule.label,
        "definition": rule.definition,
        "hypothese": rule.hypothesis or None,
        "hors_fourchette": report.outside_bracket or None,
    }
