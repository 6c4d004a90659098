"""Read layers with GDAL, Parquet with Arrow, and .xls in a process that its parent bounds (``geo_process``).

Run as a script, which imports nothing of the package. It reads one request a line on its standard input, each
a JSON object, and answers each with one line; what is read goes to a file in Arrow's format, never by pickle.
"""

from __future__ import annotations

import errno
import importlib.util
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

_NEVER_IMPORTED = ("geopandas", "pandas", "pyproj", "shapely")
"""Pyogrio imports them where they are there, for what is not done here: half a second."""
_PIECE_ROWS = 10_000
_MOST_LAYERS = 300


class _Left:
    """Says of what is never imported that it is not there."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> None:
        """Raise ModuleNotFoundError, or leave it to the next."""
        if name.partition(".")[0] in _NEVER_IMPORTED:
            raise ModuleNotFoundError(name=name)


def describe(request: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the name, kind of geometry and columns of each layer."""
    import pyogrio
    from pyogrio.raw import read

    found = []
    layers = list(pyogrio.list_layers(request["source"]))
    if len(layers) > _MOST_LAYERS:
        raise MemoryError
    for name, kind in layers:
        meta = read(request["source"], layer=name, max_features=1, **_encoding(request))[0]
        found.append(
            {"name": str(name), "kind": str(kind or ""), "columns": [str(n) for n in meta["fields"]]}
        )
    return found


def read_layer(request: dict[str, Any]) -> dict[str, Any]:
    """Write some columns of a layer, and its geometries as WKB, to a file; return its projection."""
    import pyarrow as pa
    from pyogrio.raw import read

    with_geometry = request["geometry"]
    meta, _, geometry, data = read(
        request["source"],
        layer=request["layer"],
        columns=request["columns"],
        where=request["where"],
        read_geometry=with_geometry,
        **_encoding(request),
    )
    names = [str(name) for name in meta["fields"]]
    arrays = [_array(values) for values in data]
    has_geometry = with_geometry and geometry is not None
    if has_geometry:
        arrays.append(pa.array(geometry, pa.large_binary(), from_pandas=True))
    table = pa.table(arrays, names=[f"{rank}" for rank in range(len(arrays))])
    with pa.OSFile(request["target"], "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table, _PIECE_ROWS)
    subtypes = meta.get("ogr_subtypes")
    subtypes = [""] * len(names) if subtypes is None else subtypes
    json_columns = [name for name, subtype in zip(names, subtypes, strict=True) if subtype == "OFSTJSON"]
    return {"columns": names, "geometry": has_geometry, "crs": meta["crs"], "json": json_columns}


def rewrite(request: dict[str, Any]) -> int:
    """Write columns of a Parquet file to another, every value in full; return the rows.

    What stands there once for many rows, in a dictionary or a view, would fill the memory of its reader.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = taken = 0
    with pq.ParquetFile(request["source"]) as file:
        wanted = [file.schema_arrow.field(name) for name in request["columns"]]
        kept = {b"geo": (file.schema_arrow.metadata or {}).get(b"geo", b"")}
        schema = pa.schema([pa.field(field.name, _in_full(field.type)) for field in wanted], metadata=kept)
        with pq.ParquetWriter(request["target"], schema, use_dictionary=False, compression="none") as writer:
            for batch in file.iter_batches(
                batch_size=_PIECE_ROWS, columns=request["columns"], use_threads=False
            ):
                whole = pa.Table.from_batches([batch]).select(request["columns"]).cast(schema)
                whole.validate(full=True)  # a text may not be one
                rows, taken = rows + whole.num_rows, taken + whole.nbytes
                if taken > request["written_bytes"]:
                    raise MemoryError
                writer.write_table(whole)
    return rows


def _in_full(kind: Any) -> Any:  # noqa: ANN401 - types of Arrow
    """Return the type of the same values that has neither dictionary nor view."""
    import pyarrow as pa

    types = pa.types
    whole = kind
    if isinstance(kind, pa.BaseExtensionType):
        whole = _in_full(kind.storage_type)
    elif types.is_dictionary(kind) or types.is_run_end_encoded(kind):
        whole = _in_full(kind.value_type)
    elif types.is_string(kind) or types.is_string_view(kind):
        whole = pa.large_string()
    elif types.is_binary(kind) or types.is_binary_view(kind):
        whole = pa.large_binary()
    elif types.is_struct(kind):
        whole = pa.struct([pa.field(one.name, _in_full(one.type)) for one in kind])
    elif types.is_fixed_size_list(kind):
        whole = pa.list_(_in_full(kind.value_type), kind.list_size)
    elif types.is_list(kind) or types.is_large_list(kind):
        whole = pa.large_list(_in_full(kind.value_type))
    return whole


def read_xls(request: dict[str, Any]) -> list[tuple[str, int]]:
    """Write the rows of an old workbook to a file, each a list in JSON; return each sheet and its rows.

    A loop of its sectors, a cell far away or a text that stands there a thousand times takes what it may.
    """
    from python_calamine import CalamineWorkbook

    found, cells = [], 0
    source, target = Path(request["source"]), Path(request["target"])
    with source.open("rb") as content, target.open("w", encoding="ascii") as file:
        workbook = CalamineWorkbook.from_filelike(content)
        for name in workbook.sheet_names:
            sheet, rows = workbook.get_sheet_by_name(name), 0
            if sheet.end is not None:
                cells += (sheet.end[0] + 1) * (sheet.end[1] + 1)
                if cells > request["most_cells"]:
                    raise MemoryError
                for rows, row in enumerate(sheet.iter_rows(), 1):  # noqa: B007
                    file.write(json.dumps(row, default=_moment) + "\n")
            found.append((name, rows))
    return found


def _moment(value: object) -> str:
    """Write a date, a moment or a duration: a date without a time as such."""
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, date) else str(value)


def _encoding(request: dict[str, Any]) -> dict[str, str]:
    return {"encoding": request["encoding"]} if request["encoding"] else {}


def _array(values: Any) -> Any:  # noqa: ANN401 - numpy in, Arrow out
    import pyarrow as pa

    try:
        return pa.array(values, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError):  # values of several types
        return pa.array([None if value is None else str(value) for value in values])


def bound(request: dict[str, Any]) -> None:
    """Bound what one request may take from now on, where the system can: CPU, memory, what it writes."""
    try:
        import resource
    except ImportError:  # Windows: the parent bounds the time
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    limits = [
        (resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime) + 1 + request["cpu_s"]),
        (resource.RLIMIT_FSIZE, request["written_bytes"]),
        (resource.RLIMIT_CORE, 0),
    ]
    statm = Path("/proc/self/statm")
    if statm.exists():
        pages = int(statm.read_text().split()[0])
        limits.append((resource.RLIMIT_AS, pages * resource.getpagesize() + request["memory_bytes"]))
    for kind, most in limits:
        hard = resource.getrlimit(kind)[1]
        allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (allowed, hard))


def drivers() -> list[str]:
    """Return the drivers of GDAL that are on."""
    import pyogrio

    return sorted(pyogrio.list_drivers())


def shapes(request: dict[str, Any]) -> Any:  # noqa: ANN401 - what the action gives
    """Do what a request asks of shapes: see ``geo_shapes``, which is loaded the first time."""
    if _Left in sys.meta_path:
        sys.meta_path.remove(_Left)  # Shapely is imported here; pyogrio is, and went without
    name = "geo_shapes"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
        assert spec is not None  # noqa: S101 - the name is that of a source file
        assert spec.loader is not None  # noqa: S101
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name].ACTIONS[request["act"]](request)


ACTIONS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "describe": describe, "read": read_layer, "rewrite": rewrite, "shapes": shapes, "xls": read_xls,
}  # fmt: skip


def answers(lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    """Yield what GDAL was loaded with, then the answer to each request."""
    yield {"done": drivers()}
    for line in lines:
        request = json.loads(line)
        try:
            bound(request)
            yield {"done": ACTIONS[request["do"]](request)}
        except MemoryError:
            yield {"failed": "memory"}
        except OSError as error:
            yield {"failed": "memory" if error.errno == errno.EFBIG else type(error).__name__}
        except Exception as error:  # the parent says in French that the file cannot be read
            yield {"failed": "memory" if "alloc" in str(error) else type(error).__name__}


def main() -> None:
    """Answer until the parent closes its end."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # at once, even within GDAL
    sys.meta_path.insert(0, _Left)
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as out:
        os.dup2(2, 1)  # what a library prints is no answer
        for answer in answers(iter(sys.stdin.readline, "")):
            out.write(json.dumps(answer) + "\n")
            out.flush()


if __name__ == "__main__":
    main()
