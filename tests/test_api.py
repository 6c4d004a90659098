"""The names that the package exports: each is there, lazily, typed and documented."""

from __future__ import annotations

import inspect
import random
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import avs_coverage

ROOT = Path(avs_coverage.__file__).parent.parent
NAMES = [name for name in avs_coverage.__all__ if name != "__version__"]


def fresh(code):
    """What a new interpreter prints."""
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True, timeout=120
    ).stdout.split()


def test_the_package_alone_imports_nothing_heavy():
    loaded = set(fresh("import sys, avs_coverage; print(*sys.modules)"))
    assert not loaded & {"pandas", "geopandas", "numpy", "shapely", "typer"}


@pytest.mark.full
def test_every_name_is_what_its_module_holds_whatever_is_imported_first():
    for seed in (0, 1):
        order = random.Random(seed).sample(NAMES, len(NAMES))
        code = (
            f"import avs_coverage as a\nfor n in {order!r}:\n    o = getattr(a, n)\n"
            "    assert o is getattr(__import__(o.__module__, fromlist=[n]), n), n\nprint('ok')"
        )
        assert fresh(code) == ["ok"]


def test_every_name_is_documented_and_typed():
    for name in NAMES:
        made = getattr(avs_coverage, name)
        first = (inspect.getdoc(made) or "").split("\n")[0]
        assert first.endswith((".", ":")), name
        if inspect.isfunction(made):
            annotations = inspect.get_annotations(made)
            assert set(annotations) == {*inspect.signature(made).parameters, "return"}, name
        assert made.__module__ == f"avs_coverage.{avs_coverage._EXPORTS[name]}", name
        assert import_module(made.__module__)
