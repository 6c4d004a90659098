"""Ask the official service where addresses are, judge each answer, and lay the list out with it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import hypot, isfinite

from avs_coverage.errors import InputError
from avs_coverage.faults import Fault
from avs_coverage.gazetteer import Commune, departement_of, parent_of_arrondissement
from avs_coverage.http_client import host_of, post
from avs_coverage.loaders.addresses import Address, AddressList, Listed
from avs_coverage.loaders.collector import plausible_distance_m
from avs_coverage.loaders.commune_codes import CommuneCodes
from avs_coverage.messages import number, plain
from avs_coverage.official_sources import Limits
from avs_coverage.projection import epsg_of, project
from avs_coverage.reports.csv_file import cell_text

SENT = ("adresse", "code_postal", "code_insee")
RESULTS = ("longitude", "latitude", "result_score", "result_type", "result_label", "result_citycode")
"""What is asked of the service. Its ``result_status`` is not: it is ``ok`` for nonsense too."""
BATCH = 1_000
ACCEPTED_FROM, REFUSED_BELOW = 0.7, 0.5
ACCEPTED, TO_CHECK, REFUSED, NOT_SENT, PLACED = (
    "accepte", "a_verifier", "refuse", "non_envoye", "deja_situe",
)  # fmt: skip
NOTICES = (ACCEPTED, TO_CHECK, REFUSED, NOT_SENT, PLACED)
COLUMNS = (
    "geocodage_score", "geocodage_type", "geocodage_adresse", "geocodage_avis", "geocodage_motif",
)  # fmt: skip
_PRECISION = {
    "housenumber": "",
    "street": "voie trouvée, non le numéro",
    "locality": "lieu-dit trouvé, non le numéro",
}
"""What is missing for an answer of each type to be a place."""
_NEGATIVE = re.compile(r"-\d+([.,]\d+)?")

Answer = Mapping[str, str]
"""What the service gives of one address, by column of ``RESULTS``."""


@dataclass(frozen=True)
class Verdict:
    """What is made of an answer: one of ``NOTICES``, and why, in French.

    *longitude, latitude* (degrees, WGS84) are those of the answer where it is accepted, else None;
    *score* (0–1), *kind* and *label* those of the service, None or empty where it found nothing.
    """

    notice: str
    reason: str
    longitude: float | None = None
    latitude: float | None = None
    score: float | None = None
    kind: str = ""
    label: str = ""


def ask_service(
    url: str,
    addresses: Sequence[Address],
    limits: Limits,
    tell: Callable[[int, int], None] = lambda done, total: None,
) -> dict[Address, Answer]:
    """Return the answer of the service at *url* to each address, asked by batches; *limits* are of one batch.

    Raises InputError: AVS-710 to AVS-717, AVS-722, AVS-723; nothing of what was received is then used.
    """
    found: dict[Address, Answer] = {}
    for start in range(0, len(addresses), BATCH):
        batch = addresses[start : start + BATCH]
        fields = {
            "columns": SENT[0], "postcode": SENT[1], "citycode": SENT[2],
            "delimiter": ";", "encoding": "utf-8", "result_columns": list(RESULTS),
        }  # fmt: skip
        body = post(url, fields, _table(batch).encode(), limits)
        found |= dict(zip(batch, read_answers(body, batch, host_of(url)), strict=True))
        tell(len(found), len(addresses))
    return found


def _table(addresses: Sequence[Address]) -> str:
    """Lay addresses out as the service reads them; no cell needs quotes, see ``Address``."""
    rows = [SENT, *((one.text, one.postcode, one.citycode) for one in addresses)]
    return "".join(";".join(row) + "\n" for row in rows)


def read_answers(body: bytes, sent: Sequence[Address], host: str) -> list[Answer]:
    """Return the answers in the order of *sent*, each of which must come back beside its own.

    More columns than those asked are left aside. Raises InputError: AVS-717 no table, AVS-723 other
    columns, or rows that are not those sent.
    """
    rows = _rows(body, host)
    header = rows[0]
    lacking = [name for name in RESULTS if name not in header]
    if tuple(header[: len(SENT)]) != SENT or lacking or len(set(header)) < len(header):
        named = f", sans {', '.join(lacking)}" if lacking else ""
        raise _other(host, f"colonnes {', '.join(header)[:200]}{named}")
    rows = rows[1:]
    if len(rows) != len(sent):
        raise _other(host, f"{number(len(rows))} lignes au lieu de {number(len(sent))}")
    for rank, (row, one) in enumerate(zip(rows, sent, strict=True), 1):
        if len(row) != len(header) or tuple(row[: len(SENT)]) != (one.text, one.postcode, one.citycode):
            raise _other(host, f"la ligne {number(rank)} n'est pas celle qui a été envoyée")
    return [dict(zip(header, row, strict=True)) for row in rows]


def _rows(body: bytes, host: str) -> list[list[str]]:
    reason = ""
    try:
        text = body.decode("utf-8-sig")
        if not text.strip():
            reason = "une réponse vide"
        elif text.lstrip().startswith("<"):
            reason = "une page web au lieu de la donnée"
        else:
            return [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=";") if row]
    except UnicodeDecodeError:
        reason = "un texte qui n'est pas en UTF-8"
    except csv.Error:
        reason = "un tableau abîmé"
    raise InputError(Fault("AVS-717", {"value": host, "reason": reason}))


def _other(host: str, reason: str) -> InputError:
    return InputError(Fault("AVS-723", {"value": host, "reason": reason}))


class Judge:
    """Judge answers by their score, type, commune and place: never by what the service says of itself."""

    def __init__(self) -> None:
        self._codes = CommuneCodes("", None)

    def verdict(self, listed: Listed, answers: Mapping[Address, Answer]) -> Verdict:
        """Return what is made of one row, sent or not."""
        if listed.address is None or listed.commune is None:
            return Verdict(PLACED if listed.is_placed else NOT_SENT, listed.reason)
        answer = answers[listed.address]
        score, longitude, latitude = (
            _number(answer[name]) for name in ("result_score", "longitude", "latitude")
        )
        kind, label = answer["result_type"].strip(), answer["result_label"].strip()
        if score is None or longitude is None or latitude is None or not kind:
            return Verdict(REFUSED, "adresse introuvable dans la commune, avec ce code postal")
        code = answer["result_citycode"].strip()
        refused = self._elsewhere(code, listed.commune) or _worthless(kind, score)
        if far := refused or _far(longitude, latitude, listed.commune):
            return Verdict(REFUSED, far, score=score, kind=kind, label=label)
        if doubt := _doubt(listed, code, kind, score):
            return Verdict(TO_CHECK, doubt, score=score, kind=kind, label=label)
        return Verdict(ACCEPTED, "numéro trouvé", longitude, latitude, score, kind, label)

    def _elsewhere(self, code: str, commune: Commune) -> str:
        """Say that an answer is of another commune than the one declared; empty where it is not."""
        if not code:
            return "la réponse ne dit pas sa commune"
        today = self._codes.passage(self._codes.clean(code))
        if today == (commune.code,):
            return ""
        names = " ou ".join(map(self._codes.commune_name, today)) or f"« {code} »"
        return f"trouvée à {names}, non à {commune.name} ({commune.code})"


def _worthless(kind: str, score: float) -> str:
    """Say why an answer is of no use, wherever it is; empty where it may be."""
    if kind == "municipality":
        return "seule la commune est trouvée"
    if kind not in _PRECISION:
        return f"type « {kind} » non connu"
    if score > 1:
        return f"score de {plain(score).replace('.', ',')}, plus de 1"
    return _below(score, REFUSED_BELOW)


def _doubt(listed: Listed, code: str, kind: str, score: float) -> str:
    """Say what is to be checked of an answer in the right commune; empty where nothing is."""
    if listed.arrondissement and parent_of_arrondissement(code) and code != listed.arrondissement:
        return f"trouvée dans l'arrondissement {code}, non {listed.arrondissement}"
    return _PRECISION[kind] or _below(score, ACCEPTED_FROM)


def _below(score: float, least: float) -> str:
    # All its digits: 0.697 must not be said to be 0,70, and below it.
    return f"score de {plain(score).replace('.', ',')}, moins de {number(least, 1)}" if score < least else ""


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if isfinite(value) else None


def _far(longitude: float, latitude: float, commune: Commune) -> str:
    """Say that a point is nowhere near its commune, as no list could hold it; empty where it may be there."""
    x_m, y_m = project(longitude, latitude, epsg_of(departement_of(commune.code)))
    metres = hypot(x_m - commune.x_m, y_m - commune.y_m)
    if metres <= plausible_distance_m(commune.area_km2):
        return ""
    return f"point trop loin de {commune.name} ({commune.code})"


def laid_out(listing: AddressList, verdicts: Sequence[Verdict]) -> list[list[str]]:
    """Return the list as it is, row for row, with what the verdicts add.

    Columns of an earlier run are filled again for the rows sent, and kept for the others. A row
    without a cell stays so: what a reader sets aside must not become a structure.
    """
    positions = dict(listing.positions)
    header = list(listing.header)
    for name in ("longitude", "latitude", *COLUMNS):
        if name in COLUMNS and name in header:
            positions[name] = header.index(name)
        elif name not in positions:
            positions[name] = len(header)
            header.append(name)
    rows = [_padded(row.cells, len(header)) for row in listing.above]
    rows.append([_as_it_was(cell) for cell in header])
    for listed, verdict in zip(listing.rows, verdicts, strict=True):
        cells = _padded(listed.row.cells, len(header))
        if not listed.is_blank:
            _fill(cells, positions, verdict, again=listed.address is not None)
        rows.append(cells)
    return rows


def _padded(cells: Sequence[str], width: int) -> list[str]:
    """Return cells as they were, in as many columns at least."""
    return [_as_it_was(cell) for cell in cells] + [""] * (width - len(cells))


def _as_it_was(cell: str) -> str:
    """Write a cell of the user's; an apostrophe is put before a text that a spreadsheet would run."""
    return cell if _NEGATIVE.fullmatch(cell) else cell_text(cell, french=True)


def _fill(cells: list[str], positions: Mapping[str, int], verdict: Verdict, again: bool) -> None:
    if verdict.longitude is not None and verdict.latitude is not None:
        cells[positions["longitude"]] = cell_text(verdict.longitude, french=True)
        cells[positions["latitude"]] = cell_text(verdict.latitude, french=True)
    values = (verdict.score, verdict.kind, verdict.label, verdict.notice, verdict.reason)
    if again or not any(cells[positions[name]] for name in COLUMNS):
        for name, value in zip(COLUMNS, values, strict=True):
            cells[positions[name]] = cell_text(value, french=True)


def csv_bytes(rows: Sequence[Sequence[str]]) -> bytes:
    """Return rows as the CSV that a French Excel opens: ``;``, UTF-8 with BOM."""
    text = io.StringIO()
    csv.writer(text, delimiter=";", lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode("utf-8-sig")
