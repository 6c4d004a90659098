"""Open a Parquet of unknown origin: neither its pages nor its repeated texts may fill the memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import IO, Any

from avs_coverage.errors import InputError, OutputError
from avs_coverage.faults import Fault
from avs_coverage.growth import excess, swollen
from avs_coverage.loaders.table_file import place_of
from avs_coverage.messages import number

_SMALL_ROWS = 5_000_000
_MOST_PAGE_BYTES = 100_000_000
_MOST_TEXT_BYTES = 200_000_000
_HEADER_BYTES = 1 << 14
_MOST_PAGES = 200_000
_BATCH_ROWS = 65_536
_STOP, _STRUCT, _BINARY, _DOUBLE, _BYTE = 0, 12, 8, 7, 3
_FLAGS, _NUMBERS, _LISTS = (1, 2), (4, 5, 6), (9, 10)
_LONG_LIST, _MORE, _MOST_BITS, _DEEPEST = 15, 0x80, 70, 8


@contextmanager
def opened_parquet(path: Path) -> Iterator[Any]:
    """Yield a ``pyarrow.parquet.ParquetFile``, its texts to be read as dictionaries.

    Raises InputError: AVS-302 damaged; AVS-310 where its pages announce more than they may, or its rows
    are more than one a byte. What is raised while it is read is turned into AVS-302 too: a date of the
    year 30,000 or an unknown time zone is found only where it becomes a value of Python.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        metadata = pq.read_metadata(place_of(path))
        _refuse_growth(path, metadata)
        texts = [
            metadata.schema.column(rank).path
            for rank in range(metadata.num_columns)
            if metadata.schema.column(rank).physical_type == "BYTE_ARRAY"
        ]
        with pq.ParquetFile(place_of(path), read_dictionary=texts) as file:
            yield file
    except (InputError, OutputError):
        raise
    except MemoryError as error:
        raise swollen(path.name, "ses valeurs ne tiennent pas dans la mémoire") from error
    except (pa.ArrowException, OSError, ValueError, OverflowError, NotImplementedError) as error:
        reason = "fichier Parquet abîmé, ou dont une valeur est impossible"
        raise InputError(Fault("AVS-302", {"reason": reason}, path.name)) from error


def bounded_batches(
    name: str,
    file: Any,  # noqa: ANN401 - a ParquetFile
    columns: Sequence[str],
    rows: int = _BATCH_ROWS,
) -> Iterator[Any]:
    """Yield columns of a Parquet in batches; raises InputError (AVS-310) where texts repeated fill one."""
    for batch in file.iter_batches(batch_size=rows, columns=list(columns)):
        if sum(map(_text_bytes, batch.columns)) > _MOST_TEXT_BYTES:
            raise swollen(name, f"plus de {number(_MOST_TEXT_BYTES // 1_000_000)} Mo de texte répété")
        batch.validate(full=True)  # texts that are no UTF-8
        yield batch


def _text_bytes(array: Any) -> int:  # noqa: ANN401 - a pyarrow.Array
    """Return the bytes of the texts of an array, each as often as it stands there."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(array.type):
        lengths = pc.binary_length(array.dictionary.cast(pa.large_binary())).cast(pa.int64())
        return int(pc.sum(lengths.take(array.indices)).as_py() or 0)
    if pa.types.is_struct(array.type):
        return sum(map(_text_bytes, array.flatten()))
    if pa.types.is_nested(array.type):
        return _text_bytes(array.values)
    return 0


def _refuse_growth(path: Path, metadata: Any) -> None:  # noqa: ANN401 - a FileMetaData
    place = place_of(path)
    packed = place.stat().st_size
    if metadata.num_rows > max(_SMALL_ROWS, packed):
        raise swollen(path.name, f"{number(metadata.num_rows)} lignes")
    groups = map(metadata.row_group, range(metadata.num_row_groups))
    chunks = (group.column(rank) for group in groups for rank in range(metadata.num_columns))
    try:
        with place.open("rb") as raw:
            pages = (size for chunk in chunks for size in _page_sizes(raw, chunk, packed))
            sizes = list(islice(pages, _MOST_PAGES + 1))
    except (ValueError, IndexError) as error:
        raise OSError("damaged page") from error
    reason = excess(packed, sizes)
    if len(sizes) > _MOST_PAGES:
        reason = f"plus de {number(_MOST_PAGES)} pages"
    if max(sizes, default=0) > _MOST_PAGE_BYTES:
        reason = f"une page de {number(max(sizes))} octets"
    if reason:
        raise swollen(path.name, reason)


def _page_sizes(raw: IO[bytes], chunk: Any, packed: int) -> Iterator[int]:  # noqa: ANN401
    """Yield what each page of a column announces: the footer may say less than the pages themselves."""
    place = chunk.data_page_offset
    if chunk.has_dictionary_page:
        place = min(place, chunk.dictionary_page_offset)
    end = min(place + chunk.total_compressed_size, packed)
    while 0 <= place < end:
        raw.seek(place)
        header = BytesIO(raw.read(_HEADER_BYTES))
        fields = _struct(header)
        size, kept = fields.get(2, 0), fields.get(3, 0)
        if size < 0 or kept < 0:
            raise ValueError("negative page")
        yield size
        place += header.tell() + kept


def _struct(file: IO[bytes], depth: int = 0) -> dict[int, int]:
    """Return the whole numbers of a structure of Thrift's compact protocol, by field; skip all others.

    Raises ValueError or IndexError where it is damaged.
    """
    if depth > _DEEPEST:
        raise ValueError("nested too deep")
    found: dict[int, int] = {}
    field = 0
    while (head := file.read(1)[0]) & 0x0F != _STOP:
        step, kind = head >> 4, head & 0x0F
        field = field + step if step else _whole(file)
        if kind in _FLAGS:  # a boolean is its own kind
            continue
        if kind in _NUMBERS:
            found[field] = _whole(file)
        else:
            _skip(file, kind, depth)
    return found


def _skip(file: IO[bytes], kind: int, depth: int) -> None:
    """Skip a value that is not a whole number."""
    if kind == _BINARY:
        file.seek(_varint(file), 1)
    elif kind == _STRUCT:
        _struct(file, depth + 1)
    elif kind in (_BYTE, _DOUBLE):
        file.seek(1 if kind == _BYTE else 8, 1)
    elif kind in _LISTS:
        head = file.read(1)[0]
        for _ in range(_varint(file) if head >> 4 == _LONG_LIST else head >> 4):
            _value(file, head & 0x0F, depth)
    else:
        raise ValueError(kind)


def _value(file: IO[bytes], kind: int, depth: int) -> None:
    if kind in _FLAGS:
        file.read(1)[0]
    elif kind in _NUMBERS:
        _varint(file)
    else:
        _skip(file, kind, depth)


def _varint(file: IO[bytes]) -> int:
    value = shift = 0
    while True:
        byte = file.read(1)[0]
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < _MORE:
            return value
        if shift > _MOST_BITS:
            raise ValueError("number too long")


def _whole(file: IO[bytes]) -> int:
    value = _varint(file)
    return (value >> 1) ^ -(value & 1)
