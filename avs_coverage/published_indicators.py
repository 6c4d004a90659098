"""The indicators that a schéma prints: their codes, what each counts, and how they add up."""

from __future__ import annotations

from typing import NamedTuple

from avs_coverage.consistency import Constraint, Span, ordered


class Indicator(NamedTuple):
    """What a code counts.

    *theme* and *span* are the quantity, as the difference of two sums of ``THEMES``; *theme* is empty
    where nothing can be checked. *per* is the span of what a percentage is of, *rule* the rule of
    coverage whose definition it has.
    """

    label: str
    unit: str
    theme: str = ""
    span: Span = (0, 0)
    per: Span | None = None
    rule: str = ""

    @property
    def is_percentage(self) -> bool:
        """Tell whether it is a percentage."""
        return self.unit == "%"


class Theme(NamedTuple):
    """Quantities that add up: the number of sums, what holds of them whatever is printed, and their total."""

    size: int
    always: tuple[Constraint, ...]
    total: Span


def _part(part: int, whole: int) -> tuple[Constraint, ...]:
    """Say that what is cumulated in node *part* is a part of what is in node *whole*."""
    return *ordered((0, part)), *ordered((part, whole))


# Cumulated: CS alone, CS and EVS, EVS alone, none; then what is not sorted that way.
_ALL = 4
_SORTED = {
    "cs": (0, 2),
    "sans_cs": (2, _ALL),
    "cs_seul": (0, 1),
    "cs_et_evs": (1, 2),
    "evs": (1, 3),
    "evs_seul": (2, 3),
    "avs": (0, 3),
    "aucune": (3, _ALL),
}
_SORTED_LABELS = {
    "cs": "couvertes par un CS, seul ou avec un EVS",
    "sans_cs": "non couvertes par un CS",
    "cs_seul": "couvertes par un CS et aucun EVS",
    "cs_et_evs": "couvertes par un CS et un EVS",
    "evs": "couvertes par un EVS, seul ou avec un CS",
    "evs_seul": "couvertes par un EVS et aucun CS",
    "avs": "couvertes par un CS ou un EVS",
    "aucune": "couvertes ni par un CS ni par un EVS",
}
_CS, _STRUCTURES, _ACF, _JEUNES, _FEDERATED, _COMMUNES, _SEATS = range(1, 8)
_OTHER = _ALL + 1

THEMES = {
    "communes": Theme(6, (*ordered(range(5)), *_part(_OTHER, _ALL)), (0, _ALL)),
    "habitants": Theme(6, (*ordered(range(5)), *_part(_OTHER, _ALL)), (0, _ALL)),
    "structures": Theme(
        8,
        (
            *ordered((0, _CS, _STRUCTURES)),
            *(c for part in (_ACF, _JEUNES, _FEDERATED) for c in _part(part, _CS)),
            *_part(_SEATS, _STRUCTURES),
            *_part(_SEATS, _COMMUNES),
        ),
        (0, _COMMUNES),
    ),
    "qpv": Theme(3, ordered(range(3)), (0, 2)),
    "habitants_qpv": Theme(2, ordered(range(2)), (0, 1)),
}
"""``structures`` has the number of communes too: each structure has its seat in one."""


def _sorted(prefix: str, unit: str, noun: str, theme: str, rule: str = "declared") -> dict[str, Indicator]:
    per = (0, _ALL) if unit == "%" else None
    return {
        f"{prefix}_{name}": Indicator(f"{noun} {_SORTED_LABELS[name]}", unit, theme, span, per, rule)
        for name, span in _SORTED.items()
    }


_CS_SPAN, _EVS_SPAN, _QUARTERS = (0, _CS), (_CS, _STRUCTURES), (0, 2)
INDICATORS: dict[str, Indicator] = {
    "nb_communes": Indicator("Nombre de communes du territoire", "communes", "communes", (0, _ALL)),
    **_sorted("nb_communes", "communes", "Nombre de communes", "communes"),
    **_sorted("pct_communes", "%", "Part des communes", "communes"),
    "nb_communes_avec_structure": Indicator(
        "Nombre de communes où siège un CS ou un EVS", "communes", "structures", (0, _SEATS), None,
        "implantation",
    ),
    "pct_communes_avec_structure": Indicator(
        "Part des communes où siège un CS ou un EVS", "%", "structures", (0, _SEATS), (0, _COMMUNES),
        "implantation",
    ),
    "pct_communes_rurales_avec_structure": Indicator(
        "Part des communes rurales où siège un CS ou un EVS", "%"
    ),
    "nb_communes_hors_frr": Indicator(
        "Nombre de communes non classées France Ruralités Revitalisation", "communes", "communes", (0, _OTHER)
    ),
    "population": Indicator("Nombre d'habitants du territoire", "habitants", "habitants", (0, _ALL)),
    **_sorted("hab_communes", "habitants", "Habitants des communes", "habitants"),
    **_sorted("pct_hab", "%", "Part des habitants, dans des communes", "habitants"),
    "pct_hab_communes_avec_structure": Indicator(
        "Part des habitants, dans des communes où siège un CS ou un EVS", "%", "habitants", (0, _OTHER),
        (0, _ALL), "implantation",
    ),
    "hab_avs": Indicator("Habitants « au bénéfice » des structures, définition non dite", "habitants"),
    "nb_structures": Indicator(
        "Nombre de structures (CS et EVS)", "structures", "structures", (0, _STRUCTURES)
    ),
    "nb_cs": Indicator("Nombre de CS", "CS", "structures", _CS_SPAN),
    "nb_evs": Indicator("Nombre d'EVS", "EVS", "structures", _EVS_SPAN),
    "nb_cs_annee": Indicator("Nombre de CS, dans une suite d'années", "CS", "structures", _CS_SPAN),
    "nb_evs_annee": Indicator("Nombre d'EVS, dans une suite d'années", "EVS", "structures", _EVS_SPAN),
    "nb_cs_nouveaux": Indicator("Nombre de CS nouvellement agréés dans l'année", "CS"),
    "nb_evs_nouveaux": Indicator("Nombre d'EVS nouvellement agréés dans l'année", "EVS"),
    "nb_cs_acf": Indicator("Nombre de CS avec agrément ACF", "CS", "structures", (0, _ACF)),
    "pct_cs_acf": Indicator("Part des CS avec agrément ACF", "%", "structures", (0, _ACF), _CS_SPAN),
    "nb_cs_acf_avant": Indicator("Nombre de CS avec agrément ACF avant le schéma", "CS"),
    "nb_cs_acf_nouveaux": Indicator("Nombre de CS avec un nouvel agrément ACF depuis", "CS"),
    "nb_cs_ps_jeunes": Indicator("Nombre de CS avec PS jeunes", "CS", "structures", (0, _JEUNES)),
    "pct_cs_ps_jeunes": Indicator("Part des CS avec PS jeunes", "%", "structures", (0, _JEUNES), _CS_SPAN),
    "nb_cs_federes": Indicator("Nombre de CS fédérés", "CS", "structures", (0, _FEDERATED)),
    "nb_qpv": Indicator("Nombre de QPV", "QPV", "qpv", _QUARTERS),
    "nb_qpv_lignes": Indicator("Lignes du tableau des QPV, une par quartier", "QPV", "qpv", _QUARTERS),
    "nb_qpv_sans_structure": Indicator("Nombre de QPV sans structure", "QPV", "qpv", (0, 1)),
    "hab_qpv": Indicator("Habitants des QPV", "habitants", "habitants_qpv", (0, 1)),
    "hab_qpv_contrat": Indicator(
        "Habitants des QPV d'un contrat de ville", "habitants", "habitants_qpv", (0, 1)
    ),
}  # fmt: skip
"""Code → what it counts. Stable: users write these codes in their own files (docs/formats.md)."""

_DEFINITIONS = {"declared": "zone d'intervention déclarée", "implantation": "commune du siège"}


def other_definition(rule: str) -> str:
    """Say that a figure has the definition of a rule by which nothing was computed."""
    return f"autre définition : {_DEFINITIONS[rule]}"
