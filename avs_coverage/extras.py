"""Libraries that come with the extra ``documents`` only, imported where a document needs them."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from avs_coverage.errors import OutputError
from avs_coverage.faults import Fault

PACKAGES = {"matplotlib": "matplotlib", "reportlab": "reportlab", "docx": "python-docx"}
"""The package that holds each importable module."""


def require(module: str, what: str) -> ModuleType:
    """Import a module of an optional library, asked for by *what* (``le format pdf``).

    Raises OutputError: AVS-507 where the library is not installed.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        root = module.partition(".")[0]
        if error.name is None or error.name.partition(".")[0] != root:
            raise
        raise OutputError(Fault("AVS-507", {"value": what, "package": PACKAGES[root]})) from error
