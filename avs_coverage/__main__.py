"""Run avs-coverage as ``python -m avs_coverage``."""

from avs_coverage.commands import run

run()
