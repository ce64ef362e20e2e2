"""Part 1 of the engine: takes a job, packs it, seals it, queues it, and gives the start signal."""
