"""Read travel times between communes and structures: a plain matrix, or the output of INSEE's metric-osrm."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from avs_coverage.errors import InputError
from avs_coverage.faults import Fault
from avs_coverage.loaders.commune_codes import (
    BLANK_LINES,
    ELSEWHERE,
    OTHER_TERRITORY,
    CommuneCodes,
    put_aside,
)
from avs_coverage.loaders.table_frame import read_frames
from avs_coverage.names import normalise
from avs_coverage.reports.text import without_controls

if TYPE_CHECKING:
    import pandas as pd

TRAVEL_COLUMNS: dict[str, tuple[str, ...]] = {
    "origine": ("origin", "id src", "idsrc", "depart", "code origine", "commune origine", "from id", "from"),
    "destination": ("id dst", "iddst", "arrivee", "code destination", "structure", "to id", "to"),
    "minutes": ("duree", "duree min", "duree minutes", "temps", "temps min", "duration min"),
    "km": ("distance", "distance km"),
}
"""What each column is called; compared without case, accents or punctuation."""

EXPECTED = "« origine », « destination » et « minutes »"
_SECONDS = {"secondes", "seconds", "duration", "duree s", "duree secondes", "duration s"}
_UNREACHABLE = {"", "inf", "infini", "na", "nan", "null", "none", "-1", "-"}
_DAY_MIN = 24 * 60
_MOST_KM = 5000
_MOST_FAULTS = 20
_MERGED = (
    "ligne d'une commune fusionnée dont l'origine n'est plus le chef-lieu",
    "lignes de communes fusionnées dont l'origine n'est plus le chef-lieu",
)
_REPEATED = ("ligne répétée à l'identique", "lignes répétées à l'identique")


@dataclass(frozen=True)
class TravelTimes:
    """Minutes from communes to destinations, and what reading them met.

    *frame*: ``origine`` (commune code of today), ``destination`` (str, as written: a structure's
    id or name, or a commune code), ``minutes`` (float64, NaN where unreachable: never 0), ``km``
    (float64, NaN where not given). *columns*: column of the tool → header. Rows read = rows used +
    rows set aside.
    """

    file: str
    frame: pd.DataFrame
    rows_read: int
    rows_used: int
    set_aside: tuple[Fault, ...]
    warnings: tuple[Fault, ...]
    columns: dict[str, str] = field(default_factory=dict)

    @cached_property
    def origins(self) -> frozenset[str]:
        """Return the communes from which durations are given."""
        return frozenset(self.frame["origine"])

    @cached_property
    def destinations(self) -> frozenset[str]:
        """Return the destinations, as written."""
        return frozenset(self.frame["destination"])

    @property
    def server(self) -> str:
        """Return the address of the server that gave them; empty for a file."""
        return ""

    @cached_property
    def by_commune(self) -> dict[str, frozenset[str]]:
        """Return the destinations, as written, that are the code of a commune of today, by that code.

        An earlier code, one without its zero or in small letters stands for it, unless it is there itself.
        """
        codes = CommuneCodes(self.file, None)
        found: defaultdict[str, set[str]] = defaultdict(set)
        for text in self.destinations:
            today = codes.passage(codes.clean(text))
            if len(today) == 1:
                found[today[0]].add(text)
        return {code: frozenset({code} if code in texts else texts) for code, texts in found.items()}

    @property
    def unreachable(self) -> int:
        """Return the number of pairs that no road joins."""
        return int(self.frame["minutes"].isna().sum())


def is_header(header: Sequence[str]) -> bool:
    """Tell the headers of a matrix of travel times."""
    return bool(_columns(header))


def _columns(header: Sequence[str]) -> dict[str, str]:
    """Return the header of each column; none where one of the three needed is missing."""
    known = {normalise(name): name for name in reversed(header)}
    found = {}
    for column, words in TRAVEL_COLUMNS.items():
        name = next((known[word] for word in (column, *words) if word in known), "")
        if name:
            found[column] = name
    needed = {"origine", "destination"} <= found.keys()
    seconds = [known[word] for word in _SECONDS if word in known]
    if needed and "minutes" not in found and seconds:
        raise InputError(Fault("AVS-363", {"value": seconds[0]}, column=seconds[0]))
    return found if needed and "minutes" in found else {}


def read_travel_times(path: Path, wanted: Collection[str] | None) -> TravelTimes:
    """Return the minutes from the communes of *wanted* (from all where None).

    An empty cell, ``inf``, ``NA`` or ``-1`` is a pair that no road joins. Where communes merged,
    the row of the one whose code is today's stands. Raises InputError with all faults:
    AVS-350, AVS-363 seconds, AVS-319 not a duration, AVS-364 a pair with two durations,
    AVS-314 and AVS-329 codes.
    """
    import pandas as pd

    reading = _Reading(path.name, None if wanted is None else frozenset(wanted))
    pieces = [
        reading.piece(piece)
        for piece in read_frames(path, lambda header: list(_columns(header).values()), EXPECTED)
    ]
    frame = reading.unique(pd.concat(pieces))
    reading.codes.close()
    if frame.empty and not reading.faults:
        reading.faults.append(Fault("AVS-355", {}, path.name))
    if reading.faults:
        raise InputError(reading.faults, reading.rows_read, reading.set_aside)
    rows_used = reading.rows_read - sum(fault.rows for fault in reading.set_aside)
    columns = ["origine", "destination", "minutes", "km"]
    return TravelTimes(
        path.name,
        frame[columns].reset_index(drop=True),
        reading.rows_read,
        rows_used,
        tuple(reading.set_aside),
        tuple(reading.codes.warnings),
        reading.columns,
    )


class _Reading:
    """The rows of one file, filtered as they come."""

    def __init__(self, file: str, wanted: frozenset[str] | None) -> None:
        self.file = file
        self.codes = CommuneCodes(file, wanted, "origine")
        self.faults = self.codes.faults
        self.rows_read = self._elsewhere = self._blank = 0
        self.set_aside: list[Fault] = []
        self.columns: dict[str, str] = {}

    def piece(self, piece: pd.DataFrame) -> pd.DataFrame:
        """Return the wanted rows of a piece, minutes and km as numbers."""
        self.rows_read += len(piece)
        self.columns = _columns(list(piece.columns))
        names = {header: column for column, header in self.columns.items()}
        piece = piece.rename(columns=names)
        texts = {text: without_controls(text) for text in piece["destination"].unique()}
        piece["destination"] = piece["destination"].map(texts)
        blank = (piece == "").all(axis=1)
        self._blank += int(blank.sum())
        piece = piece[~blank]
        first = piece.drop_duplicates("origine")
        today = {
            code: self.codes.today(code, int(line))
            for line, code in zip(first.index, first["origine"], strict=True)
        }
        origin = piece["origine"].map(today)
        self._elsewhere += int((origin == ELSEWHERE).sum())
        kept = piece[origin.notna() & (origin != ELSEWHERE)]
        own = kept["origine"].map(self.codes.clean) == origin[kept.index]
        return kept.assign(
            origine=origin[kept.index].astype(str),
            own=own,
            minutes=self._numbers(kept, "minutes", _DAY_MIN),
            km=self._numbers(kept, "km", _MOST_KM) if "km" in kept else np.nan,
        )

    def _numbers(self, rows: pd.DataFrame, column: str, most: int) -> pd.Series:
        """Read durations or distances; what is none is NaN, what cannot be one is a fault."""
        import pandas as pd

        texts = (
            rows[column].str.replace(",", ".", regex=False).str.replace(r"[\s\u00a0\u202f]", "", regex=True)
        )
        none = texts.str.lower().isin(_UNREACHABLE)
        values = pd.to_numeric(texts.where(~none), errors="coerce")
        wrong = ~none & ~values.between(0, most)
        for line in rows.index[wrong][:_MOST_FAULTS]:
            hint = f"un nombre de 0 à {most}, ou rien si la destination n'est pas atteignable"
            said = {"value": str(rows.at[line, column]), "expected": f"de {column}", "hint": hint}
            self.faults.append(Fault("AVS-319", said, self.file, int(line), column))
        return values

    def unique(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Keep one row a pair: the chef-lieu's own where communes merged; two durations are a fault."""
        pair = ["origine", "destination"]
        merged = ~frame["own"] & frame.set_index(pair).index.isin(frame[frame["own"]].set_index(pair).index)
        repeated = frame[~merged].duplicated([*pair, "minutes", "km"])
        rows = frame[~merged][~repeated]
        for row in rows[rows.duplicated(pair, keep=False)].head(_MOST_FAULTS).itertuples():
            value = f"{row.origine} → {row.destination}"
            self.faults.append(Fault("AVS-364", {"value": value}, self.file, int(row.Index)))
        for count, words in (
            (self._blank, BLANK_LINES),
            (self._elsewhere, OTHER_TERRITORY),
            (int(merged.sum()), _MERGED),
            (int(repeated.sum()), _REPEATED),
        ):
            self.set_aside += put_aside(self.file, count, words)
        return rows.sort_values(pair)
