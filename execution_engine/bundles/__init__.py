"""What travels to a worker: the code archive, the sealed environment, the manifest that names both."""
