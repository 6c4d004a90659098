"""Measure zones blanches on all of France against geopandas, in turn in one run.

    python -m benchmarks.zones [STRUCTURES]

1. The groups of uncovered communes, from a mask of them to a number each: ours, ``gaps.connected`` on the
   embedded table of neighbours, which is read from its file each time. Against pandas + scipy's
   ``connected_components`` on the same table, read each time too (bound: at least as fast); and against
   geopandas' ``dissolve(method="coverage")`` + ``explode`` of the same communes' boundaries, already read
   (bound: 5 times faster). Without a bound: ``dissolve`` by its default method, the rival from its files to
   the communes of each piece, and the whole ``gaps.zones`` (names, nearest structure, quarters). Where
   geopandas does not find the same groups, it says where and why.
2. Peak memory: of ours and of the rival, each in a process of its own; of the whole ``report france``
   (bound: 500 MB).

Ratios are of the medians of CPU. Ends with 1 where a bound is not kept. scipy comes with the extra ``test``.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from avs_coverage import embedded
from avs_coverage.coverage import Coverage
from avs_coverage.gaps import connected, zones
from avs_coverage.inventory import Inventory, Structure
from avs_coverage.projection import epsg_of
from avs_coverage.rules import get_rule
from avs_coverage.territory import Territory
from benchmarks.measure import Bounds, called, in_turn

ROUNDS = 5
SPEED_BOUND, MEMORY_BOUND_MB = 5, 500
Groups = list[frozenset[str]]
Mask = np.ndarray[Any, Any]


def made_structures(count: int, territory: Territory) -> Inventory:
    """Return structures drawn by inhabitants, that serve their seat and its neighbours, all known."""
    chance = np.random.default_rng(1)
    communes = territory.communes
    weights = communes["population"].to_numpy(float)
    seats = chance.choice(len(communes), count, p=weights / weights.sum())
    around: dict[str, list[str]] = {}
    for code, other in territory.neighbours[["code", "voisin"]].itertuples(index=False):
        around.setdefault(code, []).append(other)
    made = []
    for rank, seat in enumerate(communes.iloc[seats].itertuples()):
        served = (seat.Index, *around.get(seat.Index, []))
        kind = "EVS" if rank % 3 else "CS"
        one = Structure(f"{kind}-{rank}", "Structure fictive", kind, seat=seat.Index, area="complete")
        place = {"x_m": float(seat.x_m), "y_m": float(seat.y_m)}
        made.append(replace(one, communes=served, communes_epci=("",) * len(served), **place))
    departements = frozenset(communes["departement"])
    return Inventory(tuple(made), departements, "Données fictives", "Données fictives")


def made_coverage(count: int) -> Coverage:
    """Return the coverage of France by the made structures."""
    france = Territory.find("france")
    return Coverage.compute(france, made_structures(count, france), get_rule("declared"), date(2026, 1, 1))


def uncovered(coverage: Coverage) -> list[str]:
    """Return the communes that nothing covers."""
    return list(coverage.territory.communes.index[coverage.known & ~coverage.covered("AVS", "any")])


def labels(coverage: Coverage, mask: Mask) -> np.ndarray[Any, Any]:
    """Return the number of the group of each commune by the table of neighbours, read anew."""
    embedded._read_parquet.cache_clear()
    fresh = replace(coverage.territory)
    return connected(np.where(mask, 0, -1), *fresh.neighbour_ranks)


def scipy_labels(coverage: Coverage, mask: Mask) -> np.ndarray[Any, Any]:
    """Return the same by pandas and scipy, from the same file."""
    pairs = pd.read_parquet(embedded.data_dir() / "neighbours.parquet", columns=["code", "voisin"])
    kept = coverage.territory.communes.index[mask]
    one, other = (kept.get_indexer(pairs[name]) for name in ("code", "voisin"))
    both = (one >= 0) & (other >= 0)
    graph = coo_matrix((np.ones(both.sum(), bool), (one[both], other[both])), shape=(len(kept),) * 2)
    found = connected_components(graph, directed=False)[1]
    return np.asarray(found)


def our_groups(coverage: Coverage, codes: list[str]) -> Groups:
    """Return the communes of each group."""
    index = coverage.territory.communes.index
    mask = index.isin(codes)
    members: dict[int, list[str]] = {}
    for code, place, inside in zip(index, labels(coverage, mask).tolist(), mask.tolist(), strict=True):
        if inside:
            members.setdefault(place, []).append(code)
    return [frozenset(codes) for codes in members.values()]


def our_zones(coverage: Coverage) -> object:
    """Return the whole zones, from a coverage whose territory has nothing in memory."""
    embedded._read_parquet.cache_clear()
    return zones(replace(coverage, territory=replace(coverage.territory)))


def read_shapes(coverage: Coverage) -> dict[int, gpd.GeoDataFrame]:
    """Return the embedded boundaries of France, by projection."""
    departements = coverage.territory.name.departements
    return {
        epsg: embedded.read_boundaries(epsg, [d for d in departements if epsg_of(d) == epsg])
        for epsg in sorted({epsg_of(d) for d in departements})
    }


def dissolved(frames: Iterable[gpd.GeoDataFrame], method: str = "unary") -> list[gpd.GeoSeries]:
    """Dissolve the polygons of each projection into one, and take it to pieces: what is measured."""
    return [
        frame.assign(one=0).dissolve("one", method=method).explode(ignore_index=True).geometry
        for frame in frames
    ]


def rival_groups(frames: Iterable[gpd.GeoDataFrame]) -> Groups:
    """Return the communes of each piece; those in several pieces (islands) join them."""
    frames = list(frames)
    pairs: list[tuple[str, tuple[int, int]]] = []
    for part, (frame, pieces) in enumerate(zip(frames, dissolved(frames), strict=True)):
        single = frame[["code", "geometry"]].explode(ignore_index=True)
        inside = single.set_geometry(single.representative_point())
        found = gpd.sjoin(inside, gpd.GeoDataFrame(geometry=pieces), predicate="within")
        pairs += [(c, (part, int(n))) for c, n in zip(found["code"], found["index_right"], strict=True)]
    group: dict[tuple[int, int], set[str]] = {}
    pieces_of: dict[str, list[tuple[int, int]]] = {}
    for code, piece in pairs:
        pieces_of.setdefault(code, []).append(piece)
        group.setdefault(piece, set()).add(code)
    for several in pieces_of.values():
        for other in several[1:]:
            first, second = group[several[0]], group[other]
            if first is not second:
                first |= second
                for code in second:
                    for piece in pieces_of[code]:
                        group[piece] = first
    return list({id(members): frozenset(members) for members in group.values()}.values())


def explain(coverage: Coverage, ours: Groups, frames: list[gpd.GeoDataFrame]) -> None:
    """Say whether both find the same groups, and why the others differ."""
    theirs = rival_groups(frames)
    pieces = sum(len(pieces) for pieces in dissolved(frames))
    same = set(ours) & set(theirs)
    print(
        f"groups: {len(ours)} here, {len(theirs)} by dissolve + explode ({pieces} pieces before those of one "
        f"commune, islands and exclaves, are joined); {len(same)} the same to the commune"
    )
    drawn = {code for frame in frames for code in frame["code"]}
    without = {code for group in ours for code in group} - drawn
    print(f"  {len(without)} uncovered communes have no boundary (split since 2018): {sorted(without)}")
    left = [group - without for group in ours]
    rest = {group for group in left if group} ^ set(theirs)
    print(f"  without those, {len(rest)} groups are found by one only")
    shapes = {c: s for frame in frames for c, s in zip(frame["code"], frame.geometry, strict=True)}
    owner = {code: rank for rank, group in enumerate(theirs) for code in group}
    pairs = coverage.territory.neighbours[["code", "voisin"]].itertuples(index=False)
    apart = [(a, b) for a, b in pairs if a < b and a in owner and b in owner and owner[a] != owner[b]]
    for a, b in apart:
        line = shapely.relate(shapes[a], shapes[b])
        print(f"    neighbours here, apart there: {a} {b}; the generalised polygons relate as {line}")
    mine = {code: rank for rank, group in enumerate(left) for code in group}
    for group in theirs:
        if len({mine[code] for code in group}) > 1:
            print(f"    one piece there, several groups here: {sorted(group)[:8]}")


def peak_mb(*arguments: str) -> float:
    """Return the peak memory of a process that does one part of this, in MB."""
    code = (
        "import resource, subprocess, sys;"
        "subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, sys.executable, *arguments], capture_output=True, text=True, check=True
    )
    return float(done.stdout)


def report_peak_mb(coverage: Coverage) -> float:
    """Return the peak memory of the report of France on the made structures, as a user runs it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "liste.csv"
        lines = ["nom;type;code_insee;zone;communes_desservies"]
        for one in coverage.inventory.structures:
            lines.append(f"{one.id};{one.type};{one.seat};complete;{'|'.join(one.communes)}")
        path.write_text("\n".join(lines), encoding="utf-8")
        return peak_mb("-m", "avs_coverage", "report", "france", "--structures", str(path))


def one_part(name: str, count: int) -> None:
    """Do only what a peak is wanted of: ``base`` (what both start from), ``ours``, ``zones``, ``rival``."""
    coverage = made_coverage(count)
    codes = uncovered(coverage)
    if name == "ours":
        our_groups(coverage, codes)
    if name == "zones":
        our_zones(coverage)
    if name == "rival":
        frames = [f[f["code"].isin(codes)] for f in read_shapes(coverage).values()]
        dissolved(frames)


def main() -> int:
    """Measure everything."""
    if sys.argv[1:2] == ["--part"]:
        one_part(sys.argv[2], int(sys.argv[3]))
        return 0
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 4000
    coverage = made_coverage(count)
    codes = uncovered(coverage)
    frames = [frame[frame["code"].isin(codes)] for frame in read_shapes(coverage).values()]

    def rival_from_files() -> Groups:
        return rival_groups(frame[frame["code"].isin(codes)] for frame in read_shapes(coverage).values())

    mask = coverage.territory.communes.index.isin(codes)
    works = {
        "ours": lambda: labels(coverage, mask),
        "scipy": lambda: scipy_labels(coverage, mask),
        "coverage": lambda: dissolved(frames, "coverage"),
        "unary": lambda: dissolved(frames),
        "files": rival_from_files,
        "zones": lambda: our_zones(coverage),
    }
    costs = in_turn([lambda work=work: called(work) for work in works.values()], ROUNDS)
    cpu = {name: cost.cpu for name, cost in zip(works, costs, strict=True)}
    size = len(coverage.territory.communes)
    bounds = Bounds(f"{size} communes, {count} structures, {len(codes)} uncovered: times faster by CPU")
    note = f"{cpu['scipy']:.3f} s to {cpu['ours']:.3f} s"
    bounds.at_least("pandas + scipy connected_components", cpu["scipy"] / cpu["ours"], 1, note)
    note = f"{cpu['coverage']:.3f} s"
    bounds.at_least("dissolve(coverage) + explode", cpu["coverage"] / cpu["ours"], SPEED_BOUND, note)
    print(f"dissolve (default) + explode {cpu['unary']:.3f} s; files read, communes of each piece "
          f"{cpu['files']:.3f} s; whole zones, by us {cpu['zones']:.3f} s")  # fmt: skip
    same = len(np.unique(labels(coverage, mask)[mask])) == len(np.unique(scipy_labels(coverage, mask)))
    bounds.at_least("as many groups as scipy (1: yes)", float(same), 1)
    explain(coverage, our_groups(coverage, codes), frames)
    peaks = {
        name: peak_mb("-m", "benchmarks.zones", "--part", name, str(count))
        for name in ("base", "ours", "zones", "rival")
    }
    report = report_peak_mb(coverage)
    told = ", ".join(f"{name} {peak:.0f} MB" for name, peak in peaks.items())
    print(f"peak memory, a process each (base: the coverage alone, imports included): {told}")
    bounds.at_most(f"report france, {count} structures: peak in MB", report, MEMORY_BOUND_MB)
    here = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory of this process: {here:.0f} MB")
    return bounds.code


if __name__ == "__main__":
    sys.exit(main())
