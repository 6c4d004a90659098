"""Commands ``data …``: official data fetched on request, and the cache that keeps them."""

from __future__ import annotations

import typer

from avs_coverage.commands.data.clear import clear
from avs_coverage.commands.data.fetch import fetch
from avs_coverage.commands.data.geocode import geocode
from avs_coverage.commands.data.info import info
from avs_coverage.commands.data.list import list_
from avs_coverage.commands.french import FrenchCommand, FrenchGroup

data = typer.Typer(
    cls=FrenchGroup,
    no_args_is_help=True,
    rich_markup_mode=None,
    options_metavar="[OPTIONS]",
    subcommand_metavar="COMMANDE …",
    help="Données officielles récentes, téléchargées à la demande : catalogue, cache ; adresses situées.",
)
for _name, _command in (
    ("list", list_),
    ("fetch", fetch),
    ("info", info),
    ("clear", clear),
    ("geocode", geocode),
):
    data.command(_name, cls=FrenchCommand)(_command)
