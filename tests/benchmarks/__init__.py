"""Figures: AWS calls and seconds per order, milliseconds per import. ``python -m benchmarks`` from ``tests/``."""
