"""Print the lowest allowed version of each dependency, as constraints for pip.

    python tools/floors.py > floors.txt && pip install -c floors.txt -e '.[test]'

.ci/run installs exactly these and passes the tests on them: a floor is a promise.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any


def floors(pyproject: Path) -> list[str]:
    """Return ``name==version`` for each dependency at run time; raises ValueError where one has no floor."""
    project = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]
    pins = []
    for requirement in _required(project):
        match = re.fullmatch(r"([A-Za-z0-9_.-]+)>=([0-9.]+)", requirement)
        if match is None:
            raise ValueError(f"{requirement}: no floor alone")
        pins.append(f"{match[1]}=={match[2]}")
    return pins


def _required(project: dict[str, Any]) -> list[str]:
    extras = project["optional-dependencies"]
    return [*project["dependencies"], *extras["documents"], *extras["admin-express"]]


if __name__ == "__main__":
    print("\n".join(floors(Path(__file__).parent.parent / "pyproject.toml")))
