"""Read the INSEE's Base permanente des équipements (2024 and 2025): D506 and D508 are kept."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from avs_coverage.errors import InputError
from avs_coverage.faults import Fault
from avs_coverage.growth import members_of
from avs_coverage.loaders.parquet_file import bounded_batches, opened_parquet
from avs_coverage.loaders.table_file import (
    DAMAGED_ARCHIVE,
    MOST_STRUCTURES,
    Row,
    first_bytes,
    place_of,
    too_many_structures,
)
from avs_coverage.loaders.table_frame import refuse_twice
from avs_coverage.messages import counted

FORMAT = "Base permanente des équipements (INSEE)"
TYPES = {"D506": "CS", "D508": "EVS"}
RANDOM_POSITION = "33"
"""``QUALITE_GEOLOC`` of a point drawn at random in its commune: no distance can rest on it."""

_READ = (
    "NOMRS", "CNOMRS", "TYPEQU", "DEPCOM", "LONGITUDE", "LATITUDE", "QUALITE_GEOLOC", "AN",
)  # fmt: skip
COLUMNS = {
    "nom": "NOMRS", "type": "TYPEQU", "code_insee": "DEPCOM", "longitude": "LONGITUDE",
    "latitude": "LATITUDE", "source": "AN",
}  # fmt: skip
_NO_VALUE = {"_Z", "_U", ""}
_HEADERS = ("nom", "type", "code_insee", "longitude", "latitude", "source")


def matches(rows: list[Row]) -> bool:
    """Tell whether the first row bears the columns by which the BPE is known."""
    return bool(rows) and is_header(rows[0].cells)


def is_header(names: Iterable[str]) -> bool:
    """Tell the BPE by its types and communes and a third column that nobody else would write."""
    known = [name.strip().strip('"').upper() for name in names]
    signs = {"QUALITE_GEOLOC", "QUALITE_XY", "LAMBERT_X", "NOMRS"} & set(known)
    return known.count("TYPEQU") == 1 and known.count("DEPCOM") == 1 and bool(signs)


def recognises(path: Path) -> bool:
    """Tell whether a file is the BPE as CSV or Parquet, from its first bytes alone."""
    start = first_bytes(path)
    if start.startswith(b"PAR1"):
        import pyarrow.parquet as pq

        try:
            return is_header(pq.read_schema(place_of(path)).names)
        except (OSError, ValueError):
            return False
    if start.startswith(b"PK"):
        try:
            with _csv_of(path) as file:
                start = file.read(8192) if file else b""
        except DAMAGED_ARCHIVE:
            return False
    return is_header(_header(start)[0])


@contextmanager
def _csv_of(path: Path) -> Iterator[IO[bytes] | None]:
    """Yield the largest CSV of a zip, as INSEE ships it, or the file itself; None where the zip has none."""
    if not first_bytes(path).startswith(b"PK"):
        with place_of(path).open("rb") as file:
            yield file
        return
    with zipfile.ZipFile(place_of(path)) as archive:
        members = [m for m in members_of(archive, path) if m.filename.lower().endswith(".csv")]
        if not members:
            yield None
            return
        with archive.open(max(members, key=lambda member: member.file_size)) as file:
            yield file


def _header(start: bytes) -> tuple[list[str], str]:
    """Return the headers of a CSV and its separator."""
    line = start.split(b"\n", 1)[0].decode("utf-8-sig", "replace").strip()
    delimiter = max(";,\t", key=line.count)
    return [name.strip('"') for name in line.split(delimiter)], delimiter


def read_bpe(path: Path) -> tuple[list[Row], list[Fault]]:
    """Return the rows of the two types under the BPE's own headers, and the other rows, counted.

    The file is read in batches, never whole: 1.5 GB of CSV pass in a few hundred MB. A line
    is that of the file where no cell holds a line break, as in the published editions.
    """
    try:
        return _read_bpe(path, "utf8")
    except UnicodeError:
        return _read_bpe(path, "cp1252")


def _read_bpe(path: Path, encoding: str) -> tuple[list[Row], list[Fault]]:
    rows = [Row(1, _READ)]
    line, others = 2, 0
    for batch in _checked(path, encoding):
        columns: dict[str, Any] = {name.upper(): batch.column(name) for name in batch.schema.names}
        kept = [i for i, value in enumerate(columns["TYPEQU"].to_pylist()) if value in TYPES]
        others += batch.num_rows - len(kept)
        for i in kept:
            cells = [columns[name][i].as_py() if name in columns else "" for name in _READ]
            rows.append(Row(line + i, tuple("" if cell is None else str(cell).strip() for cell in cells)))
        if len(rows) > MOST_STRUCTURES:
            raise too_many_structures(path)
        line += batch.num_rows
    return rows, _others(path.name, others)


def _others(file: str, count: int) -> list[Fault]:
    words = ("équipement d'un autre type", "équipements d'un autre type")
    reason = f"{counted(count, *words)} que D506 et D508"
    return [Fault("AVS-907", {"value": reason}, file, rows=count)] if count else []


def _checked(path: Path, encoding: str) -> Any:  # noqa: ANN401 - an iterator of pyarrow.RecordBatch
    import pyarrow as pa

    try:
        yield from _batches(path, encoding)
    except (pa.ArrowException, *DAMAGED_ARCHIVE) as error:
        if "UTF8" in str(error) and encoding == "utf8":
            raise UnicodeError from error
        reason = (
            "BPE illisible : fichier abîmé, ou ligne dont le nombre de cellules n'est pas celui des en-têtes"
        )
        raise InputError(Fault("AVS-302", {"reason": reason}, path.name)) from error


def _batches(path: Path, encoding: str) -> Any:  # noqa: ANN401 - an iterator of pyarrow.RecordBatch
    import pyarrow as pa
    import pyarrow.csv as pacsv

    start = first_bytes(path)
    if start.startswith(b"PAR1"):
        with opened_parquet(path) as parquet:
            names = [name for name in parquet.schema_arrow.names if name.upper() in _READ]
            _refuse_twice(path.name, names)
            yield from bounded_batches(path.name, parquet, names)
        return
    with _csv_of(path) as file:
        names, delimiter = _header(file.read(8192) if file else b"")
    wanted = [name for name in names if name.upper() in _READ]
    _refuse_twice(path.name, wanted)
    with (
        _csv_of(path) as file,
        pacsv.open_csv(
            file,
            read_options=pacsv.ReadOptions(block_size=1 << 20, use_threads=False, encoding=encoding),
            parse_options=pacsv.ParseOptions(delimiter=delimiter),
            convert_options=pacsv.ConvertOptions(
                include_columns=wanted,
                column_types=dict.fromkeys(wanted, pa.string()),
                strings_can_be_null=False,
            ),
        ) as reader,
    ):
        yield from reader


def _refuse_twice(file: str, names: Iterable[str]) -> None:
    """Refuse a column of the BPE that stands there twice (AVS-305), under capitals or not."""
    refuse_twice(file, [name.upper() for name in names], _READ, 1)


def adapt(rows: list[Row], file: str) -> tuple[list[Row], list[Fault], list[Fault]]:
    """Return the two types in the tool's own columns, the other rows counted, and warnings.

    The BPE tells where a structure is, not what it serves nor since when. A point drawn at
    random in the commune (quality 33) is left out: the seat's chef-lieu stands for it.
    """
    names = [cell.upper() for cell in rows[0].cells]
    _refuse_twice(file, names)
    position = {name: names.index(name) for name in _READ if name in names}
    adapted, others, random_points = [Row(rows[0].line, _HEADERS)], 0, 0
    kinds: set[str] = set()
    for row in rows[1:]:
        cells = {name: row.cells[i] for name, i in position.items() if i < len(row.cells)}
        known = {name: "" if value in _NO_VALUE else value for name, value in cells.items()}
        if known.get("TYPEQU") not in TYPES:
            others += 1
            continue
        is_random = known.get("QUALITE_GEOLOC") == RANDOM_POSITION
        random_points += is_random
        point = ("", "") if is_random else (known.get("LONGITUDE", ""), known.get("LATITUDE", ""))
        name = known.get("NOMRS") or known.get("CNOMRS") or f"{TYPES[known['TYPEQU']]} sans nom"
        source = f"BPE {known.get('AN', '')}".strip() + " (INSEE)"
        kind, commune = TYPES[known["TYPEQU"]], known.get("DEPCOM", "")
        kinds.add(kind)
        adapted.append(Row(row.line, (name, kind, commune, *point, source)))
    warnings = [Fault("AVS-910", {}, file)]
    if kinds == {"CS"}:
        warnings.append(Fault("AVS-941", {}, file))
    if random_points:
        value = counted(random_points, "structure est placée", "structures sont placées")
        warnings.append(Fault("AVS-911", {"value": value}, file))
    return adapted, _others(file, others), warnings
