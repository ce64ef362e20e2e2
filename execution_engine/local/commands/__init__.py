"""SSM Run Command on one machine: documents' scripts that really run, behind SSM's own API (ADR 0013)."""
