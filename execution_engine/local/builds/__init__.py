"""CodeBuild on one machine: builds that really run, behind CodeBuild's own API (ADR 0012)."""
