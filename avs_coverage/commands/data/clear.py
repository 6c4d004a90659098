"""Command ``data clear``: remove what has been fetched; the embedded data stand again."""

from __future__ import annotations

from typing import Annotated

import typer

from avs_coverage.commands.data.fetch import ScopeArgument
from avs_coverage.commands.typed import require_choice


def clear(
    source: Annotated[
        str,
        typer.Argument(
            metavar="[NOM]", show_default=False, help="Nom au catalogue ; tout, si rien n'est dit."
        ),
    ] = "",
    territory: ScopeArgument = "",
) -> None:
    """Effacer ce qui a été téléchargé, tout ou un NOM ; les données embarquées reprennent leur place."""
    from avs_coverage.cache import clear as clear_records
    from avs_coverage.cache import damaged, records
    from avs_coverage.commands.streams import say
    from avs_coverage.errors import UsageError
    from avs_coverage.faults import Fault
    from avs_coverage.messages import counted, number
    from avs_coverage.official_sources import FRANCE, layers
    from avs_coverage.territory_names import find_territory_name

    catalogue = layers()
    if source:
        require_choice(source, "NOM", tuple(catalogue))
    scope = find_territory_name(territory).typed if territory else ""
    if source and scope and catalogue[source].scope == FRANCE:
        values = {
            "value": territory,
            "option": "TERRITOIRE",
            "choices": f"aucune ; pour toute la France, avs-coverage data clear {source}",
        }
        raise UsageError(Fault("AVS-203", values))

    def asked(one: str, of: str) -> bool:
        return (not source or one == source) and (not scope or of == scope)

    chosen = [record for record in records() if asked(record.source, record.scope)]
    broken = [path for said, path in damaged().items() if asked(*said)]
    freed = clear_records(chosen, broken, say)
    paths = [*(record.path for record in chosen), *broken]
    for path in paths:
        say(f"effacé : {path}")
    say(f"{counted(len(paths), 'fichier effacé', 'fichiers effacés')}, {number(freed)} octets libérés.")
