"""Credentials of a job: fetched once each, turned into variables, never told."""
