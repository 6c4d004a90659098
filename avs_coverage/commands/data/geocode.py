"""Command ``data geocode``: ask the official service where the addresses of a list are."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from avs_coverage.commands.data.fetch import MirrorOption
from avs_coverage.commands.options import ForceOption, OfflineOption
from avs_coverage.commands.typed import require_network
from avs_coverage.errors import OutputError, UsageError
from avs_coverage.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Sequence

    from avs_coverage.geocoding import Verdict
    from avs_coverage.loaders.addresses import Address

_NOTICES = {
    "accepte": ("acceptée", "acceptées"),
    "a_verifier": ("à vérifier", "à vérifier"),
    "refuse": ("refusée", "refusées"),
    "non_envoye": ("non envoyée", "non envoyées"),
    "deja_situe": ("déjà située", "déjà situées"),
}


def geocode(
    structures: Annotated[
        Path,
        typer.Argument(
            metavar="LISTE",
            readable=False,
            show_default=False,
            help="Votre liste de structures (CSV ou XLSX), avec leur adresse et leur commune.",
        ),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            metavar="SORTIE.csv",
            show_default=False,
            help="La liste, avec les coordonnées acceptées et l'avis sur chaque adresse.",
        ),
    ],
    mapping: Annotated[
        str,
        typer.Option(
            "--map",
            metavar="COLONNES",
            show_default=False,
            help="Noms des colonnes de votre liste : adresse=lieu,code_postal=cp_site, ou un fichier TOML.",
        ),
    ] = "",
    mirror: MirrorOption = None,
    offline: OfflineOption = False,
    force: ForceOption = False,
) -> None:
    """Situer les adresses d'une liste : elles vont au service officiel, avec code postal et commune."""
    from avs_coverage.loaders.addresses import read_addresses
    from avs_coverage.loaders.columns import ADDRESS_COLUMNS, STRUCTURE_COLUMNS
    from avs_coverage.loaders.structure_table import parse_mapping
    from avs_coverage.official_sources import GEOCODING, check_mirror, sources

    source = sources()[GEOCODING]
    (url,) = source.addresses((), check_mirror(mirror))
    require_network(offline)
    _check_output(structures, output, force)
    # A mapping written for --structures serves here too.
    columns = tuple(dict.fromkeys((*ADDRESS_COLUMNS, *STRUCTURE_COLUMNS)))
    listing = read_addresses(structures, parse_mapping(mapping, columns) if mapping else None)

    from avs_coverage.commands.streams import downloading, say
    from avs_coverage.geocoding import Judge, ask_service, csv_bytes, laid_out
    from avs_coverage.reports.output import write_atomically

    _say_what_leaves(listing.addresses, url)
    with downloading(source.title) as tell:
        answers = ask_service(url, listing.addresses, source.limits, tell)
    judge = Judge()
    verdicts = [judge.verdict(listed, answers) for listed in listing.rows]
    write_atomically(output, csv_bytes(laid_out(listing, verdicts)), force)
    _say_counts([v for v, one in zip(verdicts, listing.rows, strict=True) if not one.is_blank])
    say(f"écrit : {output} (à donner par --structures)")


def _check_output(structures: Path, output: Path, force: bool) -> None:
    """Raise an error before anything is sent, where the list could not be written after it."""
    from avs_coverage.messages import os_reason
    from avs_coverage.reports.output import refuse_existing

    if output.suffix.lower() != ".csv":
        values = {"value": str(output), "option": "--output", "choices": "un fichier .csv"}
        raise UsageError(Fault("AVS-203", values))
    same = output.resolve() == structures.resolve()
    if same or (output.exists() and structures.exists() and output.samefile(structures)):
        raise OutputError(Fault("AVS-504", {"value": str(output)}))
    refuse_existing(output, force)
    if not output.parent.is_dir():
        reason = os_reason(FileNotFoundError(2, ""))
        raise OutputError(Fault("AVS-502", {"value": str(output), "reason": reason}))


def _say_what_leaves(addresses: Sequence[Address], url: str) -> None:
    from avs_coverage.commands.streams import say
    from avs_coverage.messages import counted

    if not addresses:
        say("aucune adresse à situer : rien n'est envoyé.")
        return
    parts, first = urlsplit(url), addresses[0]
    where = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
    say(f"{counted(len(addresses), 'adresse quitte', 'adresses quittent')} cet ordinateur pour {where}")
    say("  avec leur code postal et le code de leur commune ; ni nom, ni contact, ni autre colonne")
    say(f"  la première : {' ; '.join(filter(None, (first.text, first.postcode, first.citycode)))}")


def _say_counts(verdicts: Sequence[Verdict]) -> None:
    from avs_coverage.commands.streams import say
    from avs_coverage.messages import counted, number

    counts = Counter(verdict.notice for verdict in verdicts)
    told = [f"{number(counts[notice])} {words[counts[notice] > 1]}" for notice, words in _NOTICES.items()]
    say(f"{counted(len(verdicts), 'ligne', 'lignes')} : {', '.join(told)}")
    for verdict, count in Counter((v.notice, v.reason) for v in verdicts).most_common():
        notice, reason = verdict
        if notice in ("a_verifier", "refuse", "non_envoye"):
            say(f"  {_NOTICES[notice][0]} : {reason} ({counted(count, 'ligne', 'lignes')})")
