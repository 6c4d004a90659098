"""Measure the loading of a made file like the national BPE (CSV of about 1 GB): time and memory.

    python benchmarks/bpe.py [MILLIONS OF ROWS]

The rival is one pass of pyarrow over the same three columns, in the same minute. Prints what
it measured, whether the bound of 500 MB is met or not.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BOUND_MB = 500
_RIVAL = """
import sys, pyarrow.csv as c
o = c.ConvertOptions(include_columns=['TYPEQU', 'DEPCOM', 'NOMRS'])
for batch in c.open_csv(sys.argv[1], parse_options=c.ParseOptions(delimiter=';'), convert_options=o): pass
"""


def write(path: Path, rows: int) -> None:
    """Write a made BPE: 70 columns, one row in 1,200 a CS, one in 1,700 an EVS."""
    fillers = [f"C{i}" for i in range(60)]
    names = ["AN", "NOMRS", "CNOMRS", "DEPCOM", "TYPEQU", *fillers, "LONGITUDE", "LATITUDE", "QUALITE_GEOLOC"]
    filler = ";".join('"_Z"' for _ in fillers)
    with path.open("w", encoding="utf-8") as file:
        file.write(";".join(f'"{name}"' for name in names) + "\n")
        for i in range(rows):
            kind = "D506" if i % 1200 == 0 else "D508" if i % 1700 == 0 else "B203"
            file.write(f'"2025";"EQUIPEMENT {i}";"";"03185";"{kind}";{filler};"2.6035";"46.3403";"11"\n')


def run(command: list[str]) -> tuple[float, float]:
    """Return wall seconds and peak memory (MB) of one process."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{command} ended with status {status}")
    return time.perf_counter() - start, usage.ru_maxrss / 1024


def main() -> None:
    """Make the file, load it, throw it away."""
    rows = int(float(sys.argv[1]) * 1e6) if len(sys.argv) > 1 else 3_000_000
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bpe.csv"
        write(path, rows)
        ours = run([sys.executable, "-m", "avs_coverage", "report", "allier", "--structures", str(path)])
        rival = run([sys.executable, "-c", _RIVAL, str(path)])
        size = path.stat().st_size / 1e9
    print(
        f"{rows} rows, {size:.2f} GB: {ours[0]:.1f} s, {ours[1]:.0f} MB (bound {BOUND_MB}); "
        f"pyarrow alone: {rival[0]:.1f} s, {rival[1]:.0f} MB; ratio {ours[0] / rival[0]:.2f}"
    )


if __name__ == "__main__":
    main()
