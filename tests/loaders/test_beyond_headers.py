"""Tables of every nature: a cell that no header names."""

from __future__ import annotations

from pathlib import Path

import pytest

from avs_coverage.loaders.examine import examine_files, examine_structure_list
from tests.loaders.helpers import ALLIER, workbook

BEYOND = {
    "structures": [["nom", "type", "code_insee"], ["A", "CS", "03185"], ["B", "EVS", "03310", "", 12]],
    "zones": [["structure", "commune"], ["a", "03101"], ["b", "03310", None, None, 12]],
    "chiffres": [["indicateur", "valeur", "annee"], ["nb_cs", 20, 2022], ["nb_evs", 12, 2022, "", 12]],
    "population": [["code_insee", "PMUN"], ["03185", 10], ["03310", 20, "", "", 12]],
    "indicateurs": [["code_insee", "P22_POP"], ["03185", 10], ["03310", 20, "", "", 12]],
}


@pytest.mark.parametrize("nature", BEYOND)
def test_a_cell_beyond_the_headers_of_a_workbook_is_refused_as_that_of_a_csv(write, nature):
    rows = BEYOND[nature]
    text = "\n".join(";".join("" if cell is None else str(cell) for cell in row) for row in rows)
    for path in (write(workbook(rows), "a.xlsx"), write(text, "a.csv")):
        found = examined(path, nature)
        assert [(f.code, Path(f.file).name, f.line, f.column, f.values["value"]) for f in found.faults] == [
            ("AVS-306", path.name, 3, "E", "12")
        ]
    blank = [[*row[: len(rows[0])], "", " "] for row in rows]
    told = [fault.code for fault in examined(write(workbook(blank), "b.xlsx"), nature).faults]
    assert "AVS-306" not in told


@pytest.mark.parametrize("nature", ["structures", "zones", "chiffres"])
def test_a_cell_under_an_empty_header_is_refused(write, nature):
    rows = [[row[0], "", *row[1 : len(BEYOND[nature][0])]] for row in BEYOND[nature]]
    rows[1][1] = "perdu"
    text = "\n".join(";".join(map(str, row)) for row in rows)
    for path in (write(workbook(rows), "a.xlsx"), write(text, "a.csv")):
        (fault,) = examined(path, nature).faults
        assert (fault.code, fault.line, fault.column, fault.values["value"]) == ("AVS-306", 2, "B", "perdu")


def examined(path, nature):
    """Return what reading the file as one of that nature says."""
    if nature == "structures":
        return examine_structure_list(path, ALLIER, None, None)[0]
    return examine_files([path], nature, ALLIER if nature != "population" else None)
