"""An indicator by commune: its values, what is not known of each, and where it comes from."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

KNOWN, ABSENT, APPROXIMATE = "connu", "absent", "approche"
NOT_COMPUTABLE, INCOMPLETE = "non_calculable", "incomplet"
NATURE_LABELS = {
    "effectif": "effectif",
    "mediane": "médiane",
    "taux": "taux",
    "classe": "classe",
    "inconnue": "nature inconnue",
}


def state_column(name: str) -> str:
    """Return the name of the column that says of each value of an indicator whether it is known."""
    return f"{name}_etat"


@dataclass(frozen=True)
class Indicator:
    """One column of a user's file, by commune of the COG 2026.

    *name* is the file's own header, *nature* one of effectif, mediane, taux, classe, inconnue.
    *values* is indexed by commune code: float, NaN where unknown (str and empty for a class).
    *state* says of each commune: ``connu``; ``secret``; ``non_disponible``; ``absent`` from the
    file; ``approche``, a mean weighted by inhabitants over communes merged since;
    ``non_calculable``, where merged parts cannot be put together; ``incomplet``, where the file, of
    an earlier COG, lacks one of them. Unknown is never zero.
    """

    name: str
    label: str
    nature: str
    unit: str
    source: str
    vintage: str
    file: str
    values: pd.Series
    state: pd.Series

    @property
    def is_count(self) -> bool:
        """Tell whether values of several communes may be added."""
        return self.nature == "effectif"

    @property
    def states(self) -> dict[str, int]:
        """Count the communes by state."""
        return dict(Counter(self.state))

    @property
    def total(self) -> float | None:
        """Return the sum of the known values; None where they cannot be added, or none is known."""
        known = self.values[self.state == KNOWN]
        return float(known.sum()) if self.is_count and len(known) else None

    def to_record(self) -> dict[str, Any]:
        """Return what the indicator is as plain values, without those of the communes."""
        return {
            "nom": self.name,
            "libelle": self.label,
            "nature": self.nature,
            "unite": self.unit or None,
            "source": self.source,
            "millesime": self.vintage or None,
            "fichier": self.file,
            "total_connu": self.total,
            "etats": self.states,
        }
