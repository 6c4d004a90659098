"""Run avs-coverage from a checkout: ``python cli.py report allier``."""

from avs_coverage.commands import run

if __name__ == "__main__":
    run()
