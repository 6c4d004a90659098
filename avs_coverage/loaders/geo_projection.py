"""Whether a projection that a file describes leads to another file: a grid, or definitions of PROJ."""

from __future__ import annotations

import re

_LEADS_OUT = re.compile(
    r"""grids["\s]*[=:](?!\s*"?@null) | \binit["\s]*[=:] | parameterfile | \bfile"\s*[,}]""",
    re.IGNORECASE | re.VERBOSE,
)
REASON = "sa projection renvoie à un autre fichier"


def leads_out(description: str) -> bool:
    """Tell a description, as WKT, PROJ or PROJJSON, that has PROJ open a file that it names.

    >>> leads_out("+init=/tmp/x:1"), leads_out("+proj=longlat +nadgrids=/tmp/x"), leads_out("EPSG:2154")
    (True, True, False)
    >>> leads_out('EXTENSION["PROJ4","+proj=merc +nadgrids=@null"]')
    False
    """
    return bool(_LEADS_OUT.search(description))
