"""Have GDAL read what is received in a process of its own, bounded in time, memory and what it can reach.

Of GDAL's drivers only three are on there, none of its ways to the network, and no option of the user's
environment reaches it. It lives as long as the intake, and dies with it, on Ctrl-C too.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from threading import Timer
from typing import Any

from avs_coverage.errors import OutputError
from avs_coverage.intake import Intake

DRIVERS = frozenset({"GeoJSON", "GPKG", "ESRI Shapefile"})
_OTHER_DRIVERS = (
    "ADBC", "AIVector", "ARCGEN", "AVCBin", "AVCE00", "AeronavFAA", "AmigoCloud", "Arrow", "BAG", "BNA",
    "CAD", "CSV", "CSW", "Carto", "Cloudant", "CouchDB", "DGN", "DWG", "DXF", "EDIGEO", "EEDA", "ESRIJSON",
    "Elasticsearch", "FITS", "FileGDB", "FlatGeobuf", "GDALG", "GML", "GMLAS", "GMT", "GPSBabel", "GPX",
    "GTFS", "GeoJSONSeq", "GeoPackage", "GeoRSS", "Geoconcept", "HANA", "HDF5", "HTTP", "IDB", "Idrisi",
    "Interlis 1", "Interlis 2", "JML", "JP2ECW", "JP2KAK", "JP2OpenJPEG", "JPEGXL", "JSONFG", "KML",
    "LIBKML", "LVBAG", "MBTiles", "MEM", "MSSQLSpatial", "MVT", "MapInfo File", "MapML", "Memory",
    "MiraMonVector", "MongoDBv3", "MySQL", "NAS", "NGW", "OAPIF", "OCI", "ODBC", "ODS", "OGCAPI",
    "OGR_GMT", "OGR_OGDI", "OGR_PDS", "OGR_SDTS", "OGR_VRT", "OSM", "OpenAir", "OpenFileGDB", "PCIDSK",
    "PDF", "PDS4", "PGDUMP", "PGeo", "PLSCENES", "PMTiles", "Parquet", "PostgreSQL", "REC", "S57",
    "SEGUKOOA", "SEGY", "SOSI", "SQLite", "STACIT", "STACTA", "SUA", "SVG", "SXF", "Selafin", "TIGER",
    "TileDB", "TopoJSON", "UK .NTF", "VDV", "VFK", "VICAR", "VRT", "WAsP", "WFS", "Walk", "XLS", "XLSX",
    "XODR", "XPlane", "netCDF",
)  # fmt: skip
"""Those of the versions of GDAL from 2 to 3.12; whichever is still on is added when the process tells it."""

_FORGOTTEN = (
    "GDAL", "OGR", "CPL", "VSI", "AWS", "GS_", "AZURE", "OSS", "SWIFT", "CURL", "PROJ", "SQLITE",
    "SPATIALITE", "PYTHON", "HTTP", "ALL_PROXY", "NO_PROXY", "FTP_PROXY", "ARROW",
)  # fmt: skip
_KEPT = ("GDAL_DATA", "PROJ_DATA", "PROJ_LIB", "PYTHONHOME")
_NOWHERE = "127.0.0.1:1"
_SETTINGS = {
    "GDAL_DRIVER_PATH": "disable",
    "GDAL_VRT_ENABLE_PYTHON": "NO",
    "GDAL_PAM_ENABLED": "NO",
    "GDAL_NUM_THREADS": "1",
    "GDAL_CACHEMAX": "64",
    # No /vsi that asks a server opens any other name; and what asks without /vsi asks a proxy that is not.
    "CPL_VSIL_CURL_ALLOWED_FILENAME": "/vsicurl/none",
    "GDAL_HTTP_PROXY": _NOWHERE,
    "GDAL_HTTPS_PROXY": _NOWHERE,
    "GDAL_HTTP_CONNECTTIMEOUT": "1",
    "GDAL_HTTP_MAX_RETRY": "0",
    "CPL_CURL_GZIP": "NO",
    "PROJ_NETWORK": "OFF",
    "OGR_SQLITE_PRAGMA": "trusted_schema=OFF",
    "SHAPE_RESTORE_SHX": "NO",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "1",
}
_START_S = 120.0
_CPU_S, _CPU_S_PER_MB = 4, 0.5
_SHAPES_CPU_S, _SHAPES_CPU_S_PER_MB = 2, 2
"""To unite the communes of France that overlap takes 0.4 s/MB of WKB."""
_WALL_S_PER_CPU_S = 12
"""A machine under load may give a process a tenth of its time."""
_MEMORY_BYTES, _MEMORY_BYTES_PER_BYTE = 300_000_000, 12
_WRITTEN_BYTES, _WRITTEN_BYTES_PER_BYTE = 100_000_000, 20


_DAMAGED = "fichier géographique abîmé ou incomplet"
_NO_PROCESS = "GDAL, qui lit ces fichiers, n'a pu être lancé dans un processus à part"


class ReadingFailedError(Exception):
    """The file could not be read; *reason* says why, in French."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ExhaustedError(ReadingFailedError):
    """Reading the file would have taken more time, memory or disk than its size allows."""

    def __init__(self) -> None:
        super().__init__("sa lecture demande trop de temps ou de mémoire pour sa taille")


class GeoProcess:
    """The process, started when this is made: its import of GDAL goes on meanwhile."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._skipped = ",".join(_OTHER_DRIVERS)
        self._checked = False
        self._process = self._start()

    def ask(self, action: str, source: Path, driver: str = "", **request: Any) -> Any:  # noqa: ANN401 - what the action gives
        """Return what the process answers of a file; raises ReadingFailedError."""
        self._check_drivers()
        size = source.stat().st_size
        least_s, per_mb_s = (
            (_SHAPES_CPU_S, _SHAPES_CPU_S_PER_MB) if action == "shapes" else (_CPU_S, _CPU_S_PER_MB)
        )
        cpu_s = int(least_s + per_mb_s * size / 1e6)
        bounds = {
            "cpu_s": cpu_s,
            "memory_bytes": _MEMORY_BYTES + _MEMORY_BYTES_PER_BYTE * size,
            "written_bytes": _WRITTEN_BYTES + _WRITTEN_BYTES_PER_BYTE * size,
        }
        whole = {"do": action, "source": f"{driver}{source}", "encoding": "", **request, **bounds}
        answer = self._answer(json.dumps(whole), cpu_s * _WALL_S_PER_CPU_S)
        if answer is None:
            self._restart()
            raise ExhaustedError
        if "failed" in answer:
            raise ExhaustedError if answer["failed"] == "memory" else ReadingFailedError(_DAMAGED)
        return answer["done"]

    def close(self) -> None:
        """End the process at once."""
        self._process.kill()
        with suppress(OSError), self._process:  # what it was not told cannot be written any more
            pass

    def _check_drivers(self) -> None:
        """Start again without the drivers that are on and should not be: those of a GDAL not known here."""
        while not self._checked:
            answer = self._answer("", _START_S)
            if answer is None:
                raise ReadingFailedError(_NO_PROCESS)
            others = set(answer["done"]) - DRIVERS
            if not others:
                self._checked = True
            elif others & set(self._skipped.split(",")):
                raise ReadingFailedError(_NO_PROCESS)  # it keeps drivers that it was told to leave
            else:
                self._skipped = ",".join([self._skipped, *sorted(others)])
                self._restart()

    def _restart(self) -> None:
        self.close()
        self._checked = False
        self._process = self._start()

    def _start(self) -> subprocess.Popen[str]:
        folder = self._intake.folder()
        kept = {
            name: value
            for name, value in os.environ.items()
            if name in _KEPT or not name.upper().startswith(_FORGOTTEN)
        }
        environment = {
            **kept,
            **_SETTINGS,
            "GDAL_SKIP": self._skipped,
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            "TMPDIR": str(folder),
            "TEMP": str(folder),
            "TMP": str(folder),
        }
        return subprocess.Popen(  # noqa: S603 - this Python, and a file of this package
            [sys.executable, "-P", "-B", "-X", "utf8", str(Path(__file__).with_name("geo_worker.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            env=environment,
            encoding="utf-8",
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )

    def _answer(self, line: str, wall_s: float) -> dict[str, Any] | None:
        """Return the next answer, to *line* if there is one; None where the process died or was too long."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None  # noqa: S101 - both are pipes
        assert stdout is not None  # noqa: S101
        timer = Timer(wall_s, self._process.kill)
        timer.daemon = True
        timer.start()
        try:
            if line:
                stdin.write(line + "\n")
                stdin.flush()
            answer = stdout.readline()
        except OSError:  # it is dead
            return None
        finally:
            timer.cancel()
        return json.loads(answer) if answer.endswith("\n") else None


def geo_process(intake: Intake) -> GeoProcess:
    """Return the process of a scope, started when first asked for; raises ReadingFailedError."""
    try:
        return intake.resource("gdal", lambda: GeoProcess(intake), GeoProcess.close)
    except OutputError:  # the disk of the copies
        raise
    except OSError as error:
        raise ReadingFailedError(_NO_PROCESS) from error
