"""Many invocations at once, on one agenda of virtual time, with everything going wrong that may.

``python -m simulation --schedules N --seed S``, from this package's parent folder.
"""
