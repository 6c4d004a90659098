"""All of France: a report for each département, and sums that hold to the unit."""

from __future__ import annotations

from datetime import date

import pytest

from avs_coverage import Coverage, Report, Territory, build_report, find_territory_name, get_rule
from avs_coverage.embedded import read_csv
from avs_coverage.inventory import Inventory, Structure
from avs_coverage.messages import CAVEAT
from avs_coverage.reports.document import Table
from avs_coverage.reports.report_page import report_document

ALL = [row["code"] for row in read_csv("departements.csv")]


def made_inventory(territory: Territory) -> Inventory:
    """Place a CS in every fifth commune and an EVS in every seventh, areas partly unknown."""
    structures = []
    for rank, (code, row) in enumerate(territory.rows.items()):
        for kind, step in (("CS", 5), ("EVS", 7)):
            if rank % step == 0:
                structures.append(
                    Structure(
                        id=f"{kind}-{code}",
                        name=f"Structure fictive {code}",
                        type=kind,
                        seat=code,
                        seat_name=row.nom,
                        seat_epci=row.epci,
                        x_m=float(row.x_m),
                        y_m=float(row.y_m),
                        area="complete" if rank % 2 else "inconnue",
                        communes=(code,) if rank % 2 else (),
                        communes_epci=(row.epci,) if rank % 2 else (),
                    )
                )
    departements = frozenset(territory.communes["departement"])
    return Inventory(tuple(structures), departements, "Données fictives", "Données fictives")


@pytest.mark.parametrize("code", ALL)
def test_every_departement_has_its_report(code):
    report = build_report(find_territory_name(code))
    assert report.has_inventory == (code == "03")
    page = report_document(report)
    texts = [block.text for s in page.sections for block in s.blocks if not isinstance(block, Table)]
    assert CAVEAT in texts
    assert report.to_record()["territoire"]["nb_communes"] == len(report.coverage.communes)
    if code != "03":
        assert set(report.coverage.communes["statut"]) == {""}
        assert any("--structures" in text for text in texts)


@pytest.mark.full
def test_with_a_made_inventory_departements_add_up_to_france():
    rule, day = get_rule("declared"), date(2026, 1, 1)
    france = Territory.find("france")
    inventory = made_inventory(france)
    whole = Coverage.compute(france, inventory, rule, day)
    sums: dict[tuple[str, str], list[float]] = {}
    for code in ALL:
        territory = Territory.find(code)
        part = Report(Coverage.compute(territory, inventory, rule, day))
        assert len(part.zones) > 0 or code == "75"
        for figure in part.figures:
            total = sums.setdefault((figure.measure, figure.status), [0, 0, 0, 0])
            for i, name in enumerate(("numerator", "denominator", "lower", "upper")):
                total[i] += getattr(figure, name)
    for figure in whole.figures():
        values = [figure.numerator, figure.denominator, figure.lower, figure.upper]
        found = sums[figure.measure, figure.status]
        if figure.measure == "km2":
            assert found == pytest.approx(values, abs=0.1)
        else:
            assert found == values
    assert sums["habitants", "avs"][1] == 68_350_798


@pytest.mark.full
def test_qpv_of_the_departements_add_up_to_france():
    day = date(2023, 1, 1)
    parts = [build_report(find_territory_name(code), on=day).qpv_summary.quarters for code in ALL]
    assert sum(parts) == build_report(find_territory_name("france"), on=day).qpv_summary.quarters == 1436


def test_a_region_is_the_sum_of_its_departements():
    region = find_territory_name("auvergne rhone alpes")
    whole = Territory.of(region).communes
    assert whole["population"].sum() == sum(
        Territory.find(code).communes["population"].sum() for code in region.departements
    )
    report = build_report(region)
    figure = report.figures[0]
    assert (figure.numerator, figure.denominator) == (8, 317)  # only where an inventory stands
    assert any("11 départements" in text for text in report.warnings)
