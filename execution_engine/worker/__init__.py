"""Runs one attempt of one order: claim, unseal, run, stream, report; the same on every target."""
