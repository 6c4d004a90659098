"""The audit of Allier's published figures."""

from __future__ import annotations

import pytest

from avs_coverage import audit_figures


@pytest.fixture(scope="module")
def allier_audit(allier):
    return audit_figures(allier)
