"""What callers ask for: the job's specification, its names and its dependency graph. Pure: no AWS, no I/O."""
