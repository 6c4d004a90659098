"""geopandas and shapely as oracles: the nearest structure, what is within a distance, connected groups."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from math import cos, pi

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from avs_coverage import Coverage, Inventory, Structure, Territory, get_rule
from avs_coverage.access import communes_access
from avs_coverage.gaps import GAP, zones
from avs_coverage.gazetteer import departement_of
from avs_coverage.lattice import cells_within
from avs_coverage.loaders.boundaries import read_boundaries_file
from avs_coverage.loaders.grid import read_grid
from avs_coverage.projection import epsg_of
from avs_coverage.rules import RuleSettings
from tests.worlds import DAY, cover, structure, territory

SEEDS = st.integers(0, 10_000)
ALLIER = Territory.find("03")


def made_world(seed: int, size: int = 30) -> Territory:
    """Return a territory of *size* chefs-lieux at random, to the metre, in a square of 60 km."""
    chance = np.random.default_rng(seed)
    world = territory({f"03{rank:03}": "A" if rank % 2 else "B" for rank in range(1, size + 1)})
    x, y = chance.integers(0, 60_000, (2, size))
    return replace(world, communes=world.communes.assign(x_m=x, y_m=y))


def scattered(world: Territory, seed: int, count: int) -> list[Structure]:
    """Return structures within 8 km of chefs-lieux; one in seven is to be confirmed, one has no seat."""
    chance = np.random.default_rng(seed)
    made = []
    for rank, place in enumerate(chance.integers(0, len(world.communes), count)):
        row = world.communes.iloc[int(place)]
        dx, dy = chance.integers(-8000, 8000, 2)
        made.append(
            Structure(
                id=f"s{rank:03}",
                name=f"Structure {rank}",
                type="CS" if chance.random() < 0.4 else "EVS",
                status="a_confirmer" if rank % 7 == 6 else "confirme",
                seat=str(row.name),
                x_m=float(row.x_m + dx),
                y_m=float(row.y_m + dy),
                has_point=True,
            )
        )
    if made:
        made[-1] = replace(made[-1], seat="", x_m=None, y_m=None)
    return made


def located(structures, kind=""):
    return [s for s in structures if s.status == "confirme" and s.seat and (not kind or s.type == kind)]


def point_frame(structures, epsg):
    here = [s for s in structures if epsg_of(departement_of(s.seat)) == epsg]
    places = gpd.points_from_xy([s.x_m for s in here], [s.y_m for s in here])
    return gpd.GeoDataFrame({"id": [s.id for s in here]}, geometry=places, crs=epsg)


def chefs_lieux(communes, epsg):
    places = gpd.points_from_xy(communes["x_m"], communes["y_m"])
    return gpd.GeoDataFrame({"code": communes.index}, geometry=places, crs=epsg)


# The nearest structure


def check_nearest(world: Territory, structures: list[Structure]):
    """Compare the distances, and the structures but for ties, with ``sjoin_nearest``."""
    departements = frozenset(world.communes["departement"])
    rows = {row.code: row for row in communes_access(cover(world, *structures, departements=departements))}
    assert list(rows) == list(world.communes.index)
    projections = world.communes["departement"].map(epsg_of)
    for kind, epsg in product(("CS", "EVS"), sorted(set(projections))):
        told = {c: (r.cs, r.cs_far) if kind == "CS" else (r.evs, r.evs_far) for c, r in rows.items()}
        here = chefs_lieux(world.communes[projections == epsg], epsg)
        places = point_frame(located(structures, kind), epsg)
        if places.empty:
            assert {told[code] for code in here["code"]} == {("", None)}
            continue
        found = gpd.sjoin_nearest(here, places, distance_col="metres")
        assert set(found["code"]) == set(here["code"])
        for code, tied in found.groupby("code"):
            metres = float(tied["metres"].iloc[0])
            nearest, far = told[code]
            assert far == pytest.approx(metres, abs=1e-6)  # not rounded
            place = places.geometry[places["id"] == nearest].iloc[0]
            point = here.geometry[here["code"] == code].iloc[0]
            assert point.distance(place) == pytest.approx(metres, abs=1e-6)


@pytest.mark.full
@settings(max_examples=40)
@given(seed=SEEDS, count=st.integers(0, 12))
def test_the_nearest_of_each_commune_is_that_of_sjoin_nearest_on_random_worlds(seed, count):
    world = made_world(seed)
    check_nearest(world, scattered(world, seed, count))


@pytest.mark.full
@pytest.mark.parametrize("count", [4, 60])
def test_the_nearest_of_each_commune_of_allier_is_that_of_sjoin_nearest(count):
    check_nearest(ALLIER, scattered(ALLIER, 3, count))


@pytest.mark.parametrize("count", [3, 40])
def test_structures_of_another_projection_are_never_the_nearest(count):
    # Mainland, Guadeloupe with Martinique (one projection), La Réunion: three oracles of one territory.
    # Three structures leave a projection without any: its communes have no nearest.
    parts = [Territory.find(code).communes for code in ("48", "971", "972", "974")]
    world = replace(ALLIER, communes=pd.concat(parts).sort_index())
    check_nearest(world, scattered(world, 5, count))


def test_metres_of_two_projections_are_never_mixed():
    # By its numbers alone Sainte-Rose (974, EPSG:2975) is 700 km from Dunkerque (EPSG:2154), nearer
    # than Bonifacio (2A), which is 1,100 km away: only the latter is in the same projection.
    rows = {code: row for d in ("59", "2A", "974") for code, row in Territory.find(d).rows.items()}
    north, south, island = rows["59183"], rows["2A041"], rows["97419"]
    numbers = np.hypot(north.x_m - island.x_m, north.y_m - island.y_m) / 1000
    true = np.hypot(north.x_m - south.x_m, north.y_m - south.y_m) / 1000
    assert 600 < numbers < 800
    assert 1000 < true < 1200
    world = replace(ALLIER, communes=Territory.find("59").communes.loc[["59183"]])
    far, near = (
        Structure(name, name, "CS", seat=row.Index, x_m=float(row.x_m), y_m=float(row.y_m))
        for name, row in (("bonifacio", south), ("sainte-rose", island))
    )
    nord = frozenset({"59"})
    access = communes_access(cover(world, far, near, departements=nord))
    assert (access[0].cs, access[0].cs_far) == ("bonifacio", pytest.approx(true * 1000, abs=1e-6))
    for rule in ("radius:900km", "travel-time:24h"):  # 24 h at 50 km/h over a detour of 1.3: 923 km
        assert cover(world, far, near, rule=rule, departements=nord).links.empty
    links = cover(world, far, near, rule="radius:1200km", departements=nord).links
    assert list(links["structure"]) == ["bonifacio"]


# What is within a distance


def dwithin_pairs(places, points, metres, name):
    """Return the pairs (structure, point) of ``sjoin``, the distance itself included."""
    found = gpd.sjoin(points, places, predicate="dwithin", distance=metres)
    return set(zip(found["id"], found[name], strict=True))


@settings(max_examples=40)
@given(seed=SEEDS, count=st.integers(0, 9), metres=st.sampled_from([900, 5000, 20_000]))
def test_chefs_lieux_within_a_radius_are_those_of_sjoin_dwithin(seed, count, metres):
    world = made_world(seed)
    check_chefs_lieux(world, scattered(world, seed, count), metres)


@pytest.mark.parametrize("metres", [2000, 5000])
def test_chefs_lieux_of_allier_within_a_radius_are_those_of_sjoin_dwithin(metres):
    check_chefs_lieux(ALLIER, scattered(ALLIER, 4, 50), metres)


def check_chefs_lieux(world, structures, metres):
    """Compare links, communes and inhabitants: a commune is reached whole or not at all."""
    made = cover(world, *structures, rule=f"radius:{metres}m")
    expected = dwithin_pairs(
        point_frame(located(structures), 2154), chefs_lieux(world.communes, 2154), metres, "code"
    )
    linked = made.links
    by_distance = linked[linked["share"] > 0]
    assert set(zip(by_distance["structure"], by_distance["commune"], strict=True)) == expected
    assert set(by_distance["share"]) <= {1.0}
    seats = {(s.id, s.seat) for s in located(structures)}
    assert set(zip(linked["structure"], linked["commune"], strict=True)) == expected | seats
    people = world.communes["population"]
    reached = int(people[people.index.isin([code for _, code in expected])].sum())
    figures = {(f.measure, f.status): f.numerator for f in made.figures()}
    assert figures["habitants", "avs"] == reached
    assert figures["communes", "avs"] == len({code for _, code in expected | seats})


def written_grid(path, epsg, corner, seed, codes, count=500):
    """Write cells of 200 m, spread over 40 km, as INSEE's file; one in eight is astride two communes."""
    chance = np.random.default_rng(seed)
    spots = chance.choice(200 * 200, count, replace=False)
    x, y = (int(corner[0]) // 200 + spots % 200) * 200, (int(corner[1]) // 200 + spots // 200) * 200
    lcog = ["".join(chance.choice(codes, 2 if rank % 8 == 0 else 1, replace=False)) for rank in range(count)]
    people = chance.integers(1, 400, count) / 10
    frame = pd.DataFrame(
        {
            "idcar_200m": [f"CRS{epsg}RES200mN{b}E{a}" for a, b in zip(x, y, strict=True)],
            "i_est_200": 0,
            "lcog_geo": lcog,
            "ind": people,
        }
    )
    frame.to_csv(path, index=False)
    places = gpd.points_from_xy(x + 100, y + 100)
    return gpd.GeoDataFrame({"cell": range(count), "lcog": lcog, "ind": people}, geometry=places, crs=epsg)


GRIDS = [("03", 3035), ("2A", 3035), ("29", 3035), ("974", 2975), ("972", 5490)]


@pytest.mark.full
@pytest.mark.parametrize("metres", [300, 2000, 6000])
@pytest.mark.parametrize(("code", "epsg"), GRIDS)
def test_inhabitants_of_cells_within_a_radius_are_those_of_sjoin_dwithin(tmp_path, code, epsg, metres):
    world = Territory.find(code)
    legal = epsg_of(code)
    middle = chefs_lieux(world.communes, legal).to_crs(epsg).geometry
    corner = (middle.x.median() - 20_000, middle.y.median() - 20_000)
    chosen = list(world.communes.index[:6])
    cells = written_grid(tmp_path / "grille.csv", epsg, corner, metres, chosen).to_crs(legal)
    world = replace(world, grids=(read_grid(tmp_path / "grille.csv", world.communes.index),))
    # Structures within 200 m of the centres of some cells, each way.
    chance = np.random.default_rng(metres)
    near = cells.geometry.iloc[chance.choice(len(cells), 12, replace=False)]
    x, y = near.x + chance.uniform(-200, 200, 12), near.y + chance.uniform(-200, 200, 12)
    structures = [
        Structure(f"s{n}", "S", "EVS" if n % 3 else "CS", seat=chosen[0], x_m=float(a), y_m=float(b))
        for n, (a, b) in enumerate(zip(x, y, strict=True))
    ]
    rule = get_rule(f"radius:{metres}m", RuleSettings("grid", 0.5))
    made = Coverage.compute(world, Inventory(tuple(structures), frozenset({code}), "", ""), rule, DAY)

    # A cell astride two communes is half in each.
    cells["parts"] = [[text[i : i + 5] for i in range(0, len(text), 5)] for text in cells["lcog"]]
    parts = cells.explode("parts")
    parts["weight"] = parts["ind"] / parts.groupby("cell")["cell"].transform("size")
    total = parts.groupby("parts")["weight"].sum()
    for column, kinds in (("cs", {"CS"}), ("evs", {"EVS"}), ("avs", {"CS", "EVS"})):
        places = point_frame([s for s in structures if s.type in kinds], legal)
        near = {cell for _, cell in dwithin_pairs(places, cells, metres, "cell")}
        reached = parts[parts["cell"].isin(near)].groupby("parts")["weight"].sum()
        share = (reached.reindex(chosen).fillna(0) / total).round(12)
        assert made.found.reached.loc[chosen, column].to_numpy() == pytest.approx(share.to_numpy())
        if column == "avs":
            people = world.communes.loc[chosen, "population"]
            expected = int(np.floor(people * share[chosen] + 0.5).sum())
            assert 0 < sum(share) < len(chosen)
            got = made.inhabitants("AVS")[world.communes.index.get_indexer(chosen)].sum()
            assert got == expected


@pytest.mark.full
@settings(max_examples=25)
@given(seed=SEEDS, metres=st.sampled_from([250, 1500, 9000]))
def test_cells_lie_between_two_buffers(tmp_path_factory, seed, metres):
    # A buffer of 4 × 32 segments is a polygon inside the circle; 1/cos(π/128) wider, it is around it.
    chance = np.random.default_rng(seed)
    x, y = chance.uniform(3_700_000, 3_900_000), chance.uniform(2_400_000, 2_700_000)
    path = tmp_path_factory.mktemp("g") / "grille.csv"
    cells = written_grid(path, 3035, (x, y), seed, ["03185", "03101"]).to_crs(2154)
    west, south, east, north = cells.total_bounds
    px, py = chance.uniform(west, east, 8), chance.uniform(south, north, 8)
    grid = read_grid(path, None)
    points, ranks = cells_within(grid, 2154, px, py, np.full(len(px), float(metres)))
    # The grid is sorted by row then column: name its cells by their place.
    names = {
        key: cell
        for key, cell in zip(
            zip(*(np.round(v - 100).astype(int) for v in _corners(cells)), strict=True),
            cells["cell"],
            strict=True,
        )
    }
    number = [names[a, b] for a, b in zip(grid.x_m.tolist(), grid.y_m.tolist(), strict=True)]
    found = [(int(p), number[c]) for p, c in zip(points, ranks, strict=True)]
    assert len(found) == len(set(found))
    circles = gpd.GeoDataFrame({"p": range(8)}, geometry=gpd.points_from_xy(px, py), crs=2154)

    def inside(distance):
        zone = circles.set_geometry(circles.buffer(distance, 32))
        pairs = gpd.sjoin(cells, zone, predicate="intersects")
        return set(zip(pairs["p"], pairs["cell"], strict=True))

    assert inside(metres * (1 - 1e-9)) <= set(found) <= inside(metres / cos(pi / 128) * (1 + 1e-9))


def _corners(cells):
    back = cells.to_crs(3035).geometry
    return back.x.to_numpy(), back.y.to_numpy()


# Connected groups


def exploded(shapes: gpd.GeoSeries, keys: dict[str, object]) -> set[frozenset[str]]:
    """Return the sets of communes that the union of each key's polygons leaves in one piece."""
    groups = set()
    for key in set(keys.values()):
        members = shapes[[code for code in shapes.index if keys.get(code) == key]]
        pieces = gpd.GeoSeries([shapely.unary_union(members.to_numpy())]).explode(ignore_index=True)
        for piece in pieces:
            groups.add(frozenset(members.index[members.representative_point().within(piece)]))
    return groups


def check_groups(coverage, shapes):
    """Compare zones blanches and areas to be clarified with union and explode."""
    frame = coverage.communes
    blank = dict.fromkeys(frame.index[frame["statut_majorant"] == "aucune"], GAP)
    unclear = frame.index[(frame["statut"] == "aucune") & (frame["statut_majorant"] != "aucune")]
    possible = {code: coverage.possible_structures[code] for code in unclear}
    found = zones(coverage)
    for keys, blanche in ((blank, True), (possible, False)):
        groups = [frozenset(code for code, _ in z.communes) for z in found if (z.kind == GAP) == blanche]
        assert len(groups) == len(set(groups))
        assert set(groups) == exploded(shapes, keys)
    return len(found)


def lattice_world(seed: int, side: int = 7, count: int = 22):
    """Cut a square of unit cells into connected communes, which share edges and touch at corners.

    Communes grow from cells at random; pairs are those of which two cells share a side.
    """
    chance = np.random.default_rng(seed)
    owner = np.full((side, side), -1)
    for rank, spot in enumerate(chance.choice(side * side, count, replace=False)):
        owner[divmod(int(spot), side)] = rank
    while (owner < 0).any():
        row, column = (int(v) for v in chance.integers(0, side, 2))
        down, right = [(1, 0), (-1, 0), (0, 1), (0, -1)][int(chance.integers(4))]
        if owner[row, column] >= 0 and 0 <= row + down < side and 0 <= column + right < side:
            target = (row + down, column + right)
            owner[target] = owner[row, column] if owner[target] < 0 else owner[target]
    names = [f"03{rank:03}" for rank in range(1, count + 1)]
    cells = [[] for _ in names]
    for row, column in product(range(side), repeat=2):
        cells[owner[row, column]].append(shapely.box(column, row, column + 1, row + 1))
    shapes = gpd.GeoSeries([shapely.unary_union(part) for part in cells], index=names)
    sides = {(a, b) for a, b in zip(owner[:, :-1].ravel(), owner[:, 1:].ravel(), strict=True) if a != b}
    sides |= {(a, b) for a, b in zip(owner[:-1].ravel(), owner[1:].ravel(), strict=True) if a != b}
    pairs = sorted({(names[min(pair)], names[max(pair)]) for pair in sides})
    epci = {name: "ABC"[int(chance.integers(3))] for name in names}
    return territory(epci, pairs=pairs), shapes


def served_somewhere(world: Territory, seed: int, known: int, unknown: int) -> list[Structure]:
    """Return structures with a known area of one commune or two, and some with an unknown area."""
    chance = np.random.default_rng(seed)
    codes = list(world.communes.index)
    made = []
    for rank in range(known):
        communes = " ".join(chance.choice(codes, 2))
        made.append(structure(f"k{rank}", "CS", communes[:5], "complete", communes, world))
    for rank in range(unknown):
        communes = " ".join(sorted(set(chance.choice(codes, 3))))
        made.append(structure(f"e{rank}", "EVS", communes[:5], "estimee", communes, world))
    return made


@settings(max_examples=80)
@given(seed=SEEDS, known=st.integers(0, 8), unknown=st.integers(0, 3))
def test_zones_are_the_pieces_of_the_union_on_small_worlds(seed, known, unknown):
    world, shapes = lattice_world(seed)
    assert shapely.coverage_is_valid(shapes.to_numpy())
    assert set(shapes.geom_type) == {"Polygon"}
    check_groups(cover(world, *served_somewhere(world, seed, known, unknown)), shapes)


def test_communes_that_touch_at_a_corner_are_two_zones():
    # A chessboard of two by two: 1 and 4 touch at a corner, as 2 and 3, which a CS covers.
    shapes = gpd.GeoSeries(
        [shapely.box(x, y, x + 1, y + 1) for y in (0, 1) for x in (0, 1)], index=["1", "2", "3", "4"]
    )
    world = territory(dict.fromkeys("1234", "A"), pairs=[("1", "2"), ("1", "3"), ("2", "4"), ("3", "4")])
    coverage = cover(world, structure("a", "CS", "2", "complete", "2 3", world))
    assert [[code for code, _ in zone.communes] for zone in zones(coverage)] == [["4"], ["1"]]
    assert check_groups(coverage, shapes) == 2


@pytest.mark.full
@pytest.mark.parametrize("seed", range(4))
def test_zones_of_allier_are_the_pieces_of_the_union_of_its_contours(tmp_path, seed):
    # The embedded boundaries given back as a user's file: neighbours are then those of the file.
    shapes = ALLIER.boundaries()
    path = tmp_path / "contours.gpkg"
    shapes.reset_index().rename(columns={"code": "INSEE_COM"}).to_crs(4326).to_file(path, layer="commune")
    own = read_boundaries_file(path, ALLIER.communes.index)
    assert own.neighbours is not None
    structures = served_somewhere(ALLIER, seed, 40 + 60 * seed, 8)
    inside = replace(ALLIER.with_boundaries(own), communes=ALLIER.communes)
    for world in (inside, ALLIER):
        assert check_groups(cover(world, *structures), shapes.geometry) > 10
