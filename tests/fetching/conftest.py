"""Fixtures of the tests of fetching: the stand-in server, and bounds that a test can wait for."""

from __future__ import annotations

import pytest

from tests.fetching.helpers import serving, shorten


@pytest.fixture
def stand(monkeypatch, tmp_path):
    yield from serving(monkeypatch, tmp_path)


@pytest.fixture
def short(monkeypatch):
    shorten(monkeypatch)
