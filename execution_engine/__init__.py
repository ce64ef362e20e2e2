"""Runs jobs of dependent orders on serverless AWS, or on one machine, and loses none."""

__version__ = "0.1.0"
