"""Measures of the tool against fair rivals: run with ``python -m benchmarks.NAME``."""
