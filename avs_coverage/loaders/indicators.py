"""Read indicators by commune: the official files known by their columns, or any table keyed by commune."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from avs_coverage.errors import InputError
from avs_coverage.faults import Fault
from avs_coverage.indicators import ABSENT, INCOMPLETE, KNOWN, NOT_COMPUTABLE, Indicator
from avs_coverage.loaders.cells import parse_number
from avs_coverage.loaders.columns import COMMUNE_CODE_COLUMNS
from avs_coverage.loaders.commune_codes import (
    ARRONDISSEMENTS,
    BLANK_LINES,
    ELSEWHERE,
    OTHER_TERRITORY,
    PART_OF_COMMUNE,
    CommuneCodes,
    put_aside,
)
from avs_coverage.loaders.indicator_formats import (
    CLASS,
    COUNT,
    FORMATS,
    LONG_MEASURES,
    NOT_AVAILABLE,
    UNKNOWN,
    ColumnKind,
    IndicatorFormat,
    vintage_of,
    words_of,
)
from avs_coverage.loaders.merged_parts import join_parts
from avs_coverage.loaders.personal_data import personal_data
from avs_coverage.loaders.table_frame import read_frame
from avs_coverage.names import normalise
from avs_coverage.reports.text import without_controls

if TYPE_CHECKING:
    import pandas as pd

_MOST_COLUMNS = 60
_MOST_CLASSES = 12
_NOT_INDICATORS = {
    "libgeo", "nom", "commune", "nom_commune", "lib_com", "libelle", "nomcom", "libcom", "departement",
    "dep", "dept", "region", "reg", "arr", "can", "canton", "epci", "siren", "code_postal", "lat", "lon",
    "latitude", "longitude", "x", "y", "siret",
}  # fmt: skip
"""Columns of a plain table that name a place: no indicator, unless the user asks for one by name."""
_CODE_WORDS = {"code", "siren", "siret", "epci", "iris", "insee", "id", "identifiant"}
_RATE_WORDS = {
    "taux", "tx", "part", "pct", "pourcentage", "ratio", "indice", "median", "mediane", "moyen", "moyenne",
    "rang", "score", "annee", "age", "densite",
}  # fmt: skip
"""Words of a header that say that whole numbers are no counts: they cannot be added."""
_COUNT_WORDS = re.compile(
    r"\b(nb|nombre|pop|effectif|habitant|enfant|allocataire|beneficiaire|menage|famille|personne|foyer|place"
    r"|logement|eleve|jeune|senior|retraite|demandeur|chomeur|salarie|emploi|naissance|deces|inscrit|adherent)"
)
"""What the words of a header begin with where whole numbers may be added: others are of unknown nature."""
_A_CODE = re.compile(r"\d{5}|2[AB]\d{3}|\d{4}-\d\d-\d\d")
_PLAIN = IndicatorFormat("table par commune", "", (), COMMUNE_CODE_COLUMNS, ())
_NO_ROW = "\ue000"
"""Stands for a measure of which a long file has no row for a commune: absent, and not secret."""
_UNLOCATED = ("ligne sans commune (non localisée)", "lignes sans commune (non localisées)")
_SPLIT = ("ligne d'une commune scindée depuis", "lignes de communes scindées depuis")
_OTHER_PLACE = ("ligne d'une autre maille que la commune", "lignes d'une autre maille que la commune")
_OTHER_MEASURE = ("ligne d'une mesure non lue", "lignes d'une mesure non lue")


@dataclass(frozen=True)
class IndicatorFile:
    """The indicators of one file. Rows read = rows used + rows set aside.

    *columns*: column of the tool → header.
    """

    file: str
    format: str
    columns: dict[str, str]
    indicators: tuple[Indicator, ...]
    unread: tuple[str, ...]
    rows_read: int
    rows_used: int
    set_aside: tuple[Fault, ...]
    warnings: tuple[Fault, ...]


@dataclass
class _Chosen:
    """What a row of headers was taken for: filled when the headers are found."""

    columns: Sequence[str]
    format: IndicatorFormat = _PLAIN
    key: str = ""
    read: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)

    def choose(self, header: Sequence[str]) -> list[str]:
        """Return the headers to read; none where the row has no column of commune codes."""
        self.format = next((known for known in FORMATS if known.matches(header)), _PLAIN)
        names = {_plain(name): name for name in reversed(header) if name}
        self.key = next((names[key] for key in self.format.keys if key in names), "")
        others = [name for name in dict.fromkeys(header) if name and name != self.key]
        if not self.key or not others or any(_A_CODE.fullmatch(name) for name in header):
            return []  # a row of values may say « COM » or « code » too
        if self.format.name.endswith("long"):
            return list(dict.fromkeys(name for name in header if name))
        wanted = self._wanted(others)
        weight = [name for name in others for p in self.format.weights if ColumnKind(p, "", "").match(name)]
        dates = [names["dtreffre"]] if "dtreffre" in names else []
        last = max(rank for rank, name in enumerate(header) if name)
        nameless = ["(sans en-tête)"] * sum(not name for name in header[:last])
        self.read, self.unread = wanted, [name for name in others if name not in wanted] + nameless
        return [self.key, *dict.fromkeys([*wanted, *weight, *dates])]

    def _wanted(self, others: list[str]) -> list[str]:
        if self.columns:
            return [name for name in others if name in self.columns]
        if self.format is not _PLAIN:
            found = [name for name in others if self.format.kind_of(name)]
            # The label says more than the number of a class.
            labels = [name for name in found if _plain(name) in ("libdens", "niveau_densite")]
            return labels or found
        return [name for name in others if not _names_a_place(name)][:_MOST_COLUMNS]


def _names_a_place(header: str) -> bool:
    return _plain(header) in _NOT_INDICATORS or bool(set(normalise(header).split()) & _CODE_WORDS)


def _plain(header: str) -> str:
    return normalise(header).replace(" ", "_")


def format_of(header: Sequence[str]) -> str:
    """Return the name of the official file whose headers these are, empty where it is none."""
    return next((known.name for known in FORMATS if known.matches(header)), "")


def is_plain_table(header: Sequence[str]) -> bool:
    """Tell headers with a column of commune codes beside others that name no place."""
    names = [_plain(name) for name in header if name]
    if any(_A_CODE.fullmatch(name) for name in header):
        return False
    return any(n in COMMUNE_CODE_COLUMNS for n in names) and any(
        not _names_a_place(n) and n not in COMMUNE_CODE_COLUMNS for n in names
    )


def read_indicators(path: Path, wanted: Collection[str] | None, columns: Sequence[str] = ()) -> IndicatorFile:
    """Return the indicators of a file, for the communes of *wanted* (those of the file where None).

    *columns* are the headers to read; without them, those that the table of official formats
    knows, or all of a plain table (60 at most). Counts of communes merged since are added; medians
    and rates averaged by inhabitants where the file gives them, and said to be approximate. One
    unknown part makes the whole unknown. Raises InputError with all faults: AVS-350 no column
    of commune codes, AVS-356 a column that is not there, AVS-319 not a number, AVS-338 a commune
    twice, AVS-314 codes. The value of a commune split since is not carried over (AVS-936).
    """
    chosen = _Chosen(tuple(columns))
    frame = read_frame(path, chosen.choose, "une colonne de codes de commune (CODGEO, code_insee…)")
    reading = _Reading(path.name, None if wanted is None else frozenset(wanted), chosen)
    reading.require_columns()
    rows_read = len(frame)
    kinds = {name: reading.kind(name, frame[name]) for name in chosen.read if name in frame.columns}
    rows = reading.rows_of_communes(frame)
    reading.require_measures()
    found = [reading.indicator(rows, name, kinds) for name in chosen.read if name in rows.columns]
    indicators = tuple(indicator for indicator in found if indicator is not None)
    if not indicators and not reading.faults:
        reading.faults.append(Fault("AVS-357", {}, path.name))
    elif not reading.faults and all((one.state == ABSENT).all() for one in indicators):
        reading.faults.append(Fault("AVS-355", {}, path.name))
    if reading.faults:
        raise InputError(reading.faults, rows_read, reading.set_aside)
    classes = [one.name for one in indicators if one.nature == CLASS]
    told = zip(map(int, rows["_line"]), rows[classes].to_dict("records"), strict=True) if classes else ()
    rows_used = rows_read - sum(fault.rows for fault in reading.set_aside)
    return IndicatorFile(
        path.name,
        chosen.format.name,
        {"code_insee": chosen.key},
        indicators,
        tuple(chosen.unread),
        rows_read,
        rows_used,
        tuple(reading.set_aside),
        (*reading.codes.warnings, *personal_data(path.name, told)),
    )


class _Reading:
    """The rows of one file, brought to communes of today."""

    def __init__(self, file: str, wanted: frozenset[str] | None, chosen: _Chosen) -> None:
        self.file, self.wanted, self.chosen = file, wanted, chosen
        self.codes = CommuneCodes(file, wanted, chosen.key, splits_refused=False)
        self.faults = self.codes.faults
        self.set_aside: list[Fault] = []
        self._vintage = ""
        self._incomplete: dict[str, frozenset[str]] = {}

    def require_columns(self) -> None:
        """Refuse columns that the user named and that are not there (AVS-356)."""
        if self.chosen.format.name.endswith("long"):
            return
        for name in self.chosen.columns:
            if name not in self.chosen.read:
                found = ", ".join([*self.chosen.read, *self.chosen.unread][:_MOST_COLUMNS])
                self.faults.append(Fault("AVS-356", {"value": name, "found": found}, self.file))

    def require_measures(self) -> None:
        """Refuse the measures of a long file that the user named and that are not there (AVS-356)."""
        if self.chosen.format.name.endswith("long"):
            for name in self.chosen.columns:
                if name not in self.chosen.read:
                    found = ", ".join([*self.chosen.read, *self.chosen.unread]) or "aucune"
                    self.faults.append(Fault("AVS-356", {"value": name, "found": found}, self.file))

    def _put_aside(self, count: int, words: tuple[str, str]) -> None:
        self.set_aside += put_aside(self.file, count, words)

    def rows_of_communes(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the rows of wanted communes, with ``_today`` and ``_line``; the others are counted."""
        long = self.chosen.format.name.endswith("long")
        if long:
            frame = self._measures(frame)
        elif "dtreffre" in {name.lower() for name in frame.columns}:
            frame = self._latest(frame, next(c for c in frame.columns if c.lower() == "dtreffre"))
        blank = (frame == "").all(axis=1)
        self._put_aside(int(blank.sum()), BLANK_LINES)
        frame = frame[~blank]
        unlocated = frame[self.chosen.key].str.upper().str.contains("XX") | (frame[self.chosen.key] == "")
        self._put_aside(int(unlocated.sum()), _UNLOCATED)
        frame = frame[~unlocated]
        within = (
            frame[self.chosen.key]
            .map(self.codes.clean)
            .isin(self.codes.in_their_commune(frame[self.chosen.key]))
        )
        self._put_aside(int(within.sum()), ARRONDISSEMENTS)
        frame = frame[~within]
        today = [
            self.codes.today(code, int(line))
            for line, code in zip(frame.index, frame[self.chosen.key], strict=True)
        ]
        frame = frame.assign(_today=today, _line=frame.index)
        frame[self.chosen.key] = [self.codes.clean(code) for code in frame[self.chosen.key]]
        self._put_aside(today.count(ELSEWHERE), OTHER_TERRITORY)
        self._incomplete = self.codes.close()
        split = frame[self.chosen.key].isin(self.codes.split_rows)
        self._put_aside(int(split.sum()), _SPLIT)
        frame = frame[~split & frame["_today"].notna() & (frame["_today"] != ELSEWHERE)]
        for code in sorted(self._incomplete.keys() & set(frame["_today"])):
            self.codes.warnings.append(self.codes.incomplete(code, self._incomplete[code], "AVS-933"))
        part = frame["_today"].isin(self._incomplete.keys())
        self._put_aside(int(part.sum()), PART_OF_COMMUNE)
        frame = frame[~part]
        self._refuse_twice(frame, [self.chosen.key, "FILOSOFI_MEASURE"] if long else [self.chosen.key])
        return self._wide(frame) if long else frame

    def _refuse_twice(self, frame: pd.DataFrame, columns: list[str]) -> None:
        """Refuse a commune that stands in two rows: nobody can tell which one is right."""
        keys = list(frame[columns].itertuples(index=False, name=None))
        first: dict[tuple[str, ...], int] = {}
        for line, key in zip(frame["_line"], keys, strict=True):
            if key in first:
                values = {"value": key[0], "other": str(first[key])}
                self.faults.append(Fault("AVS-338", values, self.file, int(line), self.chosen.key))
            first.setdefault(key, int(line))

    def _latest(self, frame: pd.DataFrame, column: str) -> pd.DataFrame:
        """Keep the rows of the last date; the others are counted."""
        self._vintage = max(frame[column], default="")
        keep = frame[column] == self._vintage
        other = f"d'une autre date que {self._vintage}"
        self._put_aside(int((~keep).sum()), (f"ligne {other}", f"lignes {other}"))
        return frame[keep]

    def _measures(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Keep the rows of Filosofi's long file that tell of a commune, a measure read, the last year."""
        frame = frame.rename(columns=str.upper)
        self.chosen.key = "GEO"
        place = frame["GEO_OBJECT"].isin(["COM", "ARM"])
        self._put_aside(int((~place).sum()), _OTHER_PLACE)
        frame = frame[place]
        if "TIME_PERIOD" in frame and len(frame):
            frame = self._latest(frame, "TIME_PERIOD")
        measures = self.chosen.columns or tuple(LONG_MEASURES)
        read = frame["FILOSOFI_MEASURE"].isin(measures)
        self._put_aside(int((~read).sum()), _OTHER_MEASURE)
        self.chosen.unread = sorted(set(frame["FILOSOFI_MEASURE"]) - set(measures))
        return frame[read]

    def _wide(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Turn a row a measure into a row a commune; its *line* is the first of them."""
        frame = frame.drop_duplicates(["GEO", "FILOSOFI_MEASURE"])
        wide = frame.pivot(index="GEO", columns="FILOSOFI_MEASURE", values="OBS_VALUE").fillna(_NO_ROW)
        self.chosen.read = [str(name) for name in wide.columns]
        first = frame.drop_duplicates("GEO").set_index("GEO")[["_today", "_line"]]
        return wide.join(first).reset_index()

    def indicator(
        self, rows: pd.DataFrame, name: str, kinds: dict[str, ColumnKind | None]
    ) -> Indicator | None:
        """Return one column as an indicator; None for a text that is no class."""
        kind = kinds[name] if name in kinds else self.kind(name, rows[name])
        if kind is None:
            self.chosen.unread.append(name)
            return None
        parts = self._parts(rows, name, kind)
        values, state = join_parts(parts, kind.nature, self._weights(rows))
        for code in self._incomplete if self.wanted is None else self._incomplete.keys() & self.wanted:
            values[code], state[code] = None, INCOMPLETE
        for code in self.codes.split if self.wanted is None else self.codes.split & self.wanted:
            values[code], state[code] = None, NOT_COMPUTABLE
        codes = sorted(values if self.wanted is None else self.wanted)
        return _made(self, name, kind, codes, values, state)

    def kind(self, name: str, cells: pd.Series) -> ColumnKind | None:
        """Return what a column means: from the table of formats, else from all that the file holds."""
        if self.chosen.format.name.endswith("long"):
            return ColumnKind("", *LONG_MEASURES.get(name, (name, UNKNOWN, "")))
        if kind := self.chosen.format.kind_of(name):
            return kind
        told = [text for text in dict.fromkeys(cells) if text and not words_of(text)]
        # « 03 » is a code: a number is not written so.
        numbers = [None if text[:1] == "0" and text[1:].isdigit() else parse_number(text) for text in told]
        if told and all(value is None for value in numbers):
            is_class = len(told) <= _MOST_CLASSES or bool(self.chosen.columns)
            return ColumnKind("", name, CLASS) if is_class else None
        if known := next((kind for other in FORMATS if (kind := other.kind_of(name))), None):
            return known  # « MED21 » is a median wherever it stands
        is_rate = "%" in name or bool(set(normalise(name).split()) & _RATE_WORDS)
        whole = bool(told) and all(n is None or (n >= 0 and n.is_integer()) for n in numbers)
        is_asked = name in self.chosen.columns
        is_count = whole and not is_rate and (is_asked or _COUNT_WORDS.search(normalise(name)))
        return ColumnKind("", name, COUNT if is_count else UNKNOWN)

    def _parts(self, rows: pd.DataFrame, name: str, kind: ColumnKind) -> pd.DataFrame:
        """Read the cells of one column: commune of today, value, state."""
        import pandas as pd

        values: list[object] = []
        states: list[str] = []
        for line, text in zip(rows["_line"], rows[name], strict=True):
            state = words_of(text) or (self.chosen.format.empty if not text else KNOWN)
            if text == _NO_ROW:
                state = ABSENT
            elif kind.nature == CLASS and len(text) == 1:
                state = KNOWN  # « C » is a class as well as any other
            value: object = without_controls(text) if kind.nature == CLASS else parse_number(text)
            if state == KNOWN and value is None:
                hint = (
                    "écrivez un nombre, « s » pour une valeur secrète, « nd » si elle n'est pas connue ; ou "
                    "choisissez vos colonnes : --indicators FICHIER=COLONNE,COLONNE"
                )
                said = {"value": text, "expected": "", "hint": hint}
                self.faults.append(Fault("AVS-319", said, self.file, int(line), name))
                state = NOT_AVAILABLE  # read on to the other faults: nothing is made of this file
            values.append(value if state == KNOWN else None)
            states.append(state)
        return pd.DataFrame({"today": rows["_today"].to_numpy(), "value": values, "state": states})

    def _weights(self, rows: pd.DataFrame) -> list[float | None]:
        patterns = [ColumnKind(pattern, "", "") for pattern in self.chosen.format.weights]
        column = next((name for p in patterns for name in rows.columns if p.match(str(name))), "")
        return [parse_number(text) for text in rows[column]] if column else [None] * len(rows)


def _made(
    reading: _Reading,
    name: str,
    kind: ColumnKind,
    codes: list[str],
    values: dict[str, object],
    state: dict[str, str],
) -> Indicator:
    import pandas as pd

    chosen, vintage = reading.chosen.format, vintage_of(name, kind if kind.pattern else None)
    empty = "" if kind.nature == CLASS else float("nan")
    told = [empty if pd.isna(values.get(code)) else values[code] for code in codes]
    return Indicator(
        name,
        kind.label,
        kind.nature,
        kind.unit,
        chosen.source or reading.file,
        reading._vintage or vintage,
        reading.file,
        pd.Series(told, index=codes, dtype=object if kind.nature == CLASS else float),
        pd.Series([state.get(code, ABSENT) for code in codes], index=codes, dtype=object),
    )
