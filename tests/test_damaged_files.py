"""Files of every nature with bytes changed, cut or doubled: read or refused in French, no row lost."""

from __future__ import annotations

import random
import zipfile

import pytest

from avs_coverage import InputError, find_territory_name
from avs_coverage.loaders.examine import examine_files, examine_structure_list, nature_of
from tests.test_boundaries import ADMIN_EXPRESS_3, ADMIN_EXPRESS_4, PLAIN, frame
from tests.test_grid import text_of
from tests.test_indicators import CAF, DOSSIER, LONG
from tests.test_populations import SINCE_2021
from tests.test_quarters import POPULATIONS
from tests.test_travel_times import METRIC_OSRM
from tests.tiers import every_day

TRIALS = 60
ALLIER = find_territory_name("allier")
BYTES = [0, 0x0A, 0x22, 0x2C, 0x39, 0x3B, 0x8D, 0xE9]


def samples(folder):
    texts = {"dossier": DOSSIER, "long": LONG, "caf": CAF, "grid": text_of(2021), "population": SINCE_2021,
             "qpv": POPULATIONS, "temps": METRIC_OSRM}  # fmt: skip
    frame(PLAIN).to_file(folder / "a.geojson")
    frame(ADMIN_EXPRESS_4).to_file(folder / "a.gpkg", layer="commune")
    frame(ADMIN_EXPRESS_4).to_parquet(folder / "a.parquet")
    frame(ADMIN_EXPRESS_3).to_file(folder / "c.shp")
    with zipfile.ZipFile(folder / "shp.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.glob("c.*")):
            archive.write(path, path.name)
    with zipfile.ZipFile(folder / "csv.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.csv", DOSSIER)
    files = ("a.geojson", "a.gpkg", "a.parquet", "shp.zip", "csv.zip")
    return {name: text.encode() for name, text in texts.items()} | {
        n: (folder / n).read_bytes() for n in files
    }


def damaged(content, chance):
    content, kind = bytearray(content), chance.random()
    place = chance.randrange(len(content))
    if kind < 0.2:
        return bytes(content[:place])
    if kind < 0.4:
        return bytes(content[:place] + content[place : place + 80] * chance.randrange(3) + content[place:])
    for _ in range(chance.choice([1, 3, 20])):
        content[chance.randrange(len(content))] = chance.choice([*BYTES, chance.randrange(256)])
    return bytes(content)


@pytest.mark.parametrize("seed", every_day(range(4)))
def test_a_damaged_file_is_read_or_refused_and_no_row_is_lost(tmp_path, seed):
    chance, messages = random.Random(seed), []
    for name, content in samples(tmp_path).items():
        for _ in range(TRIALS // 4 if seed else 2):
            path = tmp_path / f"x.{chance.choice(['csv', 'gpkg', 'geojson', 'zip', 'dat'])}"
            path.write_bytes(damaged(content, chance))
            try:
                nature = nature_of(path)
                structures = nature == "structures"
                if structures:
                    (read,) = examine_structure_list(path, ALLIER, None, None)
                else:
                    read = examine_files([path], nature, chance.choice([ALLIER, None]))
            except InputError as error:
                messages += [fault.what for fault in error.faults]
                continue
            if not read.faults:
                assert read.rows_read == read.rows_used + sum(f.rows for f in read.set_aside), name
    assert all(messages)
