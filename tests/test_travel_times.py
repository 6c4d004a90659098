"""Travel times: a plain matrix, and the output of metric-osrm."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avs_coverage import InputError
from avs_coverage.loaders.travel_times import read_travel_times

ALLIER = ["03185", "03101", "03310"]
PLAIN = "origine;destination;minutes;km\n03185;03-CS-07;4,5;2\n3101;03-CS-07;12;9,1\n01001;03-CS-07;200;250\n"
METRIC_OSRM = (
    "ID,idSrc,lonSrc,latSrc,idDst,lonDst,latDst,duree,distance\n"
    "1,03185,2.6,46.3,03310,3.4,46.1,75.2,92.4\n"
    "2,03101,2.5,46.3,03310,3.4,46.1,,\n"
)


def read(tmp_path, text, wanted=ALLIER):
    (tmp_path / "temps.csv").write_text(text, encoding="utf-8")
    return read_travel_times(tmp_path / "temps.csv", wanted)


def rows(found):
    frame = found.frame.astype(object).where(found.frame.notna(), None)
    return [tuple(row) for row in frame.itertuples(index=False)]


def refused(tmp_path, text, wanted=ALLIER):
    with pytest.raises(InputError) as caught:
        read(tmp_path, text, wanted)
    return [(fault.code, fault.line) for fault in caught.value.faults]


def test_a_plain_matrix(tmp_path):
    found = read(tmp_path, PLAIN)
    assert rows(found) == [("03101", "03-CS-07", 12.0, 9.1), ("03185", "03-CS-07", 4.5, 2.0)]
    assert (found.rows_read, found.rows_used) == (3, 2)
    assert [warning.code for warning in found.warnings] == ["AVS-918"]


def test_the_output_of_metric_osrm_and_what_no_road_joins(tmp_path):
    found = read(tmp_path, METRIC_OSRM)
    assert rows(found) == [("03101", "03310", None, None), ("03185", "03310", 75.2, 92.4)]
    assert found.unreachable == 1


@pytest.mark.parametrize("word", ["", "inf", "NA", "-1", "NaN"])
def test_unreachable_is_never_zero(tmp_path, word):
    found = read(tmp_path, f"Départ;Arrivée;Durée (min)\n03185;A;{word}\n")
    assert rows(found) == [("03185", "A", None, None)]


def test_seconds_are_refused_with_what_to_do(tmp_path):
    with pytest.raises(InputError) as caught:
        read(tmp_path, "origine;destination;duration\n03185;A;300\n")
    assert caught.value.faults[0].code == "AVS-363"
    assert "divisez-la par 60" in caught.value.faults[0].hint


def test_what_is_no_duration_is_refused_with_its_line(tmp_path):
    text = "origine;destination;minutes\n03185;A;-5\n03185;B;vite\n03185;C;2000\n03185;D;0\n"
    assert refused(tmp_path, text) == [("AVS-319", 2), ("AVS-319", 3), ("AVS-319", 4)]


def test_a_pair_with_two_durations_is_refused_and_a_repeated_row_counted(tmp_path):
    head = "origine;destination;minutes\n03185;A;5\n"
    assert refused(tmp_path, head + "03185;A;6\n") == [("AVS-364", 2), ("AVS-364", 3)]
    found = read(tmp_path, head + "03185;A;5\n")
    assert (found.rows_read, found.rows_used) == (2, 1)
    assert "répétée" in found.set_aside[0].what


def test_where_communes_merged_the_row_of_the_chef_lieu_stands(tmp_path):
    # 14513 Pont-Farcy is a part of 50592 Tessy-Bocage since 2018.
    text = "origine;destination;minutes\n14513;A;30\n50592;A;10\n14513;B;20\n"
    found = read(tmp_path, text, ["50592"])
    assert rows(found) == [("50592", "A", 10.0, None), ("50592", "B", 20.0, None)]
    assert (found.rows_used, found.set_aside[0].rows) == (2, 1)


def test_other_files_are_refused(tmp_path):
    assert refused(tmp_path, "a;b\n1;2\n") == [("AVS-350", 0)]
    assert refused(tmp_path, PLAIN, ["48095"]) == [("AVS-355", 0)]


CELLS = st.tuples(
    st.sampled_from(["03185", "03101", "01001", "03310"]),
    st.sampled_from("AB"),
    st.sampled_from(["1", "2,5", "", "inf"]),
)


@pytest.mark.full
@settings(max_examples=50)
@given(cells=st.lists(CELLS, min_size=1, max_size=10), seed=st.integers(0, 9))
def test_no_row_is_lost_and_their_order_changes_nothing(tmp_path_factory, cells, seed):
    results = []
    for order in (cells, random.Random(seed).sample(cells, len(cells))):
        text = "origine;destination;minutes\n" + "".join(f"{a};{b};{c}\n" for a, b, c in order)
        try:
            found = read(tmp_path_factory.mktemp("t"), text)
        except InputError as error:
            results.append(sorted(fault.code for fault in error.faults))
            continue
        assert found.rows_read == len(cells) == found.rows_used + sum(f.rows for f in found.set_aside)
        results.append(rows(found))
    assert results[0] == results[1]
