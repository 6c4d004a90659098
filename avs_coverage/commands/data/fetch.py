"""Command ``data fetch``: ask an official service for a layer, and keep it."""

from __future__ import annotations

from typing import Annotated

import typer

from avs_coverage.commands.options import OfflineOption
from avs_coverage.commands.typed import require_choice, require_network

SourceArgument = Annotated[
    str, typer.Argument(metavar="NOM", show_default=False, help="Nom au catalogue (avs-coverage data list).")
]
ScopeArgument = Annotated[
    str,
    typer.Argument(
        metavar="[TERRITOIRE]",
        show_default=False,
        help="Département, EPCI ou région, pour les données qui se téléchargent par territoire.",
    ),
]
MirrorOption = Annotated[
    str | None,
    typer.Option(
        "--mirror",
        metavar="ADRESSE",
        show_default=False,
        help="Miroir à qui demander, à la place de la machine officielle : http://miroir:8080.",
    ),
]


def fetch(
    source: SourceArgument,
    territory: ScopeArgument = "",
    mirror: MirrorOption = None,
    offline: OfflineOption = False,
) -> None:
    """Télécharger une donnée officielle : elle remplace la donnée embarquée, et chaque sortie le dit."""
    from avs_coverage.official_sources import FRANCE, check_mirror, layers
    from avs_coverage.territory_names import find_territory_name

    catalogue = layers()
    one = catalogue[require_choice(source, "NOM", tuple(catalogue))]
    asked = check_mirror(mirror)
    require_network(offline)
    name = find_territory_name(territory) if territory else None

    from avs_coverage.commands.streams import downloading, say
    from avs_coverage.fetch import fetch as fetch_source
    from avs_coverage.messages import number

    if name is not None and one.scope == FRANCE:
        say(f"{one.id} vaut pour toute la France : le fichier entier est téléchargé.")
    with downloading(one.title) as tell:
        record, is_new = fetch_source(one, name, asked, tell, say)
    say(f"{'reçu' if is_new else 'inchangé'} : {record.path}")
    for address in record.addresses:
        say(f"  de : {address}")
    say(f"  {number(record.size_bytes)} octets, sha256 {record.sha256}")
    say(f"  sert {one.use}")
