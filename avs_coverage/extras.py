"""Libraries that come with an extra only, imported where a document or an archive needs them."""

from __future__ import annotations

import logging
from importlib import import_module
from types import ModuleType

from avs_coverage.errors import OutputError
from avs_coverage.faults import Fault

PACKAGES = {
    "matplotlib": ("matplotlib", "documents"),
    "reportlab": ("reportlab", "documents"),
    "docx": ("python-docx", "documents"),
    "py7zr": ("py7zr", "admin-express"),
}
"""The package that holds each importable module, and the extra that brings it."""


def require(module: str, what: str) -> ModuleType:
    """Import a module of an optional library, asked for by *what* (``le format pdf``).

    Raises OutputError: AVS-507 where the library is not installed.
    """
    root = module.partition(".")[0]
    log = logging.getLogger(root)
    if log.level == logging.NOTSET:  # matplotlib tells in English of a home folder that it cannot write
        log.setLevel(logging.ERROR)
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != root:
            raise
        package, extra = PACKAGES[root]
        raise OutputError(Fault("AVS-507", {"value": what, "package": package, "extra": extra})) from error
