"""Command ``data clear``: remove what has been fetched; the embedded data stand again."""

from __future__ import annotations

from typing import Annotated

import typer

from avs_coverage.commands.data.fetch import ScopeArgument
from avs_coverage.commands.options import require_choice


def clear(
    source: Annotated[
        str,
        typer.Argument(metavar="NOM", show_default=False, help="Nom au catalogue ; tout, si rien n'est dit."),
    ] = "",
    territory: ScopeArgument = "",
) -> None:
    """Effacer ce qui a été téléchargé, tout ou un NOM ; les données embarquées reprennent leur place."""
    from avs_coverage.cache import clear as clear_records
    from avs_coverage.cache import records
    from avs_coverage.commands.streams import say
    from avs_coverage.messages import counted, number
    from avs_coverage.official_sources import layers
    from avs_coverage.territory_names import find_territory_name

    if source:
        require_choice(source, "NOM", tuple(layers()))
    scope = find_territory_name(territory).typed if territory else ""
    chosen = tuple(
        record
        for record in records()
        if (not source or record.source == source) and (not scope or record.scope == scope)
    )
    freed = clear_records(chosen)
    for record in chosen:
        say(f"effacé : {record.path}")
    say(f"{counted(len(chosen), 'fichier effacé', 'fichiers effacés')}, {number(freed)} octets libérés.")
