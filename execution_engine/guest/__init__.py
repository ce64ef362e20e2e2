"""The worker on an instance: one zip, run by whatever python3 the instance has, with nothing but its standard library.

What is in the zip is listed in ``targets/ssm/agent.py``; tests/architecture/test_portable.py keeps it portable.
"""
