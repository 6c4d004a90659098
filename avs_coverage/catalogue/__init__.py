"""Every message of the tool, by its stable code: one file a kind of message."""

from __future__ import annotations

from avs_coverage.catalogue.data import DATA
from avs_coverage.catalogue.kind import FaultKind
from avs_coverage.catalogue.network import NETWORK
from avs_coverage.catalogue.usage import USAGE
from avs_coverage.catalogue.warnings import WARNINGS

CATALOGUE: dict[str, FaultKind] = dict(sorted({**USAGE, **DATA, **NETWORK, **WARNINGS}.items()))
