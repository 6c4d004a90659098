"""The documentation says what the program does: names, columns, commands and options."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import avs_coverage
from avs_coverage import audit as audit_view
from avs_coverage import communes as communes_view
from avs_coverage import compare, contributions, gaps, groups, inventory, qpv_location
from avs_coverage.catalogue import CATALOGUE
from avs_coverage.commands import app
from avs_coverage.commands.data import data
from avs_coverage.history import ROW_COLUMNS
from avs_coverage.loaders.columns import FIGURE_COLUMNS, SERVICE_AREA_COLUMNS, STRUCTURE_COLUMNS
from avs_coverage.published_indicators import INDICATORS
from tools import error_reference
from tools.floors import floors

ROOT = Path(__file__).parent.parent
FORMATS = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    return re.split(r"(?m)^#{2,3} ", FORMATS.split(f" {title}\n", 1)[1])[0]


def module(name: str):
    import importlib

    return importlib.import_module(f"avs_coverage.commands.{name}")


def test_every_column_of_a_listing_is_documented():
    for title, columns in (
        ("`communes`", communes_view.COLUMNS),
        ("`qpv`", qpv_location.COLUMNS),
        ("`zones`", gaps.COLUMNS),
        ("`groups`", groups.COLUMNS),
        ("`access`", [name for names in module("access").COLUMNS.values() for name in names]),
        ("`supply`", module("supply").COLUMNS),
        ("`contributions`", contributions.COLUMNS),
        ("`audit`", audit_view.COLUMNS),
        ("`history`", ROW_COLUMNS),
        ("`compare`", compare.COLUMNS),
    ):
        documented = set(re.findall(r"`(\w+)`", section(title).split("|---|---|")[1]))
        assert set(columns) <= documented, title
    assert set(inventory.COLUMNS) == set(STRUCTURE_COLUMNS)


def test_every_input_column_and_synonym_is_documented():
    for columns in (STRUCTURE_COLUMNS, SERVICE_AREA_COLUMNS):
        for name, synonyms in columns.items():
            row = next(line for line in FORMATS.splitlines() if line.startswith(f"| `{name}` |"))
            assert row
            assert all(synonym in FORMATS for synonym in synonyms), name


def test_every_column_and_code_of_published_figures_is_documented_with_its_meaning():
    figures = section("Chiffres publiés (`--figures`)")
    for name, synonyms in FIGURE_COLUMNS.items():
        assert f"`{name}`" in figures, name
        assert all(synonym in figures for synonym in synonyms), name
    for code, kind in INDICATORS.items():
        assert f"| `{code}` | {kind.label} | {kind.rule or '—'} |" in figures, code


def test_every_command_is_in_the_readme_and_has_a_help_text():
    names = [command.name for command in app.registered_commands]
    assert names == [
        "report", "explain", "communes", "groups", "access", "supply", "contributions", "history", "compare",
        "qpv", "zones", "structures", "audit", "map", "export", "replay", "check", "init", "error",
    ]  # fmt: skip
    for command in app.registered_commands:
        assert re.search(rf"`avs-coverage {command.name} [A-Z ]+( -o DOSSIER| -o carte.png)?`", README), (
            command.name
        )
        assert command.callback.__doc__


def test_every_command_on_data_is_in_the_readme_and_has_a_help_text():
    names = [command.name for command in data.registered_commands]
    assert names == ["list", "fetch", "info", "clear", "geocode"]
    for command in data.registered_commands:
        assert re.search(rf"`avs-coverage data {command.name}[A-Z \[\]]*(-o SORTIE.csv)?`", README), (
            command.name
        )
        assert command.callback.__doc__


def test_every_option_named_in_the_readme_exists():
    options = set(re.findall(r"`(--[a-z-]+)", README)) - {"--help"}
    source = "".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "avs_coverage/commands").rglob("*.py")
    )
    assert options
    assert {option for option in options if f'"{option}"' not in source} == set()


def test_public_names_are_exactly_those_announced():
    assert sorted(avs_coverage.__all__) == sorted(["__version__", *avs_coverage._EXPORTS])
    for name in avs_coverage.__all__:
        assert getattr(avs_coverage, name) is not None
    with pytest.raises(AttributeError):
        avs_coverage.nothing  # noqa: B018


def test_every_fault_raised_is_in_the_catalogue_and_every_entry_is_used():
    sources = (p for p in (ROOT / "avs_coverage").rglob("*.py") if p.parent.name != "catalogue")
    used = set(re.findall(r'"(AVS-\d{3})"', "".join(path.read_text(encoding="utf-8") for path in sources)))
    assert used == set(CATALOGUE)
    for kind in CATALOGUE.values():
        assert kind.what
        assert kind.hint


def test_the_reference_of_errors_is_that_of_the_catalogue():
    assert error_reference.PATH.read_text(encoding="utf-8") == error_reference.page()


def test_every_dependency_has_a_floor_and_no_upper_pin():
    assert len(floors(ROOT / "pyproject.toml")) == 20


def test_the_two_commands_of_the_quick_start_are_the_first_two_blocks():
    blocks = re.findall(r"(?ms)^```sh\n(.*?)^```", README)
    assert len(blocks) == 2
    assert "report allier" in blocks[0]
    assert "pytest" in blocks[1]


@pytest.mark.parametrize("path", sorted((ROOT / "avs_coverage").rglob("*.py")), ids=lambda p: p.name)
def test_modules_stay_short(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


def test_columns_of_territory_files_are_documented():
    from avs_coverage.loaders.indicator_formats import FORMATS as INDICATOR_FILES
    from avs_coverage.loaders.quarters import QUARTER_COLUMNS

    quarters = section("QPV (`--qpv`, plusieurs fois au besoin)")
    for names in QUARTER_COLUMNS.values():
        assert all(f"`{name.replace(' ', '_')}`" in quarters for name in names), names
    indicators = section("Indicateurs par commune (`--indicators`, plusieurs fois au besoin)")
    keys = {key for known in INDICATOR_FILES for key in known.keys}
    assert all(re.search(rf"`{key}`", indicators, re.IGNORECASE) for key in keys), keys
