"""What is explained by most of these tests: Allier under four rules."""

from __future__ import annotations

import pytest

from avs_coverage import build_report, find_territory_name
from avs_coverage.explain import DEFAULT_RULES, Explainer


@pytest.fixture(scope="module")
def explainer():
    return Explainer(build_report(find_territory_name("allier"), DEFAULT_RULES))
