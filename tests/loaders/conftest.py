"""Fixtures of the tests of loaders."""

from __future__ import annotations

import pytest

from avs_coverage.errors import InputError
from avs_coverage.loaders.structures import load_structures
from avs_coverage.territory_names import find_territory_name


@pytest.fixture
def write(tmp_path):
    def _write(content, name="liste.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return _write


@pytest.fixture
def load(write):
    def _load(content, areas=None, territory="allier"):
        path = None if areas is None else write(areas, "zones.csv")
        return load_structures(write(content), find_territory_name(territory), path)

    return _load


@pytest.fixture
def refuse(load):
    def _refuse(content, areas=None, territory="allier"):
        with pytest.raises(InputError) as caught:
            load(content, areas, territory)
        return caught.value.faults

    return _refuse


@pytest.fixture
def attempt(load):
    """Return the inventory and no fault, or None and the faults."""

    def _attempt(content, areas=None):
        try:
            return load(content, areas), ()
        except InputError as error:
            return None, error.faults

    return _attempt


@pytest.fixture
def only(load):
    def _only(header, row, **more):
        (structure,) = load(f"{header}\n{row}\n", **more).structures
        return structure

    return _only


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("properties")
