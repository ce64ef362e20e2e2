"""Part 2 of the engine: what happens to a run between its start signal and its ``done``."""
