"""A column of the user's never takes the place of one of the tool's, nor of another of the user's."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from avs_coverage import Files, build_report, find_territory_name
from avs_coverage.communes import RESERVED, columns_of, records
from avs_coverage.reports.geo_layers import layers


def write(path, headers, rows=(("03185", 1), ("03310", 2))):
    lines = [";".join(["code_insee", *headers])]
    lines += [";".join([code, *[str(value)] * len(headers)]) for code, value in rows]
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


@pytest.mark.full
@pytest.mark.parametrize("header", [name for name in RESERVED if name != "code_insee"])
def test_no_header_hides_a_column_of_the_tool(tmp_path, allier, header):
    asked = (Path(write(tmp_path / "caf.csv", [header])), (header,))
    report = build_report(find_territory_name("allier"), files=Files(indicators=(asked,)))
    (indicator,) = report.coverage.territory.indicators
    assert indicator.name == f"{header} (caf.csv)"
    found = records(report.coverage.communes, [indicator])
    for row, before in zip(found, records(allier.coverage.communes), strict=True):
        assert {name: row[name] for name in before} == before
        assert set(row) - set(before) == {indicator.name, f"{indicator.name}_etat"}
    assert len(set(columns_of(report.coverage))) == len(columns_of(report.coverage))


def test_every_output_keeps_both_columns_and_the_change_of_name_is_said(run, tmp_path):
    asked = write(tmp_path / "caf.csv", ["statut", "part", "nb_cs", "date", "enfants", "enfants_etat"])
    given = ("communes", "allier", "--indicators", f"{asked}=statut,part,nb_cs,date,enfants,enfants_etat")
    done = run(*given, "--json")
    row = next(row for row in json.loads(done.stdout)["communes"] if row["code_insee"] == "03185")
    assert row["statut"] == "cs_seul"
    assert row["statut (caf.csv)"] == row["part"] == row["enfants"] == 1
    assert row["enfants_etat"] == "connu"
    assert row["enfants_etat (caf.csv)"] == 1
    said = done.stderr.decode()
    assert said.count("AVS-943") == 4 or said.count("est rendue sous le nom") == 4
    assert run(*given, "--csv", "c.csv").returncode == 0
    table = csv.DictReader(io.StringIO((tmp_path / "c.csv").read_text("utf-8-sig")), delimiter=";")
    assert len(set(table.fieldnames)) == len(table.fieldnames)
    assert {one["date"] for one in table} == {"2022-12-31"}


def test_the_same_header_of_files_of_one_name_stays_apart(tmp_path):
    files = [write(tmp_path / str(n) / "caf.csv", ["enfants"], [("03185", n)]) for n in range(1, 5)]
    asked = tuple((Path(file), ()) for file in files)
    report = build_report(find_territory_name("allier"), files=Files(indicators=asked))
    names = [one.name for one in report.coverage.territory.indicators]
    assert names == ["enfants", "enfants (caf.csv)", "enfants (caf.csv, 2)", "enfants (caf.csv, 3)"]
    row = next(
        row
        for row in records(report.coverage.communes, report.coverage.territory.indicators)
        if row["code_insee"] == "03185"
    )
    assert [row[name] for name in names] == [1, 2, 3, 4]
    communes = next(layer for layer in layers(report) if layer.name == "communes")
    assert set(names) <= {column.name for column in communes.columns}
