"""The passage between vintages of the COG, replayed backwards and forwards."""

from __future__ import annotations

from datetime import date

import pytest

from avs_coverage.embedded import read_csv, read_parquet
from avs_coverage.loaders.cog import Movements

ALL = tuple(row["code"] for row in read_csv("departements.csv"))
DAY_2018 = date(2018, 1, 1)


@pytest.fixture(scope="module")
def movements():
    return Movements.read(frozenset(read_parquet("communes.parquet", ALL, ("code",))["code"]))


@pytest.mark.parametrize(
    ("day", "count"),
    [("2026-01-01", 34_875), ("2024-01-01", 34_935), ("2018-01-01", 35_357), ("2016-01-01", 35_885)],
)
def test_undoing_the_movements_gives_the_communes_of_each_year(movements, day, count):
    assert len(movements.communes_at(date.fromisoformat(day))) == count


def test_the_317_codes_of_allier_are_those_of_2018(movements):
    today = {code for code in movements.today if code.startswith("03")}
    assert {code for code in movements.communes_at(DAY_2018) if code.startswith("03")} == today
    assert len(today) == 317
    assert all(movements.passage(code, DAY_2018).today == (code,) for code in today)


@pytest.mark.full
def test_every_commune_of_2018_comes_to_at_least_one_of_today(movements):
    passages = [movements.passage(code, DAY_2018) for code in movements.communes_at(DAY_2018)]
    assert all(passage.today for passage in passages)
    reached = {code for passage in passages for code in passage.today}
    assert reached == movements.today
    # 60054, 60455 and 60694 merged in 2019 and parted in 2024; the others were one commune in 2018.
    split = {"14712", "15141", "60054", "60455", "60694", "85084"}
    assert {p.code for p in passages if p.is_split} == split


@pytest.mark.parametrize(
    ("code", "today", "changed"),
    [
        ("03185", ("03185",), None),
        ("27058", ("27676",), "2023-01-01"),  # left, came back, left again: the cycle ends
        ("27676", ("27676",), None),
        ("49144", ("44180",), "2018-01-01"),  # Freigné, by 44225, into Vallons-de-l'Erdre, in one day
        ("14513", ("50592",), "2018-01-01"),  # Pont-Farcy, by 50649, into Tessy-Bocage, in one day
        ("14011", ("14581",), "2024-04-24"),  # in the middle of a year
        ("99999", (), None),
    ],
)
def test_a_code_without_a_vintage_is_followed_from_its_last_day(movements, code, today, changed):
    passage = movements.passage(code)
    assert passage.today == today
    assert passage.changed == (date.fromisoformat(changed) if changed else None)


def test_a_split_commune_is_several_at_its_vintage_and_itself_today(movements):
    before = movements.passage("15141", date(2024, 1, 1))
    assert before.is_split
    assert before.today == ("15031", "15035", "15047", "15141", "15171")
    assert movements.passage("15141").today == ("15141",)
    assert movements.passage("15031", date(2024, 1, 1)).today == ("15031",)


def test_a_commune_merged_then_split_again_comes_back_to_itself_or_to_its_family(movements):
    # 15031 Celles entered 15141 in December 2016 and left it in 2025: at the vintage 2016 its code
    # leads to all the parts of Neussargues, between which only a choice decides.
    assert movements.passage("15031", date(2016, 1, 1)).is_split


def test_mayotte_entered_in_2011(movements):
    assert not any(code.startswith("976") for code in movements.communes_at(date(2011, 1, 1)))
    assert sum(code.startswith("976") for code in movements.communes_at(date(2012, 1, 1))) == 17


def test_before_2003_nothing_is_known(movements):
    with pytest.raises(ValueError, match="2003"):
        movements.communes_at(date(2002, 1, 1))
